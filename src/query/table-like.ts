/** CREATE TABLE t (LIKE source): the source's columns written out, and what INCLUDING names of its constraints. */
import { definitionOf } from "../branch/catalog-reader.js";
import { wordAt } from "../branch/constraint-names.js";
import type { TableDefinition, TableElement } from "../branch/table-definition.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { MAIN } from "../branch/model.js";
import { readDomainCheck } from "../core/domain-checks.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { RelationalStatement, SequenceColumn, TextEdit } from "../sql/analysis.js";
import { readLabel } from "../sql/constraint-labels.js";
import { readForeignKeyCheck } from "../sql/foreign-keys.js";
import { readHeldType } from "../sql/held-types.js";
import { isPolicyCheck } from "../sql/merge-policies.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { LikeClause } from "../sql/table-like.js";
import {
  createSequenceSql,
  freeSequenceName,
  ownedDefault,
  readOwnedDefault,
  sequenceSql,
  type SequencePlace,
} from "./owned-sequences.js";
import type { PlanContext } from "./plan-context.js";
import { resolveName } from "./relation-names.js";
import { definitionIn } from "./target-table.js";

/** A statement without LIKE, and what has to be made before it. */
interface Expanded {
  readonly statement: RelationalStatement;
  readonly sequences: readonly string[];
}

/** Errors: 42P01 and 42809 for what is no table */
export async function expandLikes(
  context: PlanContext,
  transaction: Transaction,
  place: SequencePlace,
  table: string,
  statement: RelationalStatement,
): Promise<Expanded> {
  if (statement.likes.length === 0) return { statement, sequences: [] };
  const sequences: string[] = [];
  const edits: TextEdit[] = [];
  for (const like of statement.likes) {
    const source = await sourceOf(context, transaction, like);
    const elements: string[] = [];
    for (const element of source.elements) {
      const text =
        element.column === undefined
          ? constraintText(element, like)
          : await columnText(context, transaction, { place, table, source, like, element }, sequences);
      if (text !== undefined) elements.push(text);
    }
    edits.push({ start: like.start, end: like.end, text: elements.join(", ") });
  }
  const isOutside = (item: { readonly start: number; readonly end: number }): boolean =>
    !edits.some(({ start, end }) => start <= item.start && item.end <= end);
  return {
    sequences,
    statement: {
      ...statement,
      names: statement.names.filter(isOutside),
      edits: [...statement.edits.filter(isOutside), ...edits],
    },
  };
}

async function sourceOf(
  { scope }: PlanContext,
  { connection }: Transaction,
  { parts }: LikeClause,
): Promise<TableDefinition> {
  const meaning = resolveName(scope, parts);
  switch (meaning.kind) {
    case "catalog":
    case "system":
      throw notSupported("LIKE of a system table is not supported");
    case "relation":
      if (meaning.version.kind === "view") throw notSupported("LIKE of a view is not supported");
      if (meaning.head !== MAIN || meaning.version.definition !== null)
        return await definitionOf(connection, meaning.version);
      break;
    case "temporary":
    case "unknown":
      break;
    default:
      return meaning satisfies never;
  }
  const [catalog, relation] =
    meaning.kind === "temporary"
      ? ["temp", { schema: "main", name: meaning.name }]
      : [DATA_CATALOG, meaning.relation];
  const isHere = meaning.kind !== "unknown" || scope.head === MAIN;
  const definition = isHere ? await definitionIn(connection, catalog, relation) : undefined;
  if (definition === undefined) throw undefinedTable(relation);
  return definition;
}

/** Foreign keys, the names of keys and merge policies stay behind; a column's length, and its domain, are part of its type. */
function constraintText({ text, tokens }: TableElement, like: LikeClause): string | undefined {
  const [word] = tokens;
  switch (word?.value) {
    case "primary":
    case "unique":
      return like.indexes ? text : undefined;
    case "check":
      if (readHeldType(text) !== undefined || readDomainCheck(text) !== undefined) return text;
      if (isPolicyCheck(text) || readForeignKeyCheck(text) !== undefined) return undefined;
      return like.constraints && readLabel(text)?.type === undefined ? text : undefined;
    default:
      return undefined;
  }
}

interface LikeColumn {
  readonly place: SequencePlace;
  readonly table: string;
  readonly source: TableDefinition;
  readonly like: LikeClause;
  readonly element: TableElement;
}

async function columnText(
  context: PlanContext,
  transaction: Transaction,
  column: LikeColumn,
  sequences: string[],
): Promise<string> {
  const { element, like, source } = column;
  const { name = "", type = "", generated = false } = element.column ?? {};
  const plain = `${quoteIdentifier(name)} ${type}`;
  if (generated) return like.generated ? element.text : plain;
  const inKey = source.primaryKey.some((key) => normaliseName(key) === normaliseName(name));
  const clauses = [plain];
  if (inKey || wordAt(element.tokens, "not") !== -1) clauses.push("NOT NULL");
  const expression = defaultOf(element);
  const owned = expression === undefined ? undefined : readOwnedDefault(expression);
  if (owned !== undefined && owned.kind !== "serial") {
    if (like.identity)
      clauses.push(`DEFAULT ${await newIdentity(context, transaction, column, owned, sequences)}`);
  } else if (expression !== undefined && (like.defaults || isOfDomain(source, name))) {
    // The source's sequence stays the source's.
    const drawn =
      owned === undefined ? expression : `nextval(${quoteLiteral(sequenceText(context, owned.sequence))})`;
    clauses.push(`DEFAULT (${drawn})`);
  }
  if (like.indexes && wordAt(element.tokens, "primary") !== -1) clauses.push("PRIMARY KEY");
  if (like.indexes && wordAt(element.tokens, "unique") !== -1) clauses.push("UNIQUE");
  return clauses.join(" ");
}

/** A domain's default is copied into its columns. */
function isOfDomain({ elements }: TableDefinition, column: string): boolean {
  return elements.some(
    ({ text, tokens }) =>
      readDomainCheck(text) !== undefined &&
      tokens.some(({ value }) => normaliseName(value) === normaliseName(column)),
  );
}

function sequenceText({ scope }: PlanContext, sequence: Parameters<typeof sequenceSql>[0]): string {
  const full = sequenceSql(sequence);
  return scope.head === MAIN && sequence.catalog === DATA_CATALOG
    ? full.replace(/^"(?:[^"]|"")*"\./, "")
    : full;
}

/** The expression behind DEFAULT, without its parentheses. */
function defaultOf({ tokens, text }: TableElement): string | undefined {
  const at = wordAt(tokens, "default");
  if (at === -1) return undefined;
  const open = tokens[at + 1];
  let depth = 0;
  for (const token of tokens.slice(at + 1)) {
    if (token.kind !== "symbol") continue;
    if (token.value === "(") depth += 1;
    if (token.value === ")") depth -= 1;
    if (depth === 0) return text.slice(open?.end, token.start);
  }
  throw new SqlError(SQLSTATE.internalError, `the default of a column could not be read: ${text}`);
}

/** An identity column draws from a sequence of its own. */
async function newIdentity(
  { scope }: PlanContext,
  { connection }: Transaction,
  { place, table, element }: LikeColumn,
  owned: NonNullable<ReturnType<typeof readOwnedDefault>>,
  sequences: string[],
): Promise<string> {
  const column = element.column?.name ?? "";
  const types: readonly SequenceColumn["type"][] = ["smallint", "integer", "bigint"];
  const type = types.find((known) => known.toUpperCase() === element.column?.type) ?? "bigint";
  const name = await freeSequenceName(connection, place, table, column, new Set());
  const options = { start: owned.start, cache: owned.cache };
  sequences.push(createSequenceSql(name, type, options));
  return ownedDefault(
    name,
    { kind: owned.kind, options },
    scope.head === MAIN && place.catalog === DATA_CATALOG,
  );
}
