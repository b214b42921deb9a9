/** What uses a type that is dropped. DuckDB keeps the columns of a dropped type, as PostgreSQL would never. */
import { notSupported } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import { domainTest } from "../core/domain-checks.js";
import type { CatalogDomain } from "../catalog/domain-catalog.js";
import { typeDefinitionsOf, TypeCatalog } from "./type-catalog.js";
import { MAIN, relationKey } from "../branch/model.js";
import { isInternalSchema } from "../branch/system-schema.js";
import { textCell, type Row } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { normaliseName } from "../sql/names.js";
import { othersDepend } from "./dependents.js";

/**
 * Refuses to drop a type that columns or other types have: on main or on a branch.
 *
 * Errors  2BP01; 0A000 with CASCADE, which would have to drop columns
 * Limits  of twins with the same labels or fields one may go: the columns are the other's then
 */
export async function refuseUsedType(
  transaction: Transaction,
  { schema, name }: { readonly schema: string; readonly name: string },
  cascade: boolean,
): Promise<void> {
  const { head, state } = transaction;
  const types = await TypeCatalog.ofHead(transaction.connection, typeDefinitionsOf(state, head));
  const domain = types.domains.named([schema, name], []);
  if (domain !== undefined) return await refuseUsedDomain(transaction, domain, types, cascade);
  const printed = types.printedOf(schema, name);
  if (printed === undefined) return;
  const rows = await transaction.connection.rows(
    `SELECT schema_name, table_name, column_name FROM duckdb_columns()
     WHERE database_name = ? AND contains(data_type, ?) ORDER BY table_name, column_index`,
    [DATA_CATALOG, printed],
  );
  const users = [
    ...onHead(transaction, rows).map(
      (row) => `column ${textCell(row, "column_name")} of table ${textCell(row, "table_name")}`,
    ),
    ...types.composites.all
      .filter((one) => !(normaliseName(one.typeName) === normaliseName(name) && one.schema === schema))
      .flatMap(({ name: owner, fields }) =>
        fields
          .filter((field) => field.printed.includes(printed))
          .map((field) => `column ${field.name} of composite type ${owner}`),
      ),
  ];
  refuseUsers(name, users, cascade);
}

/** Columns of a domain without constraints are columns of its base type: they go on without it. */
async function refuseUsedDomain(
  transaction: Transaction,
  { name, oid }: CatalogDomain,
  { domains }: TypeCatalog,
  cascade: boolean,
): Promise<void> {
  const label = domainTest({ domain: name, constraint: "" }).split(",")[0] ?? "";
  const rows = await transaction.connection.rows(
    `SELECT DISTINCT schema_name, table_name, constraint_column_names[1] AS column_name FROM duckdb_constraints()
     WHERE database_name = ? AND contains(expression, ?) ORDER BY ALL`,
    [DATA_CATALOG, label],
  );
  const users = [
    ...onHead(transaction, rows).map(
      (row) => `column ${textCell(row, "column_name")} of table ${textCell(row, "table_name")}`,
    ),
    ...domains.all.filter(({ definition }) => definition.base === oid).map((one) => `type ${one.name}`),
  ];
  refuseUsers(name, users, cascade);
}

/** Of rows of DuckDB's catalogue those of tables that the head has now, or this transaction made. */
function onHead({ head, state }: Transaction, rows: readonly Row[]): readonly Row[] {
  if (head === MAIN) return rows.filter((row) => !isInternalSchema(textCell(row, "schema_name")));
  const tables = new Set(
    state.visible(head).flatMap(({ physical }) => (physical === null ? [] : [relationKey(physical)])),
  );
  return rows.filter((row) =>
    tables.has(relationKey({ schema: textCell(row, "schema_name"), name: textCell(row, "table_name") })),
  );
}

function refuseUsers(name: string, users: readonly string[], cascade: boolean): void {
  if (users.length === 0) return;
  if (cascade)
    throw notSupported(
      "DROP TYPE ... CASCADE of a type that is in use is not supported",
      "drop its columns first",
    );
  throw othersDepend(
    `type ${name}`,
    users.map((user) => `${user} depends on type ${name}`),
  );
}
