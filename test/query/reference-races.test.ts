/** Two transactions that would break a foreign key together: the later fails. What does not meet goes on. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const TABLES = `CREATE TABLE "P x" (id int PRIMARY KEY, code text UNIQUE, v int); CREATE TABLE c (id int, pid int REFERENCES "P x", code text REFERENCES "P x" (code));
  CREATE TABLE f (id int, pid int REFERENCES "P x" ON DELETE CASCADE);
  INSERT INTO "P x" SELECT i, 'k' || i, 0 FROM range(10) AS r(i); CREATE BRANCH b; CREATE BRANCH bb FROM b`;
const ORPHANS = `SELECT count(*)::int FROM c WHERE pid NOT IN (SELECT id FROM "P x")`;

/** What one does, what the other does, and how the second one's COMMIT ends. */
const RACES: Readonly<Record<string, readonly [one: string, other: string, end: string]>> = {
  "a child, and its parent's end": ["INSERT INTO c VALUES (1, 5)", `DELETE FROM "P x" WHERE id = 5`, "40001"],
  "a parent's end, and its child": [`DELETE FROM "P x" WHERE id = 5`, "INSERT INTO c VALUES (1, 5)", "40001"],
  "a child that moves": ["INSERT INTO c VALUES (1, 5)", `UPDATE "P x" SET id = 50 WHERE id = 5`, "40001"],
  "by another key": [
    "INSERT INTO c VALUES (1, NULL, 'k5')",
    `UPDATE "P x" SET code = 'other' WHERE id = 5`,
    "40001",
  ],
  "many children": [
    "INSERT INTO c SELECT i, i % 9 FROM range(5000) AS r(i)",
    `DELETE FROM "P x" WHERE id = 8`,
    "40001",
  ],
  "a child of a parent whose end others follow": [
    "INSERT INTO f VALUES (1, 5)",
    `DELETE FROM "P x" WHERE id = 5`,
    "40001",
  ],
  "everything is emptied": ["INSERT INTO c VALUES (1, 5)", `TRUNCATE "P x" CASCADE`, "40001"],
  "another parent": ["INSERT INTO c VALUES (1, 5)", `DELETE FROM "P x" WHERE id = 6`, "ok"],
  "a parent whose key stays": [
    "INSERT INTO c VALUES (1, 5)",
    `UPDATE "P x" SET id = id, v = 1 WHERE id = 5`,
    "ok",
  ],
  "a child of nothing": ["INSERT INTO c VALUES (1, NULL)", `DELETE FROM "P x" WHERE id = 5`, "ok"],
  "a key that begins to hold behind a parent's end": [
    `DELETE FROM "P x" WHERE id = 5`,
    `ALTER TABLE f ADD FOREIGN KEY (id) REFERENCES "P x"`,
    "40001",
  ],
  "a new table with a child": [
    `DELETE FROM "P x" WHERE id = 5`,
    `CREATE TABLE fresh (id int REFERENCES "P x"); INSERT INTO fresh VALUES (5)`,
    "40001",
  ],
  "a key that begins to hold": [
    `ALTER TABLE f ADD FOREIGN KEY (id) REFERENCES "P x"`,
    `DELETE FROM "P x" WHERE id = 5`,
    "40001",
  ],
};

const CASES = Object.entries(RACES).flatMap(([name, race]) =>
  ["main", "main/b", "main/bb"].map((head) => [name, head, ...race] as const),
);

test.each(CASES)("%s, on %s", async (_, head, one, other, end) => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(TABLES);
  const [first, second] = [await open.session(head), await open.session(head)];
  for (const session of [first, second]) await session.query(`BEGIN; SELECT count(*) FROM "P x"`);
  await first.query(one);
  // It may wait for a table that the first one writes.
  const begun = second.outcome(other);
  await first.query("COMMIT");
  const outcome = await begun;
  expect(outcome === "ok" ? await second.outcome("COMMIT") : outcome).toBe(end);
  await second.query("ROLLBACK");
  expect(await first.query(ORPHANS)).toEqual([[0]]);
});

test("a statement alone is run again, and then sees what it may not do", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(TABLES);
  const sessions = await Promise.all(Array.from({ length: 6 }, async () => await open.session()));
  for (let round = 0; round < 10; round++) {
    const outcomes = await Promise.all(
      sessions.map(async (session, at) =>
        at % 2 === 0
          ? await session.outcome(`INSERT INTO c VALUES (${at}, ${round})`)
          : await session.outcome(`DELETE FROM "P x" WHERE id = ${round}`),
      ),
    );
    expect(outcomes.filter((outcome) => outcome !== "ok" && outcome !== "23503")).toEqual([]);
    expect(await main.query(ORPHANS)).toEqual([[0]]);
  }
});
