/** What the store keeps for pins. */
import type { World } from "./world.js";

/** Rows in each table; what overlays have taken over, or a merge could be undone by, is not kept for a pin. */
export async function keptRows(
  world: World,
): Promise<{ readonly logged: number[]; readonly copied: number[] }> {
  using connection = await world.context.registry.database.connect("data");
  const tables = await connection.rows(
    "SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' ORDER BY 1",
  );
  const found: { logged: number[]; copied: number[] } = { logged: [], copied: [] };
  for (const name of tables.map((table) => String(table["name"]))) {
    if (/^(?:before|undo)/.test(name)) continue;
    const [rows] = await connection.firstRow(`SELECT count(*)::INTEGER FROM duckbranch_store."${name}"`);
    (name.startsWith("log") ? found.logged : found.copied).push(Number(rows));
  }
  return found;
}
