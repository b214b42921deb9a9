/**
 * Foreign keys, random histories: what PostgreSQL 15 answers and keeps, on main, on a branch and on a branch of a branch. Single
 * statements and blocks with savepoints; rows that refer to their own table, actions, keys that wait.
 */
import { describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { WireClient } from "../support/wire-client.js";
import { randomFrom } from "../differential/random.js";
import { seen, useBothServers } from "../support/both-servers.js";

const SEED = Number(process.env["REFERENCES_SEED"] ?? 1);
const HISTORIES = Number(process.env["REFERENCES_RUNS"] ?? 4);
const STEPS = 70;

const SETUP = [
  `CREATE TABLE "P x" (id int PRIMARY KEY, code text UNIQUE, v int)`,
  `CREATE TABLE c (id int PRIMARY KEY, pid int REFERENCES "P x" ON DELETE CASCADE ON UPDATE CASCADE, v int)`,
  `CREATE TABLE n (id int, pcode text REFERENCES "P x" (code) ON DELETE SET NULL ON UPDATE SET NULL, cid bigint CONSTRAINT "n's c" REFERENCES c)`,
  `CREATE TABLE s (id int PRIMARY KEY, up int REFERENCES s ON DELETE CASCADE, other int REFERENCES s)`,
  `CREATE TABLE w (id int PRIMARY KEY, pid int DEFAULT 1 REFERENCES "P x" ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED, cid int REFERENCES c DEFERRABLE)`,
  `INSERT INTO "P x" VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0), (4, NULL, 0)`,
  `INSERT INTO c VALUES (1, 1, 0), (2, 2, 0), (3, NULL, 0)`,
  `INSERT INTO n VALUES (1, 'a', 1), (2, NULL, NULL)`,
  `INSERT INTO s VALUES (1, NULL, NULL), (2, 1, 1), (3, 2, NULL)`,
];

const CONTENT = [
  `SELECT * FROM "P x" ORDER BY 1`,
  "SELECT * FROM c ORDER BY 1",
  "SELECT * FROM n ORDER BY 1, 2, 3",
  "SELECT * FROM s ORDER BY 1",
  "SELECT * FROM w ORDER BY 1",
];

function step(random: (below: number) => number): string {
  const [id, other, key] = [random(7) + 1, random(7) + 1, random(7) + 1];
  const code = ["'a'", "'b'", "'c'", "'d'", "NULL"][random(5)] ?? "";
  const steps = [
    "BEGIN",
    "COMMIT",
    "COMMIT",
    "SAVEPOINT a",
    "ROLLBACK TO a",
    random(3) === 0 ? "ROLLBACK" : "SELECT 1",
    `INSERT INTO "P x" VALUES (${id}, ${code}, 0)`,
    `INSERT INTO "P x" VALUES (${id}, ${code}, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v, code = excluded.code`,
    `INSERT INTO c VALUES (${id}, ${key}, 0)`,
    `INSERT INTO c SELECT id + 10, id, 5 FROM "P x" WHERE id < ${id} ON CONFLICT DO NOTHING`,
    `INSERT INTO n VALUES (${id}, ${code}, ${key})`,
    `INSERT INTO s VALUES (${id}, ${other}, ${key})`,
    `INSERT INTO s VALUES (${id + 10}, ${id + 10}, NULL), (${id + 20}, ${id + 10}, ${id + 30}), (${id + 30}, NULL, ${id + 20})`,
    `INSERT INTO w (id) VALUES (${id})`,
    `INSERT INTO w VALUES (${id}, ${key}, ${other})`,
    `UPDATE "P x" SET id = ${id}, v = v + 1 WHERE id = ${id}`,
    `UPDATE "P x" SET id = ${key + 20} WHERE id = ${id}`,
    `UPDATE "P x" SET id = id + 50 WHERE id < ${id}`,
    `UPDATE "P x" SET code = ${code} WHERE id = ${id}`,
    `UPDATE "P x" SET v = 9`,
    `UPDATE c SET pid = ${key} WHERE id = ${id}`,
    `UPDATE c SET id = id + 100 WHERE id = ${id}`,
    `UPDATE c SET pid = p.id FROM "P x" AS p WHERE p.id = c.id AND p.id <> ${id}`,
    `UPDATE n SET cid = ${key}`,
    `UPDATE s SET up = ${other}, other = NULL WHERE id = ${id} RETURNING *`,
    `UPDATE w SET pid = ${key}, cid = NULL WHERE id = ${id}`,
    `DELETE FROM "P x" WHERE id = ${id}`,
    `DELETE FROM "P x" WHERE id = ${id} RETURNING id, code`,
    `DELETE FROM "P x" WHERE v > (SELECT min(v) FROM "P x")`,
    `DELETE FROM "P x" USING c WHERE c.pid = "P x".id AND c.id = ${id}`,
    `DELETE FROM c WHERE id = ${id}`,
    "DELETE FROM c",
    `DELETE FROM n WHERE id = ${id}`,
    `DELETE FROM s WHERE id = ${id}`,
    `DELETE FROM w WHERE id = ${id}`,
    `WITH gone AS (DELETE FROM c WHERE pid = ${id} RETURNING pid) DELETE FROM "P x" WHERE id IN (SELECT pid FROM gone)`,
    `WITH made AS (INSERT INTO "P x" VALUES (${id}, NULL, 3) RETURNING id) INSERT INTO c SELECT id + 200, id, 0 FROM made`,
    "SET CONSTRAINTS ALL DEFERRED",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "SET CONSTRAINTS w_pid_fkey IMMEDIATE",
    "TRUNCATE n",
    random(6) === 0 ? "TRUNCATE c CASCADE" : "SELECT 2",
    random(6) === 0 ? "TRUNCATE s" : `TRUNCATE "P x"`,
    "SELECT ('x' || '')::int",
  ];
  return steps[random(steps.length)] ?? "";
}

describe.skipIf(!hasPostgres)("foreign keys in random histories", () => {
  const servers = useBothServers();

  it.each(["main", "branch", "grandchild"])("answer as PostgreSQL does, on %s", async (head) => {
    const { ours, postgres } = servers();
    using admin = await WireClient.start(ours, { database: "main" });
    using theirs = await WireClient.start(postgres, { database: "postgres" });
    for (let history = 0; history < HISTORIES; history++) {
      const schema = `${head}_${history}`;
      const prepare = [`CREATE SCHEMA ${schema}`, `SET search_path = ${schema}`, ...SETUP];
      for (const sql of prepare)
        expect(seen(await admin.query(sql)).join(), sql).toBe(seen(await theirs.query(sql)).join());
      let database = "main";
      if (head !== "main") await admin.query(`CREATE BRANCH ${(database = schema)}`);
      if (head === "grandchild")
        await admin.query(`CREATE BRANCH ${(database = `${schema}x`)} FROM ${schema}`);
      using client = await WireClient.start(ours, {
        database: database === "main" ? "main" : `main/${database}`,
      });
      await client.query(`SET search_path = ${schema}`);
      const random = randomFrom(SEED + history).below;
      const said: string[] = [];
      for (let count = 0; count < STEPS; count++) {
        const sql = step(random);
        said.push(sql);
        const answer = seen(await client.query(sql));
        const where = `seed ${SEED + history}, ${head}: ${said.join(";\n")}`;
        expect(answer, where).toEqual(seen(await theirs.query(sql)));
        if (count % 10 !== 9 || answer.includes("E")) continue;
        for (const content of CONTENT)
          expect(seen(await client.query(content)), `${content} after ${where}`).toEqual(
            seen(await theirs.query(content)),
          );
      }
      const end = [seen(await client.query("COMMIT")), seen(await theirs.query("COMMIT"))];
      expect(end[0], said.join(";\n")).toEqual(end[1]);
      for (const sql of CONTENT)
        expect(seen(await client.query(sql)), `${sql} after seed ${SEED + history}, ${head}`).toEqual(
          seen(await theirs.query(sql)),
        );
    }
  });
});
