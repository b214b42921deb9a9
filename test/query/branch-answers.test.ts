/** What a client is told of a branch statement's columns before it runs is what it answers with. */
import { expect, test } from "vitest";
import { startTestApp } from "../cli/test-app.js";
import { connectPg } from "../cli/pg-client.js";

const STATEMENTS = [
  "SHOW BRANCHES",
  "DESCRIBE BRANCH b",
  "SELECT * FROM branch_describe('b')",
  "SELECT * FROM branch_list()",
  "SELECT * FROM branch_create('c', ttl => '2 days')",
  "SHOW EXPIRING BRANCHES",
  "SHOW EXPIRING BRANCHES WITHIN '3 days' OFFSET 0 LIMIT 1",
  "SELECT * FROM branch_list(limit => 1, offset => 1)",
  "SELECT * FROM branch_expiring('3 days')",
  "SELECT * FROM current_branch()",
  "DIFF BRANCH b",
  "DIFF BRANCH b TABLE t",
  "EXPLAIN MERGE BRANCH b",
  "MERGE BRANCH main INTO b",
  "MERGE BRANCH b USING manual",
  "SELECT * FROM branch_abandon((SELECT merge_id FROM duckbranch.merges WHERE status = 'conflicted'))",
  "SELECT * FROM branch_rename('c', 'd')",
  "SELECT * FROM branch_protect('b')",
  "SELECT * FROM branch_discard('d')",
  "SELECT * FROM branch_undelete('d', 'e')",
];

/** Others are only asked for as many values as they have columns. */
const REPEATABLE =
  /^(SHOW|DESCRIBE|DIFF|EXPLAIN|SELECT \* FROM (branch_describe|branch_list|branch_expiring|current_branch))/;

test("every statement is described as it answers", async () => {
  await using app = await startTestApp();
  await using main = await connectPg(app.address);
  for (const sql of [
    "CREATE TABLE t (id int PRIMARY KEY, v int)",
    "INSERT INTO t VALUES (1, 1)",
    "CREATE BRANCH b",
  ])
    await main.rows(sql);
  await using branch = await connectPg(app.address, "main/b");
  await branch.rows("UPDATE t SET v = 2");
  const told: Record<string, unknown> = {};
  const answered: Record<string, unknown> = {};
  for (const [index, text] of STATEMENTS.entries()) {
    if (text.startsWith("MERGE BRANCH b")) await main.rows("UPDATE t SET v = 3");
    const id = text.includes("(SELECT merge_id")
      ? String(await main.value("SELECT merge_id FROM duckbranch.merges WHERE status = 'conflicted'"))
      : "";
    const sql = text.replace(/\(SELECT merge_id.*\)\)$/, `'${id}')`);
    const result = await main.pg.query<Record<string, unknown>>({ name: `s${index}`, text: sql });
    expect(result.rows.length, text).toBeGreaterThan(0);
    if (!REPEATABLE.test(text)) continue;
    told[text] = result.fields.map(({ name }) => name);
    // Without asking before: the columns are those of the rows.
    answered[text] = (await main.pg.query(sql)).fields.map(({ name }) => name);
  }
  expect(told).toEqual(answered);
});
