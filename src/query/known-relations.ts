/** The columns of a session's relations as its catalogue shows them: their types, OIDs and numbers. */
import type { Version } from "../branch/model.js";
import { systemColumns } from "../catalog/column-types.js";
import { FIRST_USER_OID, hashedOid } from "../catalog/names.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { isEnum } from "../pgtypes/enum-types.js";
import { describeType, elementOidOf } from "../pgtypes/oids.js";
import type { TypeIdentity } from "../pgtypes/user-types.js";
import { typeNamed } from "../catalog/type-names.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { WrittenType } from "../sql/result-sources.js";
import { clientSchema, formatName } from "../sql/names.js";
import type { SourceColumn } from "../sql/source-types.js";
import { withPrepared } from "./deferred-columns.js";
import { columnType, heldColumns, type HeldColumns } from "./held-columns.js";
import { tableBehind } from "./table-behind.js";
import { resolveName } from "./relation-names.js";
import { resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";
import { viewColumnTypes } from "./view-columns.js";
import { isNumber } from "../sql/union-types.js";

type Columns = readonly SourceColumn[] | undefined;

/** Undefined for what has no row in pg_class, and for what cannot be read. No result of the session may be open. */
export async function relationColumns(
  core: SessionCore,
  parts: readonly string[],
): Promise<readonly SourceColumn[] | undefined> {
  const scope = core.scope(core.transactions.current);
  const meaning = resolveName(scope, parts);
  switch (meaning.kind) {
    case "catalog":
      return systemColumns(parts);
    case "system":
      return undefined;
    case "temporary":
      return await readColumns(core, parts, classOid("pg_temp", meaning.name));
    case "relation": {
      if (meaning.head !== core.head) return undefined;
      const { schema, name, kind } = meaning.version;
      const columns = await readColumns(core, parts, classOid(schema, name));
      return kind === "view" ? await withViewTypes(core, meaning.version, columns) : columns;
    }
    case "unknown":
      if (meaning.head !== core.head) return undefined;
      return await readColumns(core, parts, classOid(meaning.relation.schema, meaning.relation.name));
    default:
      return meaning satisfies never;
  }
}

function classOid(schema: string, name: string): number {
  return hashedOid("c", clientSchema(schema), name);
}

/** The type of the rows of a table or view of the user, by its OID; undefined for other relations. */
export function rowIdentity(relation: number): TypeIdentity | undefined {
  if (relation < FIRST_USER_OID) return undefined;
  const [oid, arrayOid] = [hashedOid("t", "", String(relation)), hashedOid("ta", "", String(relation))];
  return { oid, arrayOid, name: "record" };
}

/** A view's. */
const NO_TYPES: HeldColumns = new Map();

async function readColumns(
  core: SessionCore,
  parts: readonly string[],
  table: number,
): Promise<readonly SourceColumn[] | undefined> {
  const [statement] = await core.services.analyse(`SELECT * FROM ${formatName(parts)}`);
  if (statement?.kind !== "relational") return undefined;
  try {
    const sql = await resolveStatement(
      core.resolveServices,
      core.scope(core.transactions.current),
      statement,
    );
    const columns = await withPrepared(core.connection, sql, (prepared) => prepared.columns);
    const definition = await tableBehind(core, parts);
    const held = definition === undefined ? NO_TYPES : heldColumns(definition);
    return columns.map(({ name, type }, index) => ({
      name,
      type: columnType(held, name, type) ?? (type === null ? undefined : writtenAs(type)),
      origin: { table, column: index + 1 },
    }));
  } catch (error) {
    // A statement that is wrong says so when it runs; one that is cancelled does not run.
    if (error instanceof SqlError && error.code !== SQLSTATE.queryCanceled) return undefined;
    throw error;
  }
}

/** What a view computes has DuckDB's digits, and none of PostgreSQL's. */
async function withViewTypes(core: SessionCore, view: Version, columns: Columns): Promise<Columns> {
  const types = await viewColumnTypes(view, async (parts) => await relationColumns(core, parts));
  if (types?.length !== columns?.length) return columns;
  return columns?.map((column, index) => {
    const made = types?.[index];
    if (made !== undefined && !isOtherNumber(made, column.type)) return { ...column, type: made };
    return column.type?.name === "numeric" ? { ...column, type: { ...column.type, typmod: -1 } } : column;
  });
}

/** What numbers are DuckDB knows better than a text that it has printed. */
function isOtherNumber(one: WrittenType, other: WrittenType | undefined): boolean {
  return other !== undefined && one.name !== other.name && isNumber(one) && isNumber(other);
}

/** An engine's type by PostgreSQL's name. Undefined for what has no name there, and for enums, whose name is not known. */
function writtenAs(type: EngineType): WrittenType | undefined {
  if (isEnum(type)) return undefined;
  const { oid, typmod } = describeType(type);
  const element = elementOidOf(oid);
  const name = typeNamed(element ?? oid);
  const dimensions = dimensionsOf(type);
  return name === undefined
    ? undefined
    : { name, typmod, isArray: element !== undefined, ...(dimensions > 1 && { dimensions }) };
}

function dimensionsOf(type: EngineType): number {
  return type.typeId === EngineTypeId.LIST ? 1 + dimensionsOf(type.valueType) : 0;
}
