import { beforeAll, describe, expect, test } from "vitest";
import type { SessionStatement } from "../../src/sql/analysis.js";
import type { BranchCommand } from "../../src/sql/branch-command.js";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";

const analyser = createAnalyser({ cacheSize: 0, maxCachedTextBytes: 0 });
beforeAll(loadParser);

const value = (text: string | null) => ({ kind: "value", value: text });
const parameter = (index: number) => ({ kind: "parameter", index });

const NO_MODES = { access: undefined, isolation: undefined, deferrable: undefined };

describe("session statements", () => {
  test.each<[string, SessionStatement]>([
    ["BEGIN", { verb: "begin", tag: "BEGIN", modes: NO_MODES }],
    [
      "begin work isolation level repeatable read, read only not deferrable",
      {
        verb: "begin",
        tag: "BEGIN",
        modes: { access: "read only", isolation: "repeatable read", deferrable: false },
      },
    ],
    [
      "START TRANSACTION READ WRITE",
      { verb: "begin", tag: "START TRANSACTION", modes: { ...NO_MODES, access: "read write" } },
    ],
    ["COMMIT AND CHAIN", { verb: "commit", chain: true }],
    ["END TRANSACTION AND NO CHAIN", { verb: "commit", chain: false }],
    ["ABORT", { verb: "rollback", chain: false }],
    ['ROLLBACK WORK TO SAVEPOINT "S"', { verb: "rollbackTo", name: "S" }],
    ["ROLLBACK TO s", { verb: "rollbackTo", name: "s" }],
    ["SAVEPOINT savepoint", { verb: "savepoint", name: "savepoint" }],
    ["RELEASE s", { verb: "releaseSavepoint", name: "s" }],
    ["SET a.b = 'X'", { verb: "set", name: "a.b", values: ["X"], local: false }],
    ["SET LOCAL x TO -1.5", { verb: "set", name: "x", values: ["-1.5"], local: true }],
    [
      "SET SESSION search_path TO a, \"B\", 'c, d'",
      { verb: "set", name: "search_path", values: ["a", "B", "c, d"], local: false },
    ],
    ["SET x TO DEFAULT", { verb: "set", name: "x", values: "default", local: false }],
    ["SET branch = 'fix-1'", { verb: "set", name: "branch", values: ["fix-1"], local: false }],
    [
      "SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE",
      { verb: "set", name: "timezone", values: ["INTERVAL '-08:00'"], local: false },
    ],
    ["SET LOCAL TIME ZONE LOCAL", { verb: "set", name: "timezone", values: "default", local: true }],
    ["SET NAMES 'UTF8'", { verb: "set", name: "client_encoding", values: ["UTF8"], local: false }],
    ["SET SCHEMA 'a'", { verb: "set", name: "search_path", values: ["a"], local: false }],
    ["SET schema = 'a'", { verb: "set", name: "schema", values: ["a"], local: false }],
    ["SET ROLE NONE", { verb: "set", name: "role", values: ["none"], local: false }],
    [
      "SET SESSION AUTHORIZATION DEFAULT",
      { verb: "set", name: "session_authorization", values: "default", local: false },
    ],
    ["SET TRANSACTION READ ONLY", { verb: "setTransaction", modes: { ...NO_MODES, access: "read only" } }],
    [
      "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
      { verb: "setTransactionDefaults", modes: { ...NO_MODES, access: "read only" } },
    ],
    ["SET CONSTRAINTS ALL DEFERRED", { verb: "setConstraints", names: [], deferred: true }],
    ["SET CONSTRAINTS a, s.b IMMEDIATE", { verb: "setConstraints", names: ["a", "b"], deferred: false }],
    ["SHOW TABLES", { verb: "show", name: "tables" }],
    ["SHOW branch", { verb: "show", name: "branch" }],
    ["SHOW TRANSACTION ISOLATION LEVEL", { verb: "show", name: "transaction_isolation" }],
    ["RESET TIME ZONE", { verb: "reset", name: "timezone" }],
    ["RESET ALL", { verb: "reset", name: "all" }],
    ["DISCARD TEMPORARY", { verb: "discard", what: "temp" }],
    [
      "PREPARE p (int, numeric(10, 2)) AS SELECT $1, ';'",
      {
        verb: "prepare",
        name: "p",
        typeNames: ["int", "numeric(10, 2)"],
        body: "SELECT $1, ';'",
        text: "PREPARE p (int, numeric(10, 2)) AS SELECT $1, ';'",
      },
    ],
    ["EXECUTE p (1, f('a, b'))", { verb: "execute", name: "p", argumentTexts: ["1", "f('a, b')"] }],
    ["DEALLOCATE PREPARE ALL", { verb: "deallocate", name: undefined }],
    ["DEALLOCATE prepare", { verb: "deallocate", name: "prepare" }],
    ["UNLISTEN *", { verb: "unlisten", channel: "*", payload: "" }],
    ["NOTIFY c, 'x'", { verb: "notify", channel: "c", payload: "x" }],
    ["CLOSE ALL", { verb: "closeCursor", name: undefined }],
    ["VACUUM (ANALYZE) t", { verb: "maintenance", tag: "VACUUM", relations: [["t"]], outsideBlock: true }],
    ["LOCK TABLE t IN SHARE MODE", { verb: "lock", relations: [["t"]], mode: "share", nowait: false }],
    [
      'FETCH FORWARD 10 FROM "C"',
      { verb: "fetch", name: "C", motion: { kind: "relative", count: 10, through: true }, move: false },
    ],
    [
      "MOVE RELATIVE -2 IN c",
      { verb: "fetch", name: "c", motion: { kind: "relative", count: -2, through: false }, move: true },
    ],
    [
      "FETCH next",
      { verb: "fetch", name: "next", motion: { kind: "relative", count: 1, through: true }, move: false },
    ],
    ["FETCH LAST c", { verb: "fetch", name: "c", motion: { kind: "absolute", count: -1 }, move: false }],
  ])("%s", async (sql, statement) => {
    expect(await analyser.analyse(sql)).toEqual([{ kind: "session", text: sql, statement }]);
  });

  test.each([
    "SET x",
    "SET x =",
    "SET x = 1 2",
    "SET x = [1]",
    "BEGIN READ",
    "BEGIN READ ONLY,",
    "EXECUTE p (1, )",
    "PREPARE p AS",
    "SHOW",
    "DISCARD",
    "SET TRANSACTION",
    "COMMIT CHAIN",
  ])("%s is a syntax error", async (sql) => {
    await expect(analyser.analyse(sql)).rejects.toMatchObject({ code: "42601" });
  });
});

async function command(sql: string): Promise<BranchCommand> {
  const [analysis] = await analyser.analyse(sql);
  if (analysis?.kind !== "branch") throw new Error(`${sql} was read as ${JSON.stringify(analysis)}`);
  return analysis.command;
}

describe("branch statements", () => {
  test.each<[string, object]>([
    [
      "CREATE BRANCH fix",
      { verb: "create", name: value("fix"), parent: undefined, ifNotExists: false, options: [] },
    ],
    [
      "create branch if not exists \"Fix 1\" from 'other-one' with (description 'it''s', ttl = '24 hours', isolation => live)",
      {
        verb: "create",
        name: value("Fix 1"),
        parent: value("other-one"),
        ifNotExists: true,
        options: [
          { name: "description", value: value("it's") },
          { name: "ttl", value: value("24 hours") },
          { name: "isolation", value: value("live") },
        ],
      },
    ],
    ["USE BRANCH Main", { verb: "use", name: value("main") }],
    ["SHOW BRANCHES", { verb: "list", page: { limit: undefined, offset: undefined } }],
    ["DESCRIBE BRANCH 'a'", { verb: "describe", name: value("a") }],
    [
      'DIFF BRANCH a AGAINST b TABLE public."T"',
      { verb: "diff", name: value("a"), against: value("b"), table: ["public", "T"] },
    ],
    [
      "MERGE BRANCH a",
      { verb: "merge", name: value("a"), into: undefined, strategy: undefined, exceptions: [], options: [] },
    ],
    [
      "EXPLAIN MERGE BRANCH a INTO b USING branch_wins EXCEPT main_wins FOR t, s.u, EXCEPT manual FOR v WITH (granularity 'row')",
      {
        verb: "explainMerge",
        name: value("a"),
        into: value("b"),
        strategy: value("branch_wins"),
        exceptions: [
          { table: ["t"], strategy: value("main_wins") },
          { table: ["s", "u"], strategy: value("main_wins") },
          { table: ["v"], strategy: value("manual") },
        ],
        options: [{ name: "granularity", value: value("row") }],
      },
    ],
    [
      "MERGE BRANCH a EXCEPT branch_wins FOR SCHEMA app, COLUMN s.t.c, schema, EXCEPT abort FOR column",
      {
        verb: "merge",
        name: value("a"),
        into: undefined,
        strategy: undefined,
        exceptions: [
          { table: ["app"], strategy: value("branch_wins"), of: "schema" },
          { table: ["s", "t", "c"], strategy: value("branch_wins"), of: "column" },
          { table: ["schema"], strategy: value("branch_wins") },
          { table: ["column"], strategy: value("abort") },
        ],
        options: [],
      },
    ],
    [
      "RESOLVE MERGE 6f1c-2b WITH (products 'branch_wins', public.customers = 'main_wins')",
      {
        verb: "resolve",
        mergeId: value("6f1c-2b"),
        resolutionsJson: undefined,
        resolutions: [
          { table: ["products"], strategy: value("branch_wins") },
          { table: ["public", "customers"], strategy: value("main_wins") },
        ],
      },
    ],
    ["ABANDON MERGE 12", { verb: "abandon", mergeId: value("12") }],
    ["UNDO MERGE 'm-1'", { verb: "undo", mergeId: value("m-1") }],
    [
      "ALTER BRANCH a SET (ttl 5)",
      { verb: "alterSet", name: value("a"), options: [{ name: "ttl", value: value("5") }] },
    ],
    ["ALTER BRANCH a RENAME TO b", { verb: "rename", name: value("a"), newName: value("b") }],
    ["ALTER BRANCH a PROTECT", { verb: "protect", name: value("a") }],
    [
      "DROP BRANCH IF EXISTS a CASCADE",
      { verb: "drop", name: value("a"), ifExists: true, cascade: true, immediate: false },
    ],
    [
      "DISCARD BRANCH a IMMEDIATE",
      { verb: "drop", name: value("a"), ifExists: false, cascade: false, immediate: true },
    ],
    ["UNDELETE BRANCH a", { verb: "undelete", name: value("a"), newName: undefined, options: [] }],
    [
      `UNDELETE BRANCH "0a1b" AS "B" WITH (ttl '1 h')`,
      {
        verb: "undelete",
        name: value("0a1b"),
        newName: value("B"),
        options: [{ name: "ttl", value: value("1 h") }],
      },
    ],
  ])("%s", async (sql, expected) => {
    expect(await command(sql)).toEqual({ shape: "statement", functionName: undefined, ...expected });
  });

  test.each([
    "CREATE BRANCH",
    "CREATE BRANCH a-b",
    "CREATE BRANCH a WITH ()",
    "CREATE BRANCH a WITH (ttl '1', ttl '2')",
    "MERGE BRANCH a USING",
    "MERGE BRANCH a EXCEPT x",
    "RESOLVE MERGE 1 WITH (t)",
    "ALTER BRANCH a",
    "USE BRANCH a b",
  ])("%s is a syntax error with a position", async (sql) => {
    await expect(analyser.analyse(sql)).rejects.toMatchObject({
      code: "42601",
      position: expect.any(Number),
    });
  });

  test("MERGE INTO is SQL, and DESCRIBE branch describes a table", async () => {
    expect(
      await analyser.analyse("MERGE INTO branch USING a ON true WHEN MATCHED THEN DELETE"),
    ).toMatchObject([{ verb: "merge" }]);
    expect(await analyser.analyse("DESCRIBE branch")).toMatchObject([
      { kind: "relational", names: [{ parts: ["branch"] }] },
    ]);
  });
});

describe("branch functions", () => {
  test.each<[string, object]>([
    [
      "SELECT branch_create('fix')",
      { shape: "scalar", functionName: "branch_create", verb: "create", name: value("fix"), options: [] },
    ],
    [
      "SELECT * FROM hati_branch_create($1, agent_id => 'bot', ttl_hours := 24, from => 'dev') AS b",
      {
        shape: "relation",
        verb: "create",
        name: parameter(1),
        parent: value("dev"),
        options: [
          { name: "agent", value: value("bot") },
          { name: "ttl_hours", value: value("24") },
        ],
      },
    ],
    [
      "SELECT branch_create($1::text, NULL, 'bot') AS id",
      { functionName: "id", options: [{ name: "agent", value: value("bot") }] },
    ],
    ["SELECT current_branch()", { verb: "current", shape: "scalar", functionName: "current_branch" }],
    ["SELECT * FROM branch_list()", { verb: "list", shape: "relation" }],
    ["SELECT * FROM branch_diff('a', 'b', 's.t')", { verb: "diff", against: value("b"), table: ["s", "t"] }],
    ["SELECT hati_branch_merge('x', 'main')", { verb: "merge", into: value("main"), strategy: undefined }],
    [
      "SELECT branch_merge('x', 'Branch_Wins')",
      { verb: "merge", into: undefined, strategy: value("Branch_Wins") },
    ],
    ["SELECT branch_merge('x', strategy => $2)", { verb: "merge", strategy: parameter(2) }],
    [
      "SELECT * FROM branch_merge_explain('x', 'main', 'abort')",
      { verb: "explainMerge", into: value("main"), strategy: value("abort") },
    ],
    [
      "SELECT branch_resolve('m', '{\"t\": \"main_wins\"}')",
      { verb: "resolve", mergeId: value("m"), resolutionsJson: value('{"t": "main_wins"}') },
    ],
    ["SELECT branch_undo(12)", { verb: "undo", mergeId: value("12") }],
    ["SELECT branch_discard('a')", { verb: "drop", ifExists: false }],
  ])("%s", async (sql, expected) => {
    expect(await command(sql)).toMatchObject(expected);
  });

  test.each([
    ["SELECT branch_create()", "22023"],
    ["SELECT branch_use('a', 'b')", "42883"],
    ["SELECT branch_create('a', colour => 'red')", "42883"],
    ["SELECT branch_merge('a', $1)", "42883"],
    ["SELECT branch_merge('a', 'abort', strategy => 'manual')", "42883"],
    ["SELECT 1, branch_create('a')", "0A000"],
    ["SELECT * FROM branch_list() WHERE true", "0A000"],
  ])("%s is refused with %s", async (sql, code) => {
    expect(await analyser.analyse(sql)).toMatchObject([{ kind: "refused", error: { code } }]);
  });

  test("current_branch() inside a query stays a function reference for the resolver", async () => {
    expect(await analyser.analyse("SELECT id, current_branch() FROM t")).toMatchObject([
      {
        kind: "relational",
        certain: true,
        names: [{ role: "function", parts: ["current_branch"], start: 11, end: 25 }, {}],
      },
    ]);
  });
});
