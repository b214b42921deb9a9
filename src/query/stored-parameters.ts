/**
 * Types that a statement gives its parameters itself: by a cast, or because a column stores them. DuckDB says what it holds
 * a column as; of a jsonb column's parameter clients are told, and send, jsonb: in binary that is not what a text is.
 */
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

/** What the client declared, and where it declared nothing (0) the type of the text's cast or of the column. No result may be open. */
export async function withTextTypes(
  core: SessionCore,
  statement: RelationalStatement,
  declaredOids: readonly number[],
): Promise<readonly number[]> {
  const oids = withCastTypes(statement, declaredOids);
  const stored = storedParameters(statement).filter(({ number }) => !oids[number - 1]);
  const target = statement.names.find(({ role }) => role === "write");
  if (stored.length === 0 || target === undefined) return oids;
  const columns = (await columnsOfRelation(core, target.parts)) ?? [];
  const found = new Map<number, number>();
  for (const { number, column } of stored) {
    const oid = storedOid(columnOf(columns, column)?.type);
    if (oid !== undefined && !found.has(number)) found.set(number, oid);
  }
  if (found.size === 0) return oids;
  const count = Math.max(oids.length, ...found.keys());
  return Array.from({ length: count }, (_, index) => oids[index] || (found.get(index + 1) ?? 0));
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

function storedOid(type: WrittenType | undefined): number | undefined {
  const oid = type && STORED_OIDS.get(type.name);
  return type?.isArray === true && oid !== undefined ? arrayOidOf(oid) : oid;
}
