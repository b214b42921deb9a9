/**
 * Savepoints: random transaction blocks give what PostgreSQL 15 gives, on main and on a branch; and what cannot be done
 * over DuckDB is refused, not guessed.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { WireClient } from "../support/wire-client.js";
import { World } from "../support/world.js";
import { randomFrom } from "../differential/random.js";
import { seen, useBothServers } from "../support/both-servers.js";

const SEED = Number(process.env["SEED"] ?? 20_261);
const HISTORIES = 12;
const STEPS = 60;

const setup = (schema: string): readonly string[] => [
  "CREATE SEQUENCE numbers",
  "CREATE TABLE t (id int PRIMARY KEY, v int, s text)",
  `CREATE TABLE log (n int DEFAULT nextval('${schema}.numbers'), v int, s text DEFAULT 'none')`,
  `CREATE TABLE "odd ""name" ("a b" int DEFAULT nextval('${schema}.numbers'), "q""" text)`,
];

/** One step of a history; most of them are right, some fail on purpose. */
function step(random: (below: number) => number): string {
  const id = random(6) + 1;
  const name = ["a", "b", '"A b"'][random(3)];
  const steps = [
    "BEGIN",
    random(4) === 0 ? "COMMIT" : "BEGIN",
    random(4) === 0 ? "ROLLBACK" : "BEGIN",
    `SAVEPOINT ${name}`,
    `SAVEPOINT ${name}`,
    `SAVEPOINT ${name}`,
    `ROLLBACK TO ${name}`,
    `ROLLBACK TO SAVEPOINT ${name}`,
    `ROLLBACK WORK TO ${name}`,
    `RELEASE ${name}`,
    `INSERT INTO t VALUES (${id}, ${random(100)}, 'x''y')`,
    `INSERT INTO t VALUES (${id}, ${random(100)}, NULL) ON CONFLICT (id) DO UPDATE SET v = excluded.v`,
    `INSERT INTO t VALUES (${id}, 7, NULL) ON CONFLICT DO NOTHING`,
    `INSERT INTO log (v) VALUES (${random(100)})`,
    `INSERT INTO log (v) VALUES (${random(100)}), (${random(100)}) RETURNING v, s`,
    `INSERT INTO log (v, s) SELECT v, s FROM t WHERE id = ${id}`,
    'INSERT INTO "odd ""name" ("q""") VALUES (\'it\'\'s\') RETURNING "q"""',
    `UPDATE t SET v = v + ${random(10)} WHERE id <= ${id}`,
    `UPDATE t SET s = 'u' WHERE id = ${id} RETURNING id, s`,
    `DELETE FROM t WHERE id = ${id}`,
    "DELETE FROM log WHERE v < 30",
    "SELECT * FROM missing",
    "SELECT ('x' || '')::int",
    `INSERT INTO t VALUES (${id}, 1, 'a'), (${id}, 2, 'b')`,
  ];
  return steps[random(steps.length)] ?? "";
}

const CONTENT = [
  "SELECT * FROM t ORDER BY id",
  "SELECT v, s FROM log ORDER BY v, s",
  'SELECT "q""" FROM "odd ""name" ORDER BY 1',
  "SELECT count(*), count(DISTINCT n) FROM log",
];

/** Refusals of ours: the block is lost, which both servers can go on from. */
const REFUSED = "0A000";

describe.skipIf(!hasPostgres)("random blocks with savepoints", () => {
  const servers = useBothServers();

  it.each(["main", "branch"])("answer as PostgreSQL does, on %s", async (head) => {
    const { ours, postgres } = servers();
    using admin = await WireClient.start(ours, { database: "main" });
    using theirs = await WireClient.start(postgres, { database: "postgres" });
    for (let history = 0; history < HISTORIES; history++) {
      const schema = `${head}_${history}`;
      const prepare = [`CREATE SCHEMA ${schema}`, `SET search_path = ${schema}`, ...setup(schema)];
      for (const sql of prepare) await theirs.query(sql);
      for (const sql of prepare) await admin.query(sql);
      const database = head === "main" ? "main" : `main/${schema}`;
      if (head === "branch") await admin.query(`CREATE BRANCH ${schema}`);
      using client = await WireClient.start(ours, { database });
      await client.query(`SET search_path = ${schema}`);
      const random = randomFrom(SEED + history).below;
      const said: string[] = [];
      for (let count = 0; count < STEPS; count++) {
        const sql = step(random);
        said.push(sql);
        const answer = seen(await client.query(sql));
        const where = `seed ${SEED + history}, ${head}: ${said.join("; ")}`;
        if (answer.includes(REFUSED)) throw new Error(`refused at ${where}`);
        expect(answer, where).toEqual(seen(await theirs.query(sql)));
      }
      await client.query("ROLLBACK");
      await theirs.query("ROLLBACK");
      for (const sql of CONTENT) {
        const where = `${sql} after seed ${SEED + history}, ${head}`;
        expect(seen(await client.query(sql)), where).toEqual(seen(await theirs.query(sql)));
      }
      const onMain = seen(await admin.query("SELECT count(*) = 0 FROM t"));
      expect(onMain[0]).toBe(head === "branch" ? '["t"]' : onMain[0]);
    }
  });
});

describe("a savepoint", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    await using session = await world.connect();
    await session.query(setup("main").join(";"));
    await session.query(
      "CREATE TABLE moments (id int, at timestamptz DEFAULT now(), r double DEFAULT random())",
    );
    await session.query("CREATE BRANCH b");
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  it.each(["main", "main/b"])("brings back the very rows that were inserted, on %s", async (database) => {
    await using session = await world.connect(database);
    await session.query("BEGIN");
    await session.query("INSERT INTO moments (id) VALUES (1), (2)");
    await session.query("INSERT INTO log (v) VALUES (1)");
    const before = await session.query("SELECT m.*, n FROM moments m, log ORDER BY id");
    await session.query("SAVEPOINT s");
    expect(await session.outcome("SELECT ('x' || '')::int")).toBe("22P02");
    await session.query("ROLLBACK TO s");
    expect(await session.query("SELECT m.*, n FROM moments m, log ORDER BY id")).toEqual(before);
    await session.query("ROLLBACK");
  });

  it("refuses to go back over a statement that would not do the same again", async () => {
    await using session = await world.connect();
    await session.query("INSERT INTO t VALUES (100, 0, 'a')");
    await session.query("BEGIN");
    await session.query("UPDATE t SET s = now()::text WHERE id = 100");
    await session.query("SAVEPOINT s");
    expect(await session.outcome("SELECT * FROM missing")).toBe("42P01");
    // Nothing was written since, and this failure leaves DuckDB's transaction alone.
    await session.query("ROLLBACK TO s");
    expect(await session.outcome("SELECT ('x' || '')::int")).toBe("22P02");
    expect(await session.outcome("ROLLBACK TO s")).toBe("0A000");
    expect(session.session.status).toBe("E");
    await session.query("ROLLBACK");
    expect(await session.query("SELECT s FROM t WHERE id = 100")).toEqual([["a"]]);
  });

  it("is refused with 40001 when another session changed the table meanwhile", async () => {
    await using session = await world.connect("main/b");
    await using other = await world.connect("main/b");
    await session.query("BEGIN");
    await session.query("INSERT INTO t VALUES (200, 0, 'a')");
    await session.query("SAVEPOINT s");
    expect(await session.outcome("SELECT ('x' || '')::int")).toBe("22P02");
    await other.query("INSERT INTO t VALUES (201, 0, 'b')");
    expect(await session.outcome("ROLLBACK TO s")).toBe("40001");
    await session.query("ROLLBACK");
    expect(await other.query("SELECT id FROM t ORDER BY id")).toEqual([[201]]);
  });

  it("keeps its snapshot, or is refused, in a block of REPEATABLE READ only", async () => {
    await using session = await world.connect();
    await using other = await world.connect();
    for (const [level, expected] of [
      ["READ COMMITTED", "ok"],
      ["REPEATABLE READ", "40001"],
    ]) {
      await session.query(`BEGIN ISOLATION LEVEL ${level}`);
      await session.query("SELECT count(*) FROM t");
      await session.query("SAVEPOINT s");
      expect(await session.outcome("SELECT ('x' || '')::int")).toBe("22P02");
      await other.query("INSERT INTO log (v) VALUES (1)");
      expect(await session.outcome("ROLLBACK TO s")).toBe(expected);
      await session.query("ROLLBACK");
    }
  });

  it("takes definitions, temporary tables and settings with it", async () => {
    await using session = await world.connect();
    await session.query("BEGIN");
    await session.query("CREATE SEQUENCE own; CREATE TABLE made (id int DEFAULT nextval('own'), v int)");
    await session.query("CREATE TEMP TABLE scratch AS SELECT 1 AS a");
    await session.query("INSERT INTO made (v) VALUES (10), (20)");
    await session.query("SET application_name = 'before'");
    await session.query("SAVEPOINT s");
    await session.query(
      "SET application_name = 'after'; ALTER TABLE made ADD COLUMN w int; DROP TABLE scratch",
    );
    expect(await session.outcome("INSERT INTO made (v) VALUES ('x')")).toBe("22P02");
    await session.query("ROLLBACK TO s");
    expect(await session.query("SHOW application_name")).toEqual([["before"]]);
    expect(await session.query("SELECT a FROM scratch")).toEqual([[1]]);
    await session.query("INSERT INTO made (v) VALUES (30)");
    expect(await session.query("SELECT * FROM made ORDER BY id")).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    await session.query("ROLLBACK");
  });

  it("belongs to a block", async () => {
    await using session = await world.connect();
    expect(await session.outcome("SAVEPOINT s")).toBe("25P01");
    expect(await session.outcome("RELEASE s")).toBe("25P01");
    expect(await session.outcome("ROLLBACK TO s")).toBe("25P01");
    await session.query("BEGIN; SAVEPOINT s; COMMIT; BEGIN");
    expect(await session.outcome("ROLLBACK TO s")).toBe("3B001");
    expect(await session.outcome("SAVEPOINT s")).toBe("25P02");
    await session.query("ROLLBACK");
  });
});
