/** The catalogue of a database of many tables: psql's \d, and what JDBC asks to list tables and their columns. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { median, rounded, timed } from "./measure.mjs";
import { startServer } from "./server.mjs";

const TABLES = 2_000;
const RUNS = 5;
const TARGET_MS = { list: 300, jdbc: 2_000 };

/** What the clients were seen to send. */
const CORPUS = JSON.parse(
  readFileSync(new URL("../test/catalog/corpus/introspection.json", import.meta.url), "utf8"),
);

function statement(family, fragment) {
  const found = CORPUS.find((entry) => entry.family === family && entry.sql.includes(fragment));
  if (found === undefined) throw new Error(`the corpus has no statement of ${family}`);
  return found.sql;
}

/** Without the patterns that chose one table. */
const PATTERNS = / AND (?:n\.nspname|c\.relname|attname) (?:LIKE|=) '[^']*'/g;

const LIST = statement("psql \\d", "pg_table_is_visible");
const JDBC_TABLES = statement("jdbc", "AS TABLE_SCHEM, c.relname AS TABLE_NAME").replaceAll(PATTERNS, "");
const JDBC_COLUMNS = statement("jdbc", "SELECT * FROM (SELECT n.nspname,c.relname,a.attname").replaceAll(
  PATTERNS,
  "",
);

/** Targets: `\d` ≤ 300 ms; connecting and listing tables and columns ≤ 2 s, each by a new session after a change. */
export async function measureCatalog() {
  const server = await startServer(
    Array.from(
      { length: TABLES },
      (_, at) =>
        `CREATE TABLE t${at} (id INTEGER PRIMARY KEY, a VARCHAR DEFAULT 'x', b DECIMAL(10,2) CHECK (b >= 0), c TIMESTAMP, d INTEGER);`,
    ).join("\n"),
  );
  try {
    const first = await asked(server, [LIST]);
    const list = await medianOf(() => asked(server, [LIST]));
    const changed = await medianOf(async () => {
      await asked(server, ["CREATE OR REPLACE VIEW changing AS SELECT 1 AS one"]);
      return await asked(server, [LIST]);
    });
    const jdbc = await medianOf(() => asked(server, [JDBC_TABLES, JDBC_COLUMNS]));
    const met = list <= TARGET_MS.list && jdbc <= TARGET_MS.jdbc;
    return { tables: TABLES, firstMs: rounded(first), listMs: list, changedMs: changed, jdbcMs: jdbc, met };
  } finally {
    await server.stop();
  }
}

/** Milliseconds for a session of its own to connect and ask. */
async function asked(server, statements) {
  return await timed(async () => {
    const client = new Client({ host: server.host, port: server.port, user: "bench", database: "main" });
    await client.connect();
    for (const text of statements) await client.query(text);
    await client.end();
  });
}

async function medianOf(work) {
  const times = [];
  for (let n = 0; n < RUNS; n++) times.push(await work());
  return rounded(median(times));
}
