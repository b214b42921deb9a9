/** varchar beside text, which are one type to DuckDB: as PostgreSQL 15 shows them, on main and on branches. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HEADS, startServers, type Servers } from "../announced/servers.js";
import { hasPostgres } from "../support/postgres.js";

const SETUP = `
  CREATE TABLE v (id int PRIMARY KEY, a varchar, b varchar(20), c text, d varchar[], e varchar(5)[], f char(3),
    g character varying NOT NULL DEFAULT 'x', i varchar UNIQUE, j varchar CHECK (j <> ''), k char(2)[], l text[]);
  INSERT INTO v (id, a, b, c, d, e, f) VALUES (1, 'a', 'b', 'c', '{x,y}', '{z}', 'f');
  CREATE DOMAIN dv AS varchar;`;

/** Each on every head by itself. */
const CHANGES = `
  ALTER TABLE v ADD COLUMN m varchar;
  ALTER TABLE v ADD COLUMN n varchar NOT NULL DEFAULT 'q';
  ALTER TABLE v ADD COLUMN o varchar[];
  ALTER TABLE v ALTER COLUMN c TYPE varchar;
  ALTER TABLE v ALTER COLUMN b TYPE varchar;
  ALTER TABLE v ALTER COLUMN a TYPE text;
  ALTER TABLE v RENAME COLUMN g TO gg;
  UPDATE v SET m = 'm';
  ALTER TABLE v ALTER COLUMN m SET NOT NULL;
  ALTER TABLE v DROP COLUMN i;
  CREATE TABLE w (LIKE v);
  CREATE TABLE x AS SELECT * FROM v;
  CREATE TABLE x2 AS SELECT id, gg, b || 'x' AS bb, 'k'::varchar(4) AS k, max(gg) AS mx, 'c'::char(4) AS ch, '{}'::json AS doc FROM v GROUP BY id, gg, b;
  CREATE TABLE x3 (aa, bb) AS SELECT gg, c FROM v WITH NO DATA;
  CREATE TABLE IF NOT EXISTS x3 AS SELECT gg FROM v;
  SELECT gg, l INTO x4 FROM v;
  CREATE TABLE y (v VARCHAR PRIMARY KEY, w VARCHAR REFERENCES y (v));`;

const STATEMENTS = [
  // Its columns have no origin here.
  `SELECT table_name || '.' || column_name AS name, data_type || ' ' || udt_name AS type, character_maximum_length + 0 AS n, column_default || '' AS d, is_nullable || '' AS i
   FROM information_schema.columns WHERE table_schema = 'public' AND table_name IN ('v', 'w', 'x', 'x2', 'x3', 'x4', 'y') ORDER BY table_name, ordinal_position`,
  `SELECT c.relname, attname, format_type(atttypid, atttypmod), attlen, attcollation FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
   WHERE relname IN ('v', 'w', 'x', 'x2', 'x3', 'x4', 'y') AND attnum > 0 AND NOT attisdropped ORDER BY 1, attnum`,
  "SELECT typname, format_type(typbasetype, typtypmod) FROM pg_type WHERE typname = 'dv'",
  "SELECT typname, typcollation FROM pg_type WHERE typname IN ('_text', '_varchar', '_bpchar', '_int4', '_name') ORDER BY 1",
  "SELECT * FROM v",
  "SELECT * FROM x",
  "SELECT * FROM x2",
  "SELECT * FROM x3",
  "SELECT * FROM x4",
  `SELECT coalesce(gg, 'x') AS a, gg || 'x' AS b, max(gg) AS c, upper(gg) AS e, nullif(gg, 'x') AS f, greatest(gg, 'x') AS h, d[1] AS i,
     CASE WHEN true THEN gg ELSE 'z' END AS k, CASE WHEN true THEN gg ELSE a END AS l, (SELECT gg FROM v) AS m FROM v GROUP BY gg, d, a`,
  "SELECT gg FROM v UNION SELECT a FROM v ORDER BY 1",
  "SELECT a FROM v UNION SELECT gg FROM v ORDER BY 1",
  "SELECT conname FROM pg_constraint WHERE conrelid = 'v'::regclass ORDER BY 1",
];

describe.skipIf(!hasPostgres)("varchar without a length", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
    for (const one of [servers.oracle, ...HEADS.map((name) => servers.head(name))]) await one.script(CHANGES);
  }, 60_000);
  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
  });

  describe.each(HEADS)("on %s", (head) => {
    it.each(STATEMENTS)("%s", async (text) => {
      expect(await servers.head(head).run(text)).toEqual(await servers.oracle.run(text));
    });

    it("stays what it is on the other side of a merge", async () => {
      if (head === "main") return;
      const name = head === "branch" ? "merged" : "merged_deeper";
      const [main, oracle] = [servers.head("main"), servers.oracle];
      const script = `CREATE TABLE ${name} (id int PRIMARY KEY, a varchar, b text, c varchar);`;
      const theirs = `ALTER TABLE ${name} ALTER COLUMN b TYPE varchar; ALTER TABLE ${name} ADD COLUMN d varchar; INSERT INTO ${name} VALUES (2, 'a', 'b', 'c', 'd');`;
      const ours = `ALTER TABLE ${name} ALTER COLUMN c TYPE text; ALTER TABLE ${name} ADD COLUMN e varchar;`;
      await oracle.script(script + theirs + ours);
      await main.script(script);
      await main.script(`CREATE BRANCH b_${name}`);
      await main.script(`USE BRANCH b_${name}`);
      await main.script(theirs);
      await main.script("USE BRANCH main");
      await main.script(ours);
      await main.script(`MERGE BRANCH b_${name}`);
      const columns = `SELECT column_name || ' ' || data_type AS c FROM information_schema.columns WHERE table_name = '${name}' ORDER BY 1`;
      expect(await main.run(columns)).toEqual(await oracle.run(columns));
      const rows = `SELECT id, a, b, c, d, e FROM ${name}`;
      expect(await main.run(rows)).toEqual(await oracle.run(rows));
    });
  });

  it("is text in what DuckDB made", async () => {
    const main = servers.head("main");
    await main.script("CREATE TABLE plain AS FROM (VALUES ('a')) AS t(v)");
    expect(
      await main.run("SELECT data_type FROM information_schema.columns WHERE table_name = 'plain'"),
    ).toContainEqual('row ["text"]');
  });

  it("is not in the way of what DuckDB can alter in temporary tables", async () => {
    const main = servers.head("main");
    await main.script(
      "CREATE TEMP TABLE tt (v varchar); ALTER TABLE tt ADD COLUMN w varchar; ALTER TABLE tt ALTER COLUMN v TYPE int",
    );
    expect(await main.run("SELECT * FROM tt")).toHaveLength(2);
  });
});
