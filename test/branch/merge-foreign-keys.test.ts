/** Foreign keys that a branch declares, changes and leans on, in merges, in bringing a branch up to date, and undone. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const KEYS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1";
const ORPHANS = `SELECT count(*)::int FROM c WHERE pid NOT IN (SELECT id FROM "P x")`;

async function family(
  extra = "",
): Promise<OpenWorld & { readonly [Symbol.asyncDispose]: () => Promise<void> }> {
  const open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE "P x" (id int PRIMARY KEY, v int); CREATE TABLE c (id int PRIMARY KEY, pid int, n text);
    INSERT INTO "P x" VALUES (1, 0), (2, 0), (3, 0); INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL); ${extra}; CREATE BRANCH b; CREATE BRANCH x`);
  return open;
}

test("a key declared on a branch comes to main with the merge, where all rows have to keep it, and goes with its undoing", async () => {
  await using open = await family();
  const [main, b] = [await open.session(), await open.session("main/b")];
  await b.query(`ALTER TABLE c ADD CONSTRAINT "it's" FOREIGN KEY (pid) REFERENCES "P x" ON DELETE SET NULL`);
  expect(await b.outcome("INSERT INTO c VALUES (9, 9)")).toBe("23503");
  await main.query("INSERT INTO c VALUES (4, 7)");
  expect(await main.outcome("MERGE BRANCH b")).toBe("23503");
  expect((await main.query("EXPLAIN MERGE BRANCH b")).map(String).join()).toContain("Key (pid)=(7)");
  await main.query("UPDATE c SET pid = 3 WHERE id = 4");
  const [merged] = await main.query("MERGE BRANCH b");
  expect(await main.query(KEYS)).toEqual([
    ["it's", 'FOREIGN KEY (pid) REFERENCES "P x"(id) ON DELETE SET NULL'],
  ]);
  expect(await main.outcome("INSERT INTO c VALUES (9, 9)")).toBe("23503");
  await main.query(`DELETE FROM "P x" WHERE id = 3`);
  expect(await main.query("SELECT pid FROM c WHERE id = 4")).toEqual([[null]]);
  await main.query(`UNDO MERGE '${String(merged?.[1])}'`);
  expect(await main.query(KEYS)).toEqual([]);
  expect(await main.outcome("INSERT INTO c VALUES (9, 9)")).toBe("ok");
});

test("a new table with a key, and one whose parent got another name", async () => {
  await using open = await family(`ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES "P x" ON UPDATE CASCADE`);
  const [main, b, x] = [await open.session(), await open.session("main/b"), await open.session("main/x")];
  await b.query(`CREATE SCHEMA s; CREATE TABLE s.late (id int PRIMARY KEY, c int REFERENCES c DEFERRABLE INITIALLY DEFERRED);
    BEGIN; INSERT INTO s.late VALUES (1, 50); INSERT INTO c VALUES (50, 3); COMMIT; UPDATE "P x" SET id = 30 WHERE id = 3`);
  await main.query("MERGE BRANCH b");
  expect(await main.query("SELECT l.id, pid FROM s.late AS l JOIN c ON c.id = l.c")).toEqual([[1, 30]]);
  expect(await main.outcome("DELETE FROM c WHERE id = 50")).toBe("23503");
  await x.query(
    `ALTER TABLE "P x" RENAME TO parents; ALTER TABLE parents RENAME COLUMN id TO number; INSERT INTO parents VALUES (8, 8); INSERT INTO c VALUES (8, 8)`,
  );
  expect(await x.outcome("DELETE FROM parents WHERE number = 8")).toBe("23503");
  expect(await main.outcome("MERGE BRANCH x")).toMatch(/ok|0A000|40002/);
});

test("what a branch leaves without its row is told, and mended", async () => {
  await using open = await family(`ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES "P x" ON DELETE CASCADE`);
  const [main, b] = [await open.session(), await open.session("main/b")];
  await b.query(`DELETE FROM "P x" WHERE id = 1`);
  expect(await b.query("SELECT id FROM c ORDER BY 1")).toEqual([[2], [3]]);
  await main.query("INSERT INTO c VALUES (7, 1)");
  for (const strategy of ["branch_wins", "main_wins"])
    expect(await main.outcome(`MERGE BRANCH b USING ${strategy}`)).toBe("23503");
  expect(await main.query(ORPHANS)).toEqual([[0]]);
  expect(await b.outcome("MERGE BRANCH main INTO b")).toBe("23503");
  await main.query("UPDATE c SET pid = 2 WHERE id = 7");
  await main.query("MERGE BRANCH b");
  expect(await main.query("SELECT id, pid FROM c ORDER BY 1")).toEqual([
    [2, 2],
    [3, null],
    [7, 2],
  ]);
});

test("a branch that is brought up to date keeps its keys: parents that went, children that came", async () => {
  await using open = await family(`ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES "P x"`);
  const [main, b, x] = [await open.session(), await open.session("main/b"), await open.session("main/x")];
  await b.query("UPDATE c SET pid = 3 WHERE id = 3");
  await main.query(`DELETE FROM "P x" WHERE id = 3`);
  expect(await b.outcome("MERGE BRANCH main INTO b")).toBe("23503");
  await b.query("UPDATE c SET pid = 2 WHERE id = 3; MERGE BRANCH main INTO b");
  expect(await b.query(ORPHANS)).toEqual([[0]]);
  await x.query(`DELETE FROM c WHERE pid = 2; DELETE FROM "P x" WHERE id = 2`);
  await main.query("INSERT INTO c VALUES (70, 2)");
  expect(await x.outcome("MERGE BRANCH main INTO x")).toBe("23503");
  await main.query("DELETE FROM c WHERE id = 70");
  await x.query("MERGE BRANCH main INTO x");
  expect(await x.query(ORPHANS)).toEqual([[0]]);
});

test("into a branch, and rows without a key", async () => {
  await using open = await family(
    `CREATE TABLE k (code text UNIQUE, n int); CREATE TABLE bag (code text REFERENCES k (code)); INSERT INTO k VALUES ('a', 1), ('b', 2); INSERT INTO bag VALUES ('a')`,
  );
  const [main, b] = [await open.session(), await open.session("main/b")];
  await main.query("CREATE BRANCH child FROM b; CREATE BRANCH other FROM b");
  const [child, other] = [await open.session("main/child"), await open.session("main/other")];
  await child.query("DELETE FROM k WHERE code = 'b'");
  await other.query("INSERT INTO bag VALUES ('b')");
  await b.query("MERGE BRANCH other INTO b");
  expect(await b.outcome("MERGE BRANCH child INTO b")).toBe("23503");
  await b.query("DELETE FROM bag WHERE code = 'b'; MERGE BRANCH child INTO b");
  expect(await b.query("SELECT code FROM k")).toEqual([["a"]]);
  await main.query("INSERT INTO bag VALUES ('b')");
  expect(await main.outcome("MERGE BRANCH b")).toBe("23503");
  await main.query("DELETE FROM bag WHERE code = 'b'; MERGE BRANCH b");
  expect(await main.outcome("INSERT INTO bag VALUES ('b')")).toBe("23503");
});

test("a row that the branch adds, or leads elsewhere, while its parent goes on the target: told, and nothing is merged", async () => {
  await using open = await family(`ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES "P x"`);
  const [main, b, x] = [await open.session(), await open.session("main/b"), await open.session("main/x")];
  await b.query("INSERT INTO c VALUES (8, 3)");
  await x.query("UPDATE c SET pid = 3 WHERE id = 3");
  await main.query(`DELETE FROM "P x" WHERE id = 3`);
  const before = await main.query("SELECT * FROM c ORDER BY id");
  for (const branch of ["b", "x"])
    for (const strategy of ["abort", "branch_wins", "main_wins"])
      expect(await main.outcome(`MERGE BRANCH ${branch} USING ${strategy}`)).toBe("23503");
  expect(await main.query("SELECT * FROM c ORDER BY id")).toEqual(before);
  await main.query(`INSERT INTO "P x" VALUES (3, 9); MERGE BRANCH b; MERGE BRANCH x`);
  expect(await main.query(ORPHANS)).toEqual([[0]]);
});
