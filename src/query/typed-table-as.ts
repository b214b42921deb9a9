/**
 * CREATE TABLE AS of a query with columns of types that DuckDB does not keep: the table has them too. DuckDB's own statement
 * has no place for what holds them, so an empty table gets it, is filled, and takes the name that was asked for.
 *
 * Atomic  the statement's transaction
 */
import type { PhysicalTable } from "../branch/model.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { heldTypeCheck, heldTypeWritten, type HeldType } from "../sql/held-types.js";
import { nameList, quoteIdentifier } from "../sql/names.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { resolveStatement } from "./resolve.js";
import { sliceStatement } from "./slice-statement.js";
import { definitionIn } from "./target-table.js";

type Held = readonly (HeldType | undefined)[];

/** What the columns of a new table are held to; undefined where DuckDB's statement makes the same table. */
export async function heldByQuery(
  context: PlanContext,
  { query, temporary, orReplace }: RelationalStatement,
): Promise<Held | undefined> {
  if (query?.sources === undefined || temporary || orReplace) return undefined;
  const types = await context.writtenTypes(query.sources);
  const held = types?.map((type) => type && heldTypeWritten(type));
  return held?.some((type) => type !== undefined) ? held : undefined;
}

/** The steps that make `place`, where nothing stands yet. */
export async function planHeldTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  place: PhysicalTable,
  held: Held,
): Promise<[made: PlannedStatement, filled: PlannedStatement]> {
  const { services, scope } = context;
  const { connection } = transaction;
  const { query } = statement;
  if (query === undefined) throw new Error("CREATE TABLE AS without a query");
  const interim = { schema: place.schema, name: `${place.name}#new` };
  const rows = await resolveStatement(services, scope, sliceStatement(statement, query));
  // WITH NO DATA
  const isEmpty = statement.tag === "CREATE TABLE AS";
  const columns = query.columns.length === 0 ? "" : ` (${nameList(query.columns)})`;
  return [
    {
      sql: `CREATE TABLE ${physicalName(interim)}${columns} AS SELECT * FROM (${rows}\n) LIMIT 0`,
      afterwards: undefined,
      guard: async () => {
        const made = await definitionIn(connection, DATA_CATALOG, interim);
        if (made === undefined) throw new Error(`no table ${interim.name}`);
        const checks = made.columns.flatMap(({ name, type }, index) => {
          const own = held[index];
          return own !== undefined && holds(type, own) ? [heldTypeCheck(name, own)] : [];
        });
        const elements = [...made.elements.map(({ text }) => text), ...checks];
        await connection.run(`DROP TABLE ${physicalName(interim)};
          CREATE TABLE ${physicalName(interim)} (${elements.join(", ")})`);
      },
    },
    {
      sql: `INSERT INTO ${physicalName(interim)} SELECT * FROM (${rows}\n)${isEmpty ? " LIMIT 0" : ""}`,
      afterwards: undefined,
      guard: async () => {
        await connection.run(`ALTER TABLE ${physicalName(interim)} RENAME TO ${quoteIdentifier(place.name)}`);
      },
    },
  ];
}

const MOMENTS: ReadonlyMap<HeldType["name"], string> = new Map([
  ["timestamp", "TIMESTAMP"],
  ["timestamptz", "TIMESTAMP WITH TIME ZONE"],
  ["time", "TIME"],
  ["interval", "INTERVAL"],
]);

/** Whether DuckDB's type has values of the other. */
function holds(type: string, { name, ...held }: HeldType): boolean {
  if (held.kind === "moment") return MOMENTS.get(name) === type;
  const isArray = held.kind === "named" && held.isArray;
  if (name === "json") return isArray ? /^JSON(?:\[\d*\])+$/.test(type) : type === "JSON";
  return isArray ? /^VARCHAR(?:\[\d*\])+$/.test(type) : type === "VARCHAR";
}
