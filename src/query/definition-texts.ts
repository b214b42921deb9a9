/** Definitions that a merge takes from one head to another, read and resolved. */
import { SQLSTATE, SqlError, notSupported } from "../core/errors.js";
import type { BranchContext } from "../branch/branch-context.js";
import type { DefinedView, DefinitionTexts } from "../branch/definition-texts.js";
import { displayName } from "../branch/merge-ledger.js";
import { MAIN, type HeadId } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { catalogFunction } from "../catalog/resolve.js";
import { numberCell, optionalTextCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { RelationalStatement, StatementAnalysis } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, quoteLiteral } from "../sql/names.js";
import { followingViews } from "./following-views.js";
import { inheritedFrom, ownText, readableText } from "./main-texts.js";
import { resolveName, type NameScope } from "./relation-names.js";
import {
  macroOf,
  readsOtherHeads,
  resolvedSlices,
  resolveStatement,
  searchPathOf,
  viewQuery,
  type ResolveServices,
  type WriteTargets,
} from "./resolve.js";
import { refuseUsedType } from "./dependent-types.js";
import { sequenceSql } from "./owned-sequences.js";
import { keepSequence, refuseUsed } from "./plan-head-sequences.js";
import { findSequence, sequenceAt } from "./sequence-names.js";
import { sessionFunction } from "./session-functions.js";
import { SessionMacros } from "./session-macros.js";

type Analyse = (text: string) => Promise<readonly StatementAnalysis[]>;

export function definitionTexts({ storage }: BranchContext, analyse: Analyse): DefinitionTexts {
  const services = ({ connection }: Transaction): ResolveServices => {
    const macros = new SessionMacros(connection);
    return {
      storage,
      analyse,
      sizes: async () => await Promise.resolve([]),
      functionName: (parts) => sessionFunction(parts) ?? catalogFunction(parts),
      showCatalog: async () => await Promise.resolve(),
      macro: async (body) => await macros.nameOf(body),
      findSequence: async (scope, parts) => await findSequence(connection, scope, parts),
    };
  };
  return {
    canonicalView: async (transaction, head, view) => {
      const statement = await readView(analyse, view);
      const scope = scopeOf(transaction, head, view);
      const targets = namesInFull(scope, statement);
      const { start, end, columns } = statement.query;
      const slice = await resolvedSlices(services(transaction), { ...scope, head: MAIN }, statement, targets);
      const query = await printed(transaction.connection, slice({ start, end }));
      return JSON.stringify([columns, query]);
    },
    followingViews: async (transaction, head, renamed, which) =>
      await followingViews(analyse, transaction, head, renamed, which),
    ownText: async (view) => await ownText(analyse, view),
    viewOnMain: async (transaction, view) => {
      const statement = await readView(analyse, view);
      const scope = scopeOf(transaction, MAIN, view);
      if (readsOtherHeads(scope, statement))
        throw notSupported(`cannot merge view "${displayName(view)}": on main a view cannot read a branch`);
      const targets = new Map(view.schema === "main" ? [] : namesInFull(scope, statement));
      for (const { role, start } of statement.names)
        if (role === "create") targets.set(start, formatName([view.schema, view.name]));
      return await resolveStatement(services(transaction), scope, statement, targets);
    },
    functionOnMain: async (transaction, { schema, name, definition }) => {
      const [statement] = await analyse(definition);
      const created =
        statement?.kind === "relational" ? statement.names.find(({ role }) => role === "create") : undefined;
      if (statement?.kind !== "relational" || !statement.certain || created === undefined)
        throw notSupported(
          `cannot merge function "${displayName({ schema, name })}": its definition could not be resolved safely`,
          "make it on both sides",
        );
      const scope = scopeOf(transaction, MAIN, { schema });
      if (readsOtherHeads(scope, statement))
        throw notSupported(
          `cannot merge function "${displayName({ schema, name })}": on main it cannot read a branch`,
        );
      const targets = new Map(schema === "main" ? [] : namesInFull(scope, statement));
      targets.set(created.start, "");
      const text = await resolveStatement(services(transaction), scope, statement, targets);
      const head = "CREATE OR REPLACE MACRO ";
      return `${head}${formatName([DATA_CATALOG, schema, name])} ${behindHead(text)}`;
    },
    functionCalls: async (transaction, head, object) => {
      const macro = await macroOf(services(transaction), scopeOf(transaction, head, object), object);
      return await callWithNothing(transaction.connection, macro);
    },
    refuseUsedType: async (transaction, type) => {
      await refuseUsedType(transaction, type, false);
    },
    sequenceDrop: async (transaction, head, { schema, name, physical }) => {
      const sequence =
        physical && (await sequenceAt(transaction.connection, { catalog: DATA_CATALOG, ...physical }));
      if (sequence === undefined || sequence === null) return [];
      await refuseUsed(transaction, sequence, name);
      const drop = `DROP SEQUENCE ${sequenceSql(sequence)}`;
      if (head === MAIN) {
        const kept = await keepSequence(transaction, schema, name);
        return [...kept.map(({ sql }) => sql), drop];
      }
      const own = transaction.state.ownObject(head, { kind: "sequence", schema, name });
      return own === undefined || transaction.state.isPinned(own) ? [] : [drop];
    },
    viewRows: async (transaction, head, view) =>
      await viewQuery(services(transaction), scopeOf(transaction, head, view), view),
  };
}

/** Each form of a temporary macro. */
async function callWithNothing(connection: Connection, macro: string): Promise<string> {
  const name = tokenise(macro).at(-1)?.value ?? "";
  const rows = await connection.rows(
    `SELECT function_type, len(parameters)::INTEGER AS parameters FROM duckdb_functions()
     WHERE database_name = 'temp' AND function_name = ?`,
    [name],
  );
  const calls = rows.map((row) => {
    const values = Array.from({ length: numberCell(row, "parameters") }, () => "NULL");
    const call = `${macro}(${values.join(", ")})`;
    return row["function_type"] === "table_macro" ? `(SELECT 1 FROM ${call})` : `(SELECT ${call})`;
  });
  return calls.join(", ");
}

/** What stands behind the name in a CREATE MACRO from which the name was taken out. */
function behindHead(text: string): string {
  const open = tokenise(text).find(({ kind, value }) => kind === "symbol" && value === "(");
  return text.slice(open?.start ?? text.length);
}

type ViewStatement = RelationalStatement & { readonly query: NonNullable<RelationalStatement["query"]> };

/** Errors: 0A000 for a text whose names are not all known */
async function readView(analyse: Analyse, view: DefinedView): Promise<ViewStatement> {
  const [statement] = await analyse(readableText(view));
  if (statement?.kind === "relational" && statement.query !== undefined && statement.certain)
    return { ...inheritedFrom(view.head, statement), query: statement.query };
  throw notSupported(
    `cannot merge view "${displayName(view)}": its definition could not be resolved safely`,
    "make it on both sides",
  );
}

function never(): boolean {
  return false;
}

/** Names are looked up as a view's are, whoever reads it. */
function scopeOf({ state }: Transaction, head: HeadId, view: { readonly schema: string }): NameScope {
  return {
    state,
    head,
    temporary: new Set(),
    searchPath: searchPathOf(view),
    nowMs: Date.now(),
    isWritten: never,
    isNew: never,
    isDatabase: never,
    isOwnDatabase: never,
  };
}

/** What the statement reads, and the view itself, by schema and name, wherever they are looked for. */
function namesInFull(scope: NameScope, { names }: RelationalStatement): WriteTargets {
  return new Map(
    names.flatMap(({ role, parts, start }): [number, string][] => {
      if (role === "create") return [[start, '"-"']];
      if (role !== "read") return [];
      const meaning = resolveName(scope, parts);
      if (meaning.kind !== "relation" || meaning.head !== scope.head) return [];
      const { schema, name } = meaning.version;
      return [[start, formatName([schema, name])]];
    }),
  );
}

/** As DuckDB prints a query; what it cannot print, by its tokens. */
async function printed(connection: Connection, query: string): Promise<string> {
  try {
    const [row] = await connection.rows(
      `SELECT json_deserialize_sql(json_serialize_sql(${quoteLiteral(query)})) AS printed`,
    );
    const text = row === undefined ? null : optionalTextCell(row, "printed");
    if (text !== null) return text;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    if (error.code === SQLSTATE.queryCanceled) throw error;
  }
  return JSON.stringify(tokenise(query).map(({ kind, value }) => [kind, value]));
}
