/** A transaction on main that deletes a row and adds one that refers to it fails, as in PostgreSQL; DuckDB alone lets it pass. */
import { expect, test } from "vitest";
import { World } from "../support/world.js";

const TABLES = `CREATE TABLE "P x" (id int PRIMARY KEY, v int); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES "P x");
  CREATE TABLE s (id int PRIMARY KEY, up int REFERENCES s); INSERT INTO "P x" VALUES (1, 1), (2, 2); INSERT INTO s VALUES (1, NULL);
  INSERT INTO c VALUES (10, 1)`;

const REFUSED = {
  "a child added behind its parent's end": `DELETE FROM "P x" WHERE id = 2; INSERT INTO c VALUES (1, 2)`,
  "a child added before it": `INSERT INTO c VALUES (1, 2); DELETE FROM "P x" WHERE id = 2`,
  "a child that moves to it": `DELETE FROM "P x" WHERE id = 2; UPDATE c SET p = 2 WHERE id = 10`,
  "a parent that gets another key": `UPDATE "P x" SET id = 3 WHERE id = 2; INSERT INTO c VALUES (1, 2)`,
  "a row of the same table": "DELETE FROM s WHERE id = 1; INSERT INTO s VALUES (2, 1)",
  "a parent that MERGE deletes": `MERGE INTO "P x" USING (SELECT 2 AS id) AS n ON "P x".id = n.id WHEN MATCHED THEN DELETE; INSERT INTO c VALUES (1, 2)`,
};

const ACCEPTED = {
  "a parent that comes back": `DELETE FROM "P x" WHERE id = 2; INSERT INTO "P x" VALUES (2, 5); INSERT INTO c VALUES (1, 2)`,
  "a parent whose other columns change": `UPDATE "P x" SET v = 9 WHERE id = 2; INSERT INTO c VALUES (1, 2)`,
  "a child of another parent": `DELETE FROM "P x" WHERE id = 2; INSERT INTO c VALUES (1, 1)`,
  "a child without one": `DELETE FROM "P x" WHERE id = 2; INSERT INTO c VALUES (1, NULL)`,
};

const CONTENT = `SELECT (SELECT count(*)::int FROM c), (SELECT count(*)::int FROM s),
  (SELECT count(*)::int FROM c WHERE p NOT IN (SELECT id FROM "P x")), (SELECT count(*)::int FROM s WHERE up NOT IN (SELECT id FROM s))`;

test.each(Object.entries(REFUSED))("%s", async (_, statements) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(TABLES);
  const outcome = await main.outcome(`BEGIN; ${statements}; COMMIT`);
  await main.query("ROLLBACK");
  expect(outcome).toBe("23503");
  expect(await main.query(CONTENT)).toEqual([[1, 1, 0, 0]]);
  // With what is remembered of the keys, and without them.
  await main.query("ALTER TABLE c ADD COLUMN more int");
  await main.query(`DELETE FROM "P x" WHERE id = 2`);
});

test.each(Object.entries(ACCEPTED))("%s", async (_, statements) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(TABLES);
  expect(await main.outcome(`BEGIN; ${statements}; COMMIT`)).toBe("ok");
  expect(await main.query(CONTENT)).toEqual([[2, 1, 0, 0]]);
});
