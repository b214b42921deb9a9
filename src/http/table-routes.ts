/** The tables and views of a head. */
import { z } from "zod";
import { inSession, type Api } from "./api.js";
import type { RequestWork, WorkServices } from "./request-work.js";
import { objectErrors, tables } from "./schemas.js";
import { readRows } from "./statements.js";

type Tables = z.output<typeof tables>["tables"];

const MAX_COLUMNS = 50_000;
const COLUMNS = `SELECT t.table_schema, t.table_name, t.table_type, c.column_name, c.data_type, c.is_nullable
  FROM information_schema.tables AS t
  JOIN information_schema.columns AS c ON c.table_schema = t.table_schema AND c.table_name = t.table_name
  WHERE t.table_schema NOT IN ('pg_catalog', 'information_schema')
  ORDER BY t.table_schema, t.table_name, c.ordinal_position LIMIT ${MAX_COLUMNS}`;

const columnRow = z.object({
  table_schema: z.string(),
  table_name: z.string(),
  table_type: z.string(),
  column_name: z.string(),
  data_type: z.string(),
  is_nullable: z.string(),
});

export function addTableRoutes(api: Api, services: WorkServices): void {
  api.get(
    "/v1/databases/:database/tables",
    {
      schema: {
        tags: ["sql"],
        summary: "Tables and views of main, or of a branch",
        params: z.object({ database: z.string().describe("main, or one of its other names") }),
        querystring: z.strictObject({ branch: z.string().optional() }),
        response: { ...objectErrors, 200: tables },
      },
    },
    async (request, reply) => {
      const head = { database: request.params.database, branch: request.query.branch };
      return { tables: await inSession(services, request, reply, head, listTables) };
    },
  );
}

async function listTables(work: RequestWork): Promise<Tables> {
  const byName = new Map<string, Tables[number]>();
  for (const row of z.array(columnRow).parse(await readRows(work, COLUMNS))) {
    const key = JSON.stringify([row.table_schema, row.table_name]);
    const table = byName.get(key) ?? {
      name: row.table_name,
      schema: row.table_schema,
      type: row.table_type === "VIEW" ? "view" : "table",
      columnCount: 0,
      columns: [],
    };
    table.columns.push({ name: row.column_name, type: row.data_type, nullable: row.is_nullable === "YES" });
    byName.set(key, { ...table, columnCount: table.columns.length });
  }
  return [...byName.values()];
}
