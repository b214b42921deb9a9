/**
 * Values on their way into columns whose types DuckDB does not keep: moments are rounded to the digits of their column, and
 * a jsonb gets the text PostgreSQL would keep, by which it is equal to others. See sql/held-types.ts.
 */
import type { TableDefinition } from "../branch/table-definition.js";
import { canonicalJson } from "../core/canonical-json.js";
import { SqlError } from "../core/errors.js";
import { UNBOUNDED_NUMERIC } from "../core/unbounded-numeric.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { assignedValue } from "../sql/held-types.js";
import { characterPosition, type Token } from "../sql/lexer.js";
import { normaliseName, quoteLiteral } from "../sql/names.js";
import { storedValues, type StoredValue } from "../sql/stored-values.js";
import { refuseOtherTypes } from "./assigned-types.js";
import { heldColumns } from "./held-columns.js";
import { isEdited } from "./uncast-literals.js";

/** Edits by where they stand among others at the same place: what opens stands outside of theirs, and so does what closes. */
export interface AssignedEdits {
  readonly opening: readonly TextEdit[];
  readonly closing: readonly TextEdit[];
  /** Around a query, inside of what else is written around it. */
  readonly query: readonly [open: TextEdit, close: TextEdit] | undefined;
}

type Assign = (value: string) => string;

/** Puts something where the value goes, to be cut there. */
const VALUE = "\0";

const ASSIGNED = new WeakMap<TableDefinition, ReadonlyMap<string, Assign>>();

/** By column: what is made of a value. */
function assignedColumns(definition: TableDefinition): ReadonlyMap<string, Assign> {
  const known = ASSIGNED.get(definition);
  if (known !== undefined) return known;
  const held = heldColumns(definition);
  const found = new Map(
    definition.columns.flatMap(({ name, type, generated }): [string, Assign][] => {
      const own = held.get(normaliseName(name));
      if (generated || own?.name === "json") return [];
      if (type === "JSON") return [[normaliseName(name), asDocument]];
      if (type === UNBOUNDED) return [[normaliseName(name), asKept]];
      if (own === undefined || assignedValue(VALUE, own) === undefined) return [];
      return [[normaliseName(name), (value) => assignedValue(value, own) ?? value]];
    }),
  );
  ASSIGNED.set(definition, found);
  return found;
}

const UNBOUNDED = `DECIMAL(${UNBOUNDED_NUMERIC.width},${UNBOUNDED_NUMERIC.scale})`;
const asKept: Assign = (value) => `duckbranch_kept(${value})`;
/** Constants and parameters are looked at where they are read. */
const READ: ReadonlySet<Token["kind"]> = new Set(["number", "string", "parameter"]);
/** A number with an exponent is another text by then. */
function isRead(token: Token | undefined): boolean {
  return token !== undefined && READ.has(token.kind) && !(token.kind === "number" && /e/i.test(token.value));
}
const asDocument: Assign = (value) => `duckbranch_jsonb(CAST(${value} AS JSON))`;

const asDouble: Assign = (value) => `CAST(${value} AS DOUBLE)`;
const DECIMAL = /^[+-]?\s*\d*\.\d+$/;

/**
 * Columns of double precision. The first decimal of one is cast, and with it all rows of VALUES are: DuckDB would give them
 * the digits of the longest, and with so many digits a decimal becomes a double's neighbour.
 */
function doubleColumns({ columns }: TableDefinition): Set<string> {
  const doubles = columns.filter(({ type }) => type === "DOUBLE" || type === "FLOAT");
  return new Set(doubles.map(({ name }) => normaliseName(name)));
}

/** `columns`: those INSERT fills, in order. Errors: 22P02 for a literal that is no JSON, 42804 */
export function assignedEdits(
  statement: RelationalStatement,
  definition: TableDefinition,
  columns: readonly string[],
): AssignedEdits | undefined {
  refuseOtherTypes(statement, definition, columns);
  const assigned = assignedColumns(definition);
  const doubles = doubleColumns(definition);
  if (assigned.size === 0 && doubles.size === 0) return undefined;
  const { values, query } = storedValues(statement);
  const isWhole = query !== undefined && (statement.insert?.width ?? columns.length) === columns.length;
  const [opening, closing]: [TextEdit[], TextEdit[]] = [[], []];
  for (const value of values) {
    const name = normaliseName(
      (typeof value.column === "number" ? columns[value.column] : value.column) ?? "",
    );
    const isDecimal = doubles.has(name) && DECIMAL.test(statement.text.slice(value.start, value.end));
    if (isDecimal) doubles.delete(name);
    const assign = isDecimal ? asDouble : assigned.get(name);
    if (assign === undefined || (assign === asKept && isRead(value.only))) continue;
    if (assign === asDocument && value.only?.kind === "string" && !isEdited(statement, value.only))
      closing.push(documentLiteral(statement, value, value.only.value));
    else {
      const [open = "", close = ""] = assign(VALUE).split(VALUE);
      opening.push({ start: value.start, end: value.start, text: open });
      closing.push({ start: value.end, end: value.end, text: close });
    }
  }
  return { opening, closing, query: isWhole ? aroundQuery(query, columns, assigned) : undefined };
}

function documentLiteral(
  { text }: RelationalStatement,
  { start, end }: StoredValue,
  value: string,
): TextEdit {
  try {
    return { start, end, text: quoteLiteral(canonicalJson(value)) };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw error.with({ position: characterPosition(text, start) });
  }
}

/** SELECT a, j FROM u  ⇒  SELECT c0, duckbranch_jsonb(…c1…) FROM (SELECT a, j FROM u) AS assigned(c0, c1) */
function aroundQuery(
  { start, end }: { readonly start: number; readonly end: number },
  columns: readonly string[],
  assigned: ReadonlyMap<string, Assign>,
): AssignedEdits["query"] {
  if (!columns.some((column) => assigned.has(normaliseName(column)))) return undefined;
  const names = columns.map((_, index) => `c${index}`);
  const list = columns.map((column, index) => {
    const assign = assigned.get(normaliseName(column));
    return assign === undefined ? `c${index}` : assign(`c${index}`);
  });
  return [
    { start, end: start, text: `SELECT ${list.join(", ")} FROM (` },
    { start: end, end, text: `\n) AS assigned(${names.join(", ")})` },
  ];
}
