/** What branches take of the file, as `_hatidata_branches`, DESCRIBE BRANCH and SHOW EXPIRING BRANCHES say it. */
import type { BranchContext } from "../branch/branch-context.js";
import { tablesOf, type Branch, type PhysicalTable } from "../branch/model.js";
import { rollbackQuietly } from "../branch/preserve.js";
import { physicalName } from "../branch/system-schema.js";
import { numberCell, optionalNumberCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteLiteral } from "../sql/names.js";
import type { BranchSize } from "./system-relations.js";

/** Bytes of a value that is in memory, by its column's type. */
const WIDTH = `CASE WHEN segment_type = 'VALIDITY' THEN 0.125 WHEN segment_type IN ('BOOLEAN', 'TINYINT', 'UTINYINT') THEN 1
  WHEN segment_type IN ('SMALLINT', 'USMALLINT') THEN 2 WHEN segment_type IN ('INTEGER', 'UINTEGER', 'FLOAT', 'DATE') THEN 4
  WHEN segment_type IN ('VARCHAR', 'BLOB', 'HUGEINT', 'UHUGEINT', 'UUID', 'INTERVAL') THEN 16 ELSE 8 END`;

/** Measured by one query, or a few more where a branch has more: asking for each branch takes three times as long. */
const TABLES_AT_ONCE = 200;

interface Holding {
  readonly branchId: string;
  readonly tables: readonly PhysicalTable[];
}

/**
 * Bytes of a branch's own tables, without their indexes: whole blocks for what is in the file, and for what only the log has
 * yet the width of its values (a text counts 16), which is taken for all of a table with a quotation mark in its name. Nothing is
 * said of a branch that changed nothing.
 */
export async function branchSizes(
  context: BranchContext,
  branches: Iterable<Branch>,
): Promise<readonly BranchSize[]> {
  using connection = await context.registry.database.connect("data");
  // One snapshot of registry and tables: a branch that ends meanwhile must not take its tables away under the measuring.
  const { state } = await context.registry.begin(connection);
  try {
    const sizes = new Map<string, number>();
    const count = (branchId: string, bytes: number): void =>
      void sizes.set(branchId, (sizes.get(branchId) ?? 0) + bytes);
    const holdings = [...branches].map(({ id }) => ({
      branchId: id,
      tables: state.liveVersionsOf(id).flatMap(tablesOf),
    }));
    for (const some of inParts(holdings.filter(({ tables }) => tables.length > 0))) {
      for (const { branchId, bytes } of await storedBytes(connection, some)) count(branchId, bytes);
      for (const { branchId, tables } of some)
        for (const table of tables)
          if (!isReadable(table)) count(branchId, await estimatedBytes(connection, table));
    }
    return [...sizes].map(([branchId, bytes]) => ({ branchId, bytes }));
  } finally {
    await rollbackQuietly(connection);
  }
}

/** Of all branches that hold anything. */
export async function liveBranchSizes(context: BranchContext): Promise<readonly BranchSize[]> {
  return await branchSizes(context, context.registry.state.branches.live());
}

/** Tables of a branch may share a block: they stay together. */
function* inParts(holdings: readonly Holding[]): Generator<readonly Holding[]> {
  let part: Holding[] = [];
  let tables = 0;
  for (const holding of holdings) {
    part.push(holding);
    tables += holding.tables.length;
    if (tables < TABLES_AT_ONCE) continue;
    yield part;
    part = [];
    tables = 0;
  }
  if (part.length > 0) yield part;
}

/** DuckDB reads no name with a quotation mark where it says what a table takes. */
function isReadable({ schema, name }: PhysicalTable): boolean {
  return !`${schema}${name}`.includes('"');
}

/** What is the same in all rows has no block (-1). */
async function storedBytes(connection: Connection, holdings: readonly Holding[]): Promise<BranchSize[]> {
  const segments = holdings.flatMap(({ branchId, tables }) =>
    tables
      .filter(isReadable)
      .map(
        (table) =>
          `SELECT '${branchId}' AS branch, * FROM pragma_storage_info(${quoteLiteral(physicalName(table))})`,
      ),
  );
  if (segments.length === 0) return [];
  const rows = await connection.rows(
    `WITH segments AS MATERIALIZED (${segments.join(" UNION ALL ")}),
       blocks AS (SELECT branch, unnest(list_append(additional_block_ids, block_id)) AS id FROM segments WHERE persistent)
     SELECT branch, sum(bytes)::BIGINT AS bytes FROM (
       SELECT branch, count(DISTINCT id) * 262144 AS bytes FROM blocks WHERE id >= 0 GROUP BY branch
       UNION ALL SELECT branch, sum(count * ${WIDTH}) FROM segments WHERE NOT persistent GROUP BY branch) GROUP BY branch`,
  );
  return rows.map((row) => ({ branchId: textCell(row, "branch"), bytes: numberCell(row, "bytes") }));
}

/** Every value counted like a text. */
async function estimatedBytes(connection: Connection, table: PhysicalTable): Promise<number> {
  const { schema, name } = table;
  const [row] =
    await connection.rows(`SELECT (SELECT count(*) FROM ${physicalName(table)}) * 16 * (SELECT count(*) FROM duckdb_columns()
    WHERE database_name = ${quoteLiteral(DATA_CATALOG)} AND schema_name = ${quoteLiteral(schema)} AND table_name = ${quoteLiteral(name)}) AS bytes`);
  return row === undefined ? 0 : (optionalNumberCell(row, "bytes") ?? 0);
}
