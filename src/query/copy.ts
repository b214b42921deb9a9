/** COPY FROM STDIN and COPY TO STDOUT for a session. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyStatement, NameReference, RelationalStatement } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { plainReading } from "../sql/reading.js";
import type { OutputSource, QuerySources } from "../sql/result-sources.js";
import { startCopyIn } from "./copy-in.js";
import { readCopyOptions, type CopyOptions } from "./copy-options.js";
import { chooseColumns, forcedColumns, readTable } from "./copy-target.js";
import { refuseMaterialized } from "./materialized-rules.js";
import { requireCopyIn } from "./permissions.js";
import { resolveName } from "./relation-names.js";
import { runRelational } from "./relational-runner.js";
import type { SessionCore } from "./session-core.js";
import type { ResultColumn, StatementResult } from "./types.js";

/** Begins a COPY; its data follows from the client, or is in the result. */
export async function runCopy(
  core: SessionCore,
  statement: CopyStatement,
  running: AbortController,
): Promise<StatementResult> {
  if (statement.direction === "out") return await copyOut(core, statement, running);
  requireCopyIn(core, statement.target);
  const transaction = await core.transactions.need(core.head, running.signal);
  core.requireHead(transaction.state, true);
  core.transactions.record({ kind: "final", reason: "COPY FROM cannot be repeated" });
  return await startCopyIn(core, transaction, statement);
}

/** A query, and the columns FORCE_QUOTE names. */
interface CopiedQuery {
  readonly query: RelationalStatement;
  readonly options: CopyOptions;
  readonly forceQuote: (columns: readonly ResultColumn[]) => readonly boolean[];
}

async function copyOut(
  core: SessionCore,
  statement: CopyStatement,
  running: AbortController,
): Promise<StatementResult> {
  const { query, options, forceQuote } =
    statement.target === undefined
      ? givenQuery(statement)
      : await tableQuery(core, statement, statement.target, running);
  const result = await runRelational(core, query, { parameters: [], declaredOids: [] }, running);
  if (result.kind !== "rows") throw new Error("a query that is copied has rows");
  const { columns, batches } = result;
  try {
    const quoted = forceQuote(columns);
    const { format } = options;
    return {
      kind: "copyOut",
      columnCount: columns.length,
      format,
      forceQuote: quoted,
      columns,
      batches,
    };
  } catch (error) {
    await batches.return?.();
    throw error;
  }
}

function givenQuery(statement: CopyStatement): CopiedQuery {
  const { query } = statement;
  if (query === undefined) throw new SqlError(SQLSTATE.syntaxError, "COPY needs a table or a query");
  const options = readCopyOptions(statement.options, "out");
  if (query.verb === "createTableAs") throw notSupported("COPY (SELECT INTO) is not supported");
  if (query.verb !== "select" && !query.returning)
    throw notSupported("COPY query must have a RETURNING clause");
  if (query.parameterCount > 0)
    throw new SqlError(SQLSTATE.undefinedParameter, `there is no parameter $${query.parameterCount}`);
  const { forceQuote } = options;
  return { query, options, forceQuote: (columns) => quotedColumns(columns, forceQuote) };
}

function quotedColumns(columns: readonly ResultColumn[], forced: CopyOptions["forceQuote"]): boolean[] {
  if (forced === "all") return columns.map(() => true);
  const missing = forced.find((name) => !columns.some((column) => column.name === name));
  if (missing !== undefined)
    throw new SqlError(SQLSTATE.undefinedColumn, `column "${missing}" does not exist`);
  return columns.map((column) => forced.includes(column.name));
}

async function tableQuery(
  core: SessionCore,
  statement: CopyStatement,
  target: NameReference,
  running: AbortController,
): Promise<CopiedQuery> {
  const transaction =
    core.transactions.shared || core.services.context.registry.materialized.any
      ? await core.transactions.need(core.head, running.signal)
      : core.transactions.current;
  const name = target.parts.at(-1) ?? "";
  if (transaction !== undefined)
    await refuseMaterialized(core.planContext(transaction), transaction, target, "from");
  const table = await readTable(core.connection, resolveName(core.scope(transaction), target.parts));
  const options = readCopyOptions(statement.options, "out");
  if (table === undefined)
    return { query: selectFrom(target, statement.columns), options, forceQuote: () => [] };
  const columns = chooseColumns(table.columns, statement.columns, name);
  const forced = forcedColumns("FORCE_QUOTE", options.forceQuote, columns, table.columns, name);
  const names = columns.map((column) => column.name);
  return { query: selectFrom(target, names), options, forceQuote: () => forced };
}

/** `COPY t (a, b) TO STDOUT` is a query of these columns. */
function selectFrom(target: NameReference, columns: readonly string[]): RelationalStatement {
  const list = columns.length === 0 ? "*" : columns.map(quoteIdentifier).join(", ");
  const from = `SELECT ${list} FROM `;
  const text = from + target.parts.map(quoteIdentifier).join(".");
  const name: NameReference = {
    ...target,
    role: "read",
    start: from.length,
    end: text.length,
    alias: undefined,
    aliasAt: text.length,
  };
  return {
    ...plainReading("select", "SELECT", false),
    sources: sourcesOf(target, columns),
    kind: "relational",
    text,
    certain: true,
    names: [name],
    edits: [],
    parameterCount: 0,
  };
}

/** The table's own columns, of PostgreSQL's types. */
function sourcesOf({ parts }: NameReference, columns: readonly string[]): QuerySources {
  const outputs = columns.map((name): OutputSource => {
    return { kind: "value", name, value: { kind: "column", relation: undefined, name } };
  });
  return {
    relations: [{ name: parts.at(-1) ?? "", columns: [], merged: [], source: { kind: "table", parts } }],
    outputs: outputs.length === 0 ? [{ kind: "star", relation: undefined }] : outputs,
    others: [],
  };
}
