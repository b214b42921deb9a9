/** Which column is which is known through renames, whole copies and on main: tables of one branch, merged at once. */
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { SqlError } from "../../src/core/errors.js";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { Value } from "../support/world.js";

interface Case {
  readonly name: string;
  readonly source: string;
  readonly target?: string;
  readonly rows: Value[][];
  readonly columns: readonly string[];
}

/** `{t}` is a table of its own: (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'). */
const MERGED: readonly Case[] = [
  {
    name: "one added, one dropped, all rows changed",
    source:
      "ALTER TABLE {t} ADD COLUMN w int DEFAULT 5; ALTER TABLE {t} DROP COLUMN v; UPDATE {t} SET w = id; DELETE FROM {t} WHERE id = 2",
    target: "INSERT INTO {t} (id, note) VALUES (4, 'd')",
    columns: ["id", "note", "w"],
    rows: [
      [1, "a", 1],
      [3, "c", 3],
      [4, "d", 5],
    ],
  },
  {
    name: "one added with a key of its own, one dropped",
    source:
      "ALTER TABLE {t} ADD COLUMN w int UNIQUE; ALTER TABLE {t} DROP COLUMN v; UPDATE {t} SET w = 7 WHERE id = 2",
    target: "UPDATE {t} SET note = 'A' WHERE id = 1",
    columns: ["id", "note", "w"],
    rows: [
      [1, "A", null],
      [2, "b", 7],
      [3, "c", null],
    ],
  },
  {
    name: "one of another type, then one dropped and one added",
    source:
      "ALTER TABLE {t} ALTER COLUMN note TYPE varchar(10); ALTER TABLE {t} DROP COLUMN v; ALTER TABLE {t} ADD COLUMN w text; UPDATE {t} SET w = 'x' WHERE id = 1",
    target: "UPDATE {t} SET note = 'B' WHERE id = 2",
    columns: ["id", "note", "w"],
    rows: [
      [1, "a", "x"],
      [2, "B", null],
      [3, "c", null],
    ],
  },
  {
    name: "renamed, all rows changed",
    source:
      "UPDATE {t} SET note = note || '!'; ALTER TABLE {t} RENAME COLUMN v TO w; CREATE UNIQUE INDEX ON {t} (w)",
    columns: ["id", "w", "note"],
    rows: [
      [1, 10, "a!"],
      [2, 20, "b!"],
      [3, 30, "c!"],
    ],
  },
  {
    name: "names changed in a circle, in one transaction, beside a row of the target",
    source:
      "ALTER TABLE {t} ADD COLUMN x int UNIQUE; BEGIN; ALTER TABLE {t} RENAME COLUMN v TO y; ALTER TABLE {t} RENAME COLUMN x TO v; ALTER TABLE {t} RENAME COLUMN y TO x; COMMIT",
    target: "UPDATE {t} SET v = 33 WHERE id = 3",
    columns: ["id", "x", "note", "v"],
    rows: [
      [1, 10, "a", null],
      [2, 20, "b", null],
      [3, 33, "c", null],
    ],
  },
  {
    name: "renamed on the target",
    source: "UPDATE {t} SET v = 21 WHERE id = 2; INSERT INTO {t} VALUES (4, 40, 'd')",
    target: "ALTER TABLE {t} RENAME COLUMN v TO w; UPDATE {t} SET w = 11 WHERE id = 1",
    columns: ["id", "w", "note"],
    rows: [
      [1, 11, "a"],
      [2, 21, "b"],
      [3, 30, "c"],
      [4, 40, "d"],
    ],
  },
  {
    name: "one added and one dropped on the target, which was made anew",
    source: "UPDATE {t} SET note = 'B' WHERE id = 2",
    target:
      "ALTER TABLE {t} ADD COLUMN w int DEFAULT 5; ALTER TABLE {t} DROP COLUMN v; ALTER TABLE {t} ADD UNIQUE (note); UPDATE {t} SET w = 6 WHERE id = 1",
    columns: ["id", "note", "w"],
    rows: [
      [1, "a", 6],
      [2, "B", 5],
      [3, "c", 5],
    ],
  },
  {
    name: "renamed here, another one there",
    source: "ALTER TABLE {t} RENAME COLUMN note TO said; UPDATE {t} SET said = 'B', v = v WHERE id = 2",
    target: "ALTER TABLE {t} RENAME COLUMN v TO w; UPDATE {t} SET w = 11 WHERE id = 1",
    columns: ["id", "w", "said"],
    rows: [
      [1, 11, "a"],
      [2, 20, "B"],
      [3, 30, "c"],
    ],
  },
  {
    name: "the table renamed on the target, and a column in the same transaction",
    source: "UPDATE {t} SET v = 21 WHERE id = 2",
    target:
      "BEGIN; ALTER TABLE {t} RENAME TO {t}_; ALTER TABLE {t}_ RENAME COLUMN v TO w; COMMIT; ALTER TABLE {t}_ RENAME TO {t}",
    columns: ["id", "w", "note"],
    rows: [
      [1, 10, "a"],
      [2, 21, "b"],
      [3, 30, "c"],
    ],
  },
];

function named(sql: string, index: number): string {
  return sql.replaceAll("{t}", `t${index}`);
}

describe.each([false, true])("into a branch: %s", (onBranch) => {
  it("tells them apart", async () => {
    await using open = await OpenWorld.open();
    const before = MERGED.map((_, index) =>
      named(
        "CREATE TABLE {t} (id int PRIMARY KEY, v int, note text); INSERT INTO {t} VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')",
        index,
      ),
    );
    const { target, source } = await mergeHeads(open, before.join("; "), onBranch);
    for (const [index, { source: here, target: there = "" }] of MERGED.entries()) {
      await source.query(named(here, index));
      if (there !== "") await target.query(named(there, index));
    }
    await target.query("MERGE BRANCH b");
    for (const [index, { name, columns, rows }] of MERGED.entries()) {
      const table = `t${index}`;
      const found = await target.query(
        `SELECT column_name FROM information_schema.columns WHERE table_name = '${table}' ORDER BY ordinal_position`,
      );
      expect([name, found.map(([column]) => column)]).toEqual([name, columns]);
      expect([name, await target.query(`SELECT * FROM ${table} ORDER BY id`)]).toEqual([name, rows]);
    }
  });
});

test("a branch of a branch, two merges one after the other, and what main does between", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20); CREATE BRANCH one; CREATE BRANCH two",
  );
  const [one, two] = [await open.session("main/one"), await open.session("main/two")];
  await one.query(
    "ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t ADD COLUMN v text; UPDATE t SET v = 'new'",
  );
  await one.query("CREATE BRANCH three FROM one");
  const three = await open.session("main/three");
  await three.query("ALTER TABLE t RENAME COLUMN w TO z; UPDATE t SET z = z + 1");
  await two.query("UPDATE t SET v = 21 WHERE id = 2");
  await one.query("MERGE BRANCH three");
  await main.query("MERGE BRANCH one");
  await main.query("ALTER TABLE t RENAME COLUMN v TO text");
  // The column v of the second branch is main's z; it has not got the other one.
  expect(await main.outcome("MERGE BRANCH two")).toBe("40002");
  await main.query("MERGE BRANCH two USING branch_wins");
  expect(await main.query("SELECT id, z, text FROM t ORDER BY id")).toEqual([
    [1, 11, "new"],
    [2, 21, null],
  ]);
});

test("another session's rename under way, and one that is rolled back", async () => {
  await using open = await OpenWorld.open();
  const { target: main, source } = await mergeHeads(
    open,
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10)",
    false,
  );
  await source.query("BEGIN; ALTER TABLE t RENAME COLUMN v TO w; ROLLBACK; UPDATE t SET v = 11");
  await source.query("ALTER TABLE t ADD COLUMN IF NOT EXISTS v text; ALTER TABLE t DROP COLUMN IF EXISTS x");
  await main.query("BEGIN; ALTER TABLE t RENAME COLUMN v TO w; ROLLBACK");
  await main.query("MERGE BRANCH b");
  expect(await main.query("SELECT * FROM t")).toEqual([[1, 11]]);
});

const NAMES = ["a", "b", "c", "d", "e"];
const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("rename" as const), column: name, to: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), column: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("add" as const), column: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("whole" as const), column: name }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a column is, by its name: what all rows have in it. */
type Columns = ReadonlyMap<string, string>;

const BASE: Columns = new Map(NAMES.slice(0, 3).map((column, index) => [column, `${index}`]));

/** Undefined for what fails. A column that comes back under a name that was there is left out: it counts as the one that went. */
function after(columns: Columns, change: Step, value: string): Columns | undefined {
  const own = columns.get(change.column);
  const next = new Map(columns);
  if (change.kind === "add")
    return own === undefined && !BASE.has(change.column) ? next.set(change.column, value) : undefined;
  if (own === undefined) return undefined;
  if (change.kind === "whole") return next;
  next.delete(change.column);
  if (change.kind === "drop") return next;
  return columns.has(change.to) ? undefined : next.set(change.to, own);
}

function sqlOf(table: string, change: Step, value: string): string {
  switch (change.kind) {
    case "rename":
      return `ALTER TABLE ${table} RENAME COLUMN ${change.column} TO ${change.to}`;
    case "drop":
      return `ALTER TABLE ${table} DROP COLUMN ${change.column}`;
    case "add":
      return `ALTER TABLE ${table} ADD COLUMN ${change.column} text DEFAULT '${value}'`;
    case "whole":
      return `ALTER TABLE ${table} ALTER COLUMN ${change.column} TYPE text`;
    default:
      return change satisfies never;
  }
}

/** Undefined where the two contradict each other. */
function mergedColumns(here: Columns, there: Columns): Columns | undefined {
  const nameIn = (columns: Columns, value: string): string | undefined =>
    [...columns].find(([, other]) => other === value)?.[0];
  const found = [...BASE].flatMap(([was, value]): [string | undefined, string][] => {
    const [one, other] = [nameIn(here, value), nameIn(there, value)];
    // Dropped, or dropped and renamed, which is a contradiction.
    if (one === undefined || other === undefined)
      return [one, other].every((own) => own === undefined || own === was) ? [] : [[undefined, value]];
    if (one === was || one === other) return [[other, value]];
    return [[other === was ? one : undefined, value]];
  });
  const known = new Set(BASE.values());
  const added = [...there, ...here].filter(([, value]) => !known.has(value));
  const all = [...found, ...added];
  const names = new Set(all.map(([column]) => column));
  const isClear = names.size === all.length && !names.has(undefined);
  return isClear ? new Map(all.map(([column = "", value]) => [column, value])) : undefined;
}

const SEED = Number(process.env["COLUMNS_SEED"] ?? 3);
const TABLES = Number(process.env["COLUMNS_TABLES"] ?? 24);

test.each([false, true])(
  "random changes of columns on both sides; into a branch: %s",
  async (onBranch) => {
    await using open = await OpenWorld.open();
    const changes = fc.tuple(fc.array(step, { maxLength: 6 }), fc.array(step, { maxLength: 3 }));
    const drawn = fc.sample(changes, { seed: SEED, numRuns: TABLES });
    const before = drawn.map(
      (_, index) =>
        `CREATE TABLE t${index} (id int PRIMARY KEY, a text, b text, c text); INSERT INTO t${index} VALUES (1, '0', '1', '2')`,
    );
    const { target, source } = await mergeHeads(open, before.join("; "), onBranch);
    const expected = new Map<string, Columns | undefined>();
    for (const [index, [here, there]] of drawn.entries()) {
      const table = `t${index}`;
      const become: Columns[] = [];
      for (const [session, own, side] of [
        [source, here, "s"],
        [target, there, "t"],
      ] as const) {
        let columns = BASE;
        for (const [at, change] of own.entries()) {
          const next = after(columns, change, `${side}${at}`);
          if (next === undefined) continue;
          await session.query(sqlOf(table, change, `${side}${at}`));
          columns = next;
        }
        become.push(columns);
      }
      const [ours = BASE, theirs = BASE] = become;
      expected.set(table, mergedColumns(ours, theirs));
    }
    const contradict = [...expected].filter(([, columns]) => columns === undefined).map(([table]) => table);
    const told: unknown = await target.query("MERGE BRANCH b").catch((error: unknown) => error);
    const detail = told instanceof SqlError ? (told.detail ?? told.message) : "";
    const tables = new Set([...detail.matchAll(/^table "(t[0-9]+)"/gm)].map(([, table = ""]) => table));
    expect([...tables].toSorted(), detail).toEqual(contradict.toSorted());
    for (const table of contradict)
      for (const session of [source, target]) await session.query(`DROP TABLE ${table}`);
    if (contradict.length > 0) await target.query("MERGE BRANCH b");
    expect(expected.size - contradict.length).toBeGreaterThan(TABLES / 3);
    for (const [table, columns] of expected) {
      if (columns === undefined) continue;
      const names = [...columns.keys()].toSorted();
      const rows = await target.query(`SELECT ${["id", ...names].join(", ")} FROM ${table}`);
      expect([table, names, rows]).toEqual([
        table,
        names,
        [[1, ...names.map((column) => columns.get(column))]],
      ]);
      const [all] = await target.query(`SELECT * FROM ${table}`);
      expect(all).toHaveLength(names.length + 1);
    }
  },
  60_000,
);
