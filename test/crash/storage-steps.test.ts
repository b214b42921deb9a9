/**
 * The program dies at every step of a first write, of what main keeps for its branches, of a promotion and of a branch's end:
 * opened again, every head is as before or as after, nothing lies about that nobody reads, and main's tables are plain
 * tables of the file.
 */
import { copyFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Garbage } from "../../src/branch/garbage.js";
import { sweepExpired } from "../../src/branch/lifecycle.js";
import { MAIN, tablesOf } from "../../src/branch/model.js";
import { releaseOverdue } from "../../src/branch/release-overdue.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { World } from "../support/world.js";
import { statesDuring, tornStates, type FileState } from "./file-states.js";
import { seededRandom } from "./random.js";

/** More than one row group: what fills one goes to the file before its commit. */
const ROWS = 130_000;
const DAY_LATER = Date.now() + 86_400_000;
const CONTENT = "SELECT count(*)::int, sum(v)::bigint::text, bit_xor(hash(id, v, w))::text FROM t";
/** What no overlay and no log can name the rows of. */
const ANY_ROWS = "UPDATE t SET v = v + 1 WHERE random() < 2";

type Statement = readonly [head: string, sql: string];

interface Change {
  readonly prepared: readonly (Statement | "checkpoint")[];
  readonly work: Statement | "sweep";
}

const FIRST_WRITE: Statement = ["main/b", "UPDATE t SET v = -1 WHERE id = 7"];
const OTHER_COLUMN: Statement = ["main/b", "ALTER TABLE t DROP COLUMN w, ADD COLUMN w text DEFAULT 'x'"];
const ADDED_COLUMN: Statement = [
  "main/b",
  "ALTER TABLE t ADD COLUMN x int DEFAULT 5; UPDATE t SET v = -1 WHERE id BETWEEN 15 AND 25",
];
const LOGGED: Statement = ["main", "UPDATE t SET v = -2 WHERE id < 20"];

const CHANGES: Readonly<Record<string, Change>> = {
  "a branch's first write": { prepared: [["main", "CREATE BRANCH b"]], work: FIRST_WRITE },
  "a first write on a table that main logs": {
    prepared: [["main", "CREATE BRANCH b"], LOGGED],
    work: FIRST_WRITE,
  },
  "a first write of a branch whose parent has an overlay": {
    prepared: [
      ["main", "CREATE BRANCH a"],
      ["main/a", "DELETE FROM t WHERE id = 1; CREATE BRANCH b"],
    ],
    work: FIRST_WRITE,
  },
  "the first rows of a log": { prepared: [["main", "CREATE BRANCH b"]], work: LOGGED },
  "more rows of a log, with a later pin": {
    prepared: [["main", "CREATE BRANCH b"], LOGGED, ["main", "CREATE BRANCH c"]],
    work: ["main", "UPDATE t SET v = -3 WHERE id < 30"],
  },
  "a copy for a pin": { prepared: [["main", "CREATE BRANCH b"]], work: ["main", ANY_ROWS] },
  "a copy behind a log, beneath an overlay": {
    prepared: [["main", "CREATE BRANCH b"], LOGGED, FIRST_WRITE, ["main", "CREATE BRANCH c"]],
    work: ["main", ANY_ROWS],
  },
  "a copy of an overlay that a child reads": {
    prepared: [["main", "CREATE BRANCH b"], FIRST_WRITE, ["main/b", "CREATE BRANCH c"]],
    work: ["main/b", "DELETE FROM t WHERE id = 8"],
  },
  "a promotion": { prepared: [["main", "CREATE BRANCH b"], FIRST_WRITE], work: ["main/b", ANY_ROWS] },
  "columns changed on a branch": { prepared: [["main", "CREATE BRANCH b"], LOGGED], work: OTHER_COLUMN },
  "columns changed of an overlay that a child reads": {
    prepared: [["main", "CREATE BRANCH b"], FIRST_WRITE, ["main/b", "CREATE BRANCH c"]],
    work: OTHER_COLUMN,
  },
  "the end of a branch with an overlay and a log": {
    prepared: [["main", "CREATE BRANCH b"], LOGGED, FIRST_WRITE, ["main", "CREATE BRANCH c"], LOGGED],
    work: ["main", "DROP BRANCH b"],
  },
  "the end of the only branch that read a copy": {
    prepared: [["main", "CREATE BRANCH b"], FIRST_WRITE, ["main", ANY_ROWS]],
    work: ["main", "DROP BRANCH b"],
  },
  "the end of a branch whose table was altered before the last checkpoint": {
    prepared: [
      ["main", "CREATE BRANCH b"],
      ["main/b", `${ANY_ROWS}; ALTER TABLE t ADD COLUMN x int`],
      "checkpoint",
    ],
    work: ["main", "DROP BRANCH b"],
  },
  "MERGE INTO of a branch": {
    prepared: [["main", "CREATE BRANCH b"]],
    work: [
      "main/b",
      "MERGE INTO t USING (VALUES (7), (-7)) AS s (id) ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 1)",
    ],
  },
  "the first rows of a log of a branch's own table": {
    prepared: [
      ["main", "CREATE BRANCH a"],
      ["main/a", `${ANY_ROWS}; CREATE BRANCH b`],
    ],
    work: ["main/a", "DELETE FROM t WHERE id < 20"],
  },
  "a branch being brought up to date, with one that was made from it": {
    prepared: [
      ["main", "CREATE BRANCH b"],
      FIRST_WRITE,
      ["main/b", "CREATE BRANCH c"],
      LOGGED,
      ["main", "DELETE FROM t WHERE id = 9"],
    ],
    work: ["main", "MERGE BRANCH main INTO b USING branch_wins"],
  },
  "a branch going back to what it was before that": {
    prepared: [
      ["main", "CREATE BRANCH b"],
      FIRST_WRITE,
      LOGGED,
      ["main", "DELETE FROM t WHERE id = 9; MERGE BRANCH main INTO b USING branch_wins"],
      ["main/b", "UPDATE t SET v = -3 WHERE id = 77; CREATE BRANCH c"],
    ],
    work: ["main", "UNDO MERGE $MERGE"],
  },
  "a merge that adds a column": {
    prepared: [["main", "CREATE BRANCH b"], ADDED_COLUMN],
    work: ["main", "MERGE BRANCH b"],
  },
  "the undoing of a merge that added a column": {
    prepared: [["main", "CREATE BRANCH b"], ADDED_COLUMN, ["main", `MERGE BRANCH b; ${LOGGED[1]}`]],
    work: ["main", "UNDO MERGE $MERGE USING main_wins"],
  },
  "a sweep": {
    prepared: [["main", "CREATE BRANCH b WITH (ttl '1 hour'); CREATE BRANCH c"], LOGGED, FIRST_WRITE],
    work: "sweep",
  },
};

let directory: TemporaryDirectory;
let filled: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  filled = directory.file("filled.db");
  await using world = await World.open(filled);
  await run(world, [
    "main",
    `CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, w text);
     INSERT INTO t SELECT i, i % 100, 'row ' || i FROM range(${ROWS}) r(i)`,
  ]);
});

afterAll(async () => await directory[Symbol.asyncDispose]());

/** `$MERGE` is the merge that can be undone. */
async function run(world: World, [head, sql]: Statement): Promise<void> {
  await using session = await world.connect(head);
  const [merge] = await session.query(
    "SELECT merge_id FROM duckbranch.merges WHERE status IN ('merged', 'undone')",
  );
  await session.query(sql.replace("$MERGE", String(merge?.[0])));
}

async function perform(world: World, work: Change["work"]): Promise<void> {
  if (work !== "sweep") await run(world, work);
  else expect(await sweepExpired(world.context, DAY_LATER, new AbortController().signal)).toEqual(["b"]);
}

/** Main and every branch that is there, with what its table holds. */
async function contents(world: World): Promise<Record<string, unknown>> {
  const branches = [...world.context.registry.state.branches.inUse()];
  const found: Record<string, unknown> = {};
  for (const head of ["main", ...branches.map(({ name }) => `main/${name}`)]) {
    await using session = await world.connect(head);
    found[head] = await session.query(CONTENT);
  }
  return found;
}

/** Tables of ours in the file that no version in the registry names, and the other way round. */
async function strayTables(world: World): Promise<string[]> {
  const { registry } = world.context;
  using connection = await registry.database.connect("data");
  const rows = await connection.rows(
    "SELECT schema_name || '.' || table_name AS name FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' OR schema_name LIKE 'branch\\_%' ESCAPE '\\'",
  );
  const there = new Set(rows.map(({ name }) => String(name)));
  const heads = [MAIN, ...registry.state.branches.keys()];
  const named = new Set(
    heads
      .flatMap((head) => registry.state.versionsOf(head).flatMap(tablesOf))
      .map(({ schema, name }) => `${schema}.${name}`)
      .filter((name) => name !== "main.t"),
  );
  return [...there].filter((name) => !named.has(name)).concat([...named].filter((name) => !there.has(name)));
}

/** Main's tables and content as any program with DuckDB finds them; the file and its log stay as they are. */
async function plainContent(path: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  try {
    const tables = await connection.runAndReadAll(
      "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'",
    );
    expect(tables.getRows()).toEqual([["t"]]);
    return (await connection.runAndReadAll(CONTENT)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Opens a file as it was left; does what was interrupted, and ends all branches. True when the work was done already. */
async function reopen({ path, step }: FileState, { work }: Change, expected: Expected): Promise<boolean> {
  const plain = await plainContent(path);
  await using world = await World.open(path);
  const found = await contents(world);
  expect([expected.before, expected.after], step).toContainEqual(found);
  expect(plain, step).toEqual(found["main"]);
  expect(await strayTables(world), step).toEqual([]);
  const isDone = JSON.stringify(found) === JSON.stringify(expected.after);
  if (!isDone) await perform(world, work);
  expect(await contents(world), step).toEqual(expected.after);
  await endAllBranches(world);
  expect(await strayTables(world), step).toEqual([]);
  expect(world.context.registry.state.versionsOf(MAIN), step).toHaveLength(1);
  return isDone;
}

interface Expected {
  readonly before: unknown;
  readonly after: unknown;
}

async function endAllBranches(world: World): Promise<void> {
  const branches = [...world.context.registry.state.branches.inUse()];
  for (const { name } of branches.toReversed()) await run(world, ["main", `DROP BRANCH ${name}`]);
  await releaseOverdue(world.context, Number.POSITIVE_INFINITY, new AbortController().signal);
}

/** The file's states while the work is done, and what all heads hold before and after it. */
async function record(
  name: string,
  { prepared, work }: Change,
): Promise<{ states: FileState[]; expected: Expected }> {
  const file = directory.file(`${name}.db`);
  await copyFile(filled, file);
  await using world = await World.open(file);
  for (const step of prepared) {
    if (step === "checkpoint") await world.context.registry.database.checkpoint();
    else await run(world, step);
  }
  const before = await contents(world);
  const { states, statements } = await statesDuring(
    file,
    (n) => directory.file(`${name}-${n}.db`),
    async () => await perform(world, work),
  );
  const after = await contents(world);
  expect(after).not.toEqual(before);
  process.stdout.write(`${name}: ${statements} statements, ${states.length} states of the file\n`);
  return { states, expected: { before, after } };
}

describe("the program dies during", () => {
  test.each(Object.entries(CHANGES))("%s", { timeout: 120_000 }, async (name, change) => {
    const { states, expected } = await record(name, change);
    const done: boolean[] = [];
    for (const state of states) done.push(await reopen(state, change, expected));
    // Only the last thing that reaches the file does the work.
    expect(done).toEqual(states.map((_, n) => n === states.length - 1));
    for (const torn of await tornStates(states, seededRandom())) await reopen(torn, change, expected);
  });

  test("the trimming of a log: every branch reads the same throughout", { timeout: 120_000 }, async () => {
    const prepared: readonly Statement[] = [
      ["main", "CREATE BRANCH b"],
      LOGGED,
      ["main", "CREATE BRANCH c"],
      ["main", "UPDATE t SET v = -3 WHERE id < 30"],
      ["main", "CREATE BRANCH d"],
      ["main", "UPDATE t SET v = -4 WHERE id < 40; DROP BRANCH c"],
    ];
    const { states, contents: held } = await recordTrimming(prepared);
    expect(states.length).toBeGreaterThan(1);
    const left: number[] = [];
    for (const { path, step } of [...states, ...(await tornStates(states, seededRandom()))]) {
      await using world = await World.open(path);
      left.push(await new Garbage(world.context).remove(new AbortController().signal));
      expect(await contents(world), step).toEqual(held);
      expect(await strayTables(world), step).toEqual([]);
    }
    // All of them or none: ten rows were changed for the first time while only the branch that ended read them.
    expect(new Set(left)).toEqual(new Set([20, 0]));
  });
});

async function recordTrimming(
  prepared: readonly Statement[],
): Promise<{ readonly states: FileState[]; readonly contents: unknown }> {
  const file = directory.file("trimmed.db");
  await copyFile(filled, file);
  await using world = await World.open(file);
  for (const statement of prepared) await run(world, statement);
  const { states } = await statesDuring(
    file,
    (n) => directory.file(`trimmed-${n}.db`),
    async () => await new Garbage(world.context).remove(new AbortController().signal),
  );
  return { states, contents: await contents(world) };
}
