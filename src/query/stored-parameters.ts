/**
 * Types that a statement gives its parameters itself: by a cast, or because a column stores them. DuckDB says what it holds
 * a column as; of a jsonb column's parameter clients are told, and send, jsonb: in binary that is not what a text is.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { OID, arrayOidOf } from "../pgtypes/oids.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import type { WrittenType } from "../sql/result-sources.js";
import { storedValues } from "../sql/stored-values.js";
import { columnsOfRelation } from "./announced-columns.js";
import { withCastTypes } from "./parameter-casts.js";
import type { SessionCore } from "./session-core.js";
import type { SourceColumn } from "../sql/source-types.js";

/** What is sent for these in text or binary is not what is sent for the type DuckDB holds them as, or has a name of its own. */
const STORED_OIDS: ReadonlyMap<string, number> = new Map([
  ["jsonb", OID.jsonb],
  ["varchar", OID.varchar],
  ["bpchar", OID.bpchar],
]);

/**
 * What the client declared, and where it declared nothing (0) the type of the text's cast or of the column. No result of
 * the session may be open.
 *
 * Errors  42804 for a declared type that PostgreSQL does not assign to the column's, and DuckDB casts without a word
 */
export async function withTextTypes(
  core: SessionCore,
  statement: RelationalStatement,
  declaredOids: readonly number[],
): Promise<readonly number[]> {
  const oids = withCastTypes(statement, withoutUnknown(declaredOids));
  const stored = storedParameters(statement);
  const target = statement.names.find(({ role }) => role === "write");
  if (stored.length === 0 || target === undefined) return oids;
  const columns = (await columnsOfRelation(core, target.parts)) ?? [];
  const found = new Map<number, number>();
  // In INSERT … SELECT $1 DuckDB does not look at the column.
  const isSelected = statement.insert?.rows === 0;
  for (const { number, column } of stored) {
    const known = columnOf(columns, column);
    if (known?.type === undefined) continue;
    requireAssigned(oids[number - 1] ?? 0, known.name, known.type);
    const oid = storedOid(known.type) ?? (isSelected ? ofColumn(known.type) : undefined);
    if (oid !== undefined && !oids[number - 1] && !found.has(number)) found.set(number, oid);
  }
  if (found.size === 0) return oids;
  const count = Math.max(oids.length, ...found.keys());
  return Array.from({ length: count }, (_, index) => oids[index] || (found.get(index + 1) ?? 0));
}

/** A parameter declared as unknown is one without a declaration. */
function withoutUnknown(oids: readonly number[]): readonly number[] {
  return oids.includes(OID.unknown) ? oids.map((oid) => (oid === OID.unknown ? 0 : oid)) : oids;
}

interface AssignedType {
  readonly oid: number;
  /** In errors. */
  readonly shown: string;
  /** Which of these types' columns take it without a cast, beside its own; columns of texts take all. */
  readonly columns: readonly string[];
}

const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar"]);
const NUMBERS = ["int2", "int4", "int8", "float4", "float8", "numeric"];

/** Types as PostgreSQL's pg_cast has them: assignments, not casts that have to be written. Of others nothing is said. */
const ASSIGNED_TYPES: ReadonlyMap<string, AssignedType> = new Map([
  ["text", { oid: OID.text, shown: "text", columns: [] }],
  ["varchar", { oid: OID.varchar, shown: "character varying", columns: [] }],
  ["bpchar", { oid: OID.bpchar, shown: "character", columns: [] }],
  ["int2", { oid: OID.int2, shown: "smallint", columns: NUMBERS }],
  ["int4", { oid: OID.int4, shown: "integer", columns: NUMBERS }],
  ["int8", { oid: OID.int8, shown: "bigint", columns: NUMBERS }],
  ["float4", { oid: OID.float4, shown: "real", columns: NUMBERS }],
  ["float8", { oid: OID.float8, shown: "double precision", columns: NUMBERS }],
  ["numeric", { oid: OID.numeric, shown: "numeric", columns: NUMBERS }],
  ["oid", { oid: OID.oid, shown: "oid", columns: ["int4", "int8"] }],
  ["bool", { oid: OID.bool, shown: "boolean", columns: [] }],
  ["uuid", { oid: OID.uuid, shown: "uuid", columns: [] }],
  ["bytea", { oid: OID.bytea, shown: "bytea", columns: [] }],
  ["json", { oid: OID.json, shown: "json", columns: ["jsonb"] }],
  ["jsonb", { oid: OID.jsonb, shown: "jsonb", columns: ["json"] }],
  ["date", { oid: OID.date, shown: "date", columns: ["timestamp", "timestamptz"] }],
  ["time", { oid: OID.time, shown: "time without time zone", columns: ["timetz", "interval"] }],
  ["timetz", { oid: OID.timetz, shown: "time with time zone", columns: ["time"] }],
  [
    "timestamp",
    { oid: OID.timestamp, shown: "timestamp without time zone", columns: ["date", "time", "timestamptz"] },
  ],
  [
    "timestamptz",
    {
      oid: OID.timestamptz,
      shown: "timestamp with time zone",
      columns: ["date", "time", "timetz", "timestamp"],
    },
  ],
  ["interval", { oid: OID.interval, shown: "interval", columns: ["time"] }],
]);
const NAMES: ReadonlyMap<number, string> = new Map([...ASSIGNED_TYPES].map(([name, { oid }]) => [oid, name]));

function requireAssigned(declared: number, column: string, { name, isArray }: WrittenType): void {
  const given = NAMES.get(declared) ?? "";
  const [from, to] = [ASSIGNED_TYPES.get(given), ASSIGNED_TYPES.get(name)];
  if (from === undefined || to === undefined || isArray) return;
  if (given === name || TEXTS.has(name) || from.columns.includes(name)) return;
  throw new SqlError(
    SQLSTATE.datatypeMismatch,
    `column "${column}" is of type ${to.shown} but expression is of type ${from.shown}`,
    { hint: "You will need to rewrite or cast the expression.", routine: "transformAssignedExpr" },
  );
}

interface StoredParameter {
  readonly number: number;
  readonly column: string | number;
}

const NONE: readonly StoredParameter[] = [];
const KNOWN = new WeakMap<RelationalStatement, readonly StoredParameter[]>();

/** Parameters that are a stored value by themselves. */
function storedParameters(statement: RelationalStatement): readonly StoredParameter[] {
  if (statement.parameterCount === 0 || !statement.writes) return NONE;
  const known = KNOWN.get(statement);
  if (known !== undefined) return known;
  const found = storedValues(statement).values.flatMap(({ column, only }) =>
    only?.kind === "parameter" ? [{ number: Number(only.value), column }] : [],
  );
  KNOWN.set(statement, found);
  return found;
}

function columnOf(columns: readonly SourceColumn[], column: string | number): SourceColumn | undefined {
  if (typeof column === "number") return columns[column];
  return columns.find(({ name }) => normaliseName(name) === normaliseName(column));
}

function ofColumn({ name, isArray }: WrittenType): number | undefined {
  return isArray ? undefined : ASSIGNED_TYPES.get(name)?.oid;
}

function storedOid(type: WrittenType | undefined): number | undefined {
  const oid = type && STORED_OIDS.get(type.name);
  return type?.isArray === true && oid !== undefined ? arrayOidOf(oid) : oid;
}
