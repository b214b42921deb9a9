/**
 * Random histories of a table without a key, many of whose rows are equal, against a model in which every row has an identity of its
 * own. Statements name rows by their values, which few as they are name several. Everyday runs follow the same histories:
 * `KEYLESS_SEED` and `KEYLESS_RUNS` follow others.
 */
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { World, type TestSession } from "../support/world.js";

const { KEYLESS_SEED: seed = "20261122", KEYLESS_RUNS: runs = "6" } = process.env;
const VALUES = 5;
const MOST_HEADS = 5;

/** Statements by which rows stay where they are in their table. */
const IN_PLACE = [6, 8, 12, 13, 14, 16, 18];

/** Both columns of each row, as a text. */
type Rows = Map<number, string>;

interface Head {
  readonly name: string;
  readonly parent: Head | undefined;
  readonly base: Rows;
  readonly session: TestSession;
  rows: Rows;
  /** Nothing was written here since that many statements. */
  writes: number;
  readonly writesOfParent: number;
}

interface Step {
  readonly kind: number;
  readonly head: number;
  readonly x: number;
  readonly y: number;
}

const VALUE = { x: fc.nat(VALUES - 1), y: fc.nat(VALUES - 1) };
const step = fc.record({ kind: fc.nat(25), head: fc.nat(), ...VALUE });

type Strategy = "abort" | "branch_wins" | "main_wins";

/** Rows that were deleted and added again as they were are themselves. */
function identified(base: Rows, rows: Rows): Rows {
  const gone = [...base.keys()].filter((id) => !rows.has(id)).toSorted((a, b) => a - b);
  const result = new Map(rows);
  for (const [id, row] of rows) {
    const again = base.has(id) ? undefined : gone.find((one) => !result.has(one) && base.get(one) === row);
    if (again === undefined) continue;
    result.delete(id);
    result.set(again, row);
  }
  return result;
}

/** The rows of the target after the merge, or that some were changed on both sides. */
function merged(base: Rows, changed: Rows, target: Rows, strategy: Strategy): Rows | "conflict" {
  const source = identified(base, changed);
  const result = new Map(target);
  for (const id of new Set([...base.keys(), ...source.keys()])) {
    const [was, here, there] = [base.get(id), source.get(id), target.get(id)];
    if (here === was || here === there) continue;
    if (there !== was && strategy === "abort") return "conflict";
    if (there !== was && strategy === "main_wins") continue;
    if (here === undefined) result.delete(id);
    else result.set(id, here);
  }
  return result;
}

class History implements AsyncDisposable {
  readonly #world: World;
  readonly #heads: Head[];
  #number = 0;
  readonly merges = { clean: 0, decided: 0, refused: 0 };

  private constructor(world: World, main: TestSession) {
    this.#world = world;
    const rows = new Map(
      Array.from({ length: 12 }, (_, i) => [++this.#number, rowOf((i + 1) % VALUES, `{${i}}`)] as const),
    );
    this.#heads = [
      { name: "main", parent: undefined, base: new Map(), session: main, rows, writes: 0, writesOfParent: 0 },
    ];
  }

  static async begin(path: string): Promise<History> {
    const world = await World.open(path);
    const main = await world.connect();
    const history = new History(world, main);
    await main.query("CREATE TABLE k (v int, l int[])");
    await main.query("INSERT INTO k SELECT (i + 1) % 5, [i] FROM range(12) r(i)");
    return history;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.#heads) await session[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
  }

  async do({ kind, head: choice, x, y }: Step): Promise<void> {
    const head = this.#heads[choice % this.#heads.length];
    if (head === undefined) return;
    if (kind < 3) await this.#fork(head);
    else if (kind === 3) await this.#merge(head, x % 2 === 0 ? "branch_wins" : "main_wins");
    else if (kind === 4) await this.#drop(head);
    else if (kind === 5 || kind >= 20) await this.#world.context.registry.database.checkpoint();
    else await this.#write(head, kind, x, y);
    for (const each of this.#heads) {
      const [found, expected] = [await stored(each), held(each)];
      if (!isDeepStrictEqual(found, expected))
        throw new Error(`${each.name} holds ${found.join(", ")} instead of ${expected.join(", ")}`);
    }
  }

  async #fork(parent: Head): Promise<void> {
    if (this.#heads.length === MOST_HEADS) return;
    const name = `b${++this.#number}`;
    await parent.session.query(`CREATE BRANCH ${name}`);
    const session = await this.#world.connect(`main/${name}`);
    const [base, rows] = [new Map(parent.rows), new Map(parent.rows)];
    this.#heads.push({ name, parent, base, session, rows, writes: 0, writesOfParent: parent.writes });
  }

  #children(head: Head): Head[] {
    return this.#heads.filter(({ parent }) => parent === head);
  }

  async #drop(head: Head): Promise<void> {
    if (head.parent === undefined || this.#children(head).length > 0) return;
    await head.session[Symbol.asyncDispose]();
    await this.#heads[0]?.session.query(`DROP BRANCH ${head.name}`);
    this.#heads.splice(this.#heads.indexOf(head), 1);
  }

  /** Which one of equal rows a merge deletes is not told, so that another branch of the parent could not be merged by this model. */
  async #merge(head: Head, strategy: Strategy): Promise<void> {
    const { parent } = head;
    if (parent === undefined || this.#children(head).length > 0 || this.#children(parent).length > 1) return;
    const expected = merged(head.base, head.rows, parent.rows, "abort");
    const outcome = await parent.session.outcome(`MERGE BRANCH ${head.name}`);
    // Rows that were copied are not known any more: a conflict too many.
    if (outcome === "40002" && (expected === "conflict" || parent.writes !== head.writesOfParent)) {
      await this.#decide(head, parent, strategy);
      return;
    }
    if (outcome !== "ok" || expected === "conflict")
      throw new Error(`${outcome} where ${expected === "conflict" ? "a conflict" : "none"} was expected`);
    await this.#merged(head, parent, expected);
    this.merges.clean++;
  }

  /** What is not known is decided by no strategy. */
  async #decide(head: Head, parent: Head, strategy: Strategy): Promise<void> {
    const expected = merged(head.base, head.rows, parent.rows, strategy);
    const outcome = await parent.session.outcome(`MERGE BRANCH ${head.name} USING ${strategy}`);
    if (outcome === "0A000") {
      this.merges.refused++;
      return;
    }
    if (outcome !== "ok" || expected === "conflict") throw new Error(`${outcome} of a merge by ${strategy}`);
    await this.#merged(head, parent, expected);
    this.merges.decided++;
  }

  async #merged(head: Head, parent: Head, rows: Rows): Promise<void> {
    parent.rows = rows;
    parent.writes++;
    await this.#drop(head);
  }

  async #write(head: Head, kind: number, x: number, y: number): Promise<void> {
    const { rows } = head;
    const found = [...rows].filter(([, row]) => valueOf(row) === x).map(([id]) => id);
    head.writes++;
    await head.session.query(statementOf(kind, x, y));
    const isInsert = kind < 9;
    const copies = found.map((id) => rows.get(id) ?? "");
    const added = kind < 8 ? [rowOf(x, "{1}"), rowOf(y, "{2}")] : kind === 8 ? copies : [];
    for (const row of added) rows.set(++this.#number, row);
    if (isInsert) return;
    for (const id of found) {
      const list = kind === 15 ? "{3}" : listOf(rows.get(id) ?? "");
      if (kind < 12) rows.delete(id);
      else rows.set(id, rowOf(kind === 18 ? (x + 1) % VALUES : y, list));
    }
    if (kind === 19 && found.length === 0) rows.set(++this.#number, rowOf(y, "null"));
  }
}

function rowOf(v: number, list: string): string {
  return `${v} ${list}`;
}

function valueOf(row: string): number {
  return Number(row.split(" ")[0]);
}

function listOf(row: string): string {
  return row.slice(row.indexOf(" ") + 1);
}

function statementOf(kind: number, x: number, y: number): string {
  switch (kind) {
    case 6:
    case 7:
      return `INSERT INTO k VALUES (${x}, [1]), (${y}, [2])`;
    case 8:
      return `INSERT INTO k SELECT * FROM k WHERE v = ${x}`;
    case 9:
    case 10:
      return `DELETE FROM k WHERE v = ${x}`;
    case 11:
      return `DELETE FROM k USING (VALUES (${x}), (${x})) AS s(v) WHERE s.v = k.v`;
    case 12:
    case 13:
    case 14:
      return `UPDATE k SET v = ${y} WHERE v = ${x}`;
    case 15:
      return `UPDATE k SET v = ${y}, l = [3] WHERE v = ${x}`;
    case 16:
      return `UPDATE k SET v = s.y FROM (VALUES (${x}, ${y})) AS s(x, y) WHERE s.x = k.v`;
    case 17:
      return `BEGIN; INSERT INTO k VALUES (${x}, []); DELETE FROM k WHERE l = []; UPDATE k SET v = ${y} WHERE v = ${x}; COMMIT`;
    case 18:
      return `UPDATE k SET v = (v + 1) % ${VALUES} WHERE v = ${x}`;
    default:
      return `MERGE INTO k USING (SELECT ${x} AS x) AS s ON s.x = k.v
        WHEN MATCHED THEN UPDATE SET v = ${y} WHEN NOT MATCHED THEN INSERT (v) VALUES (${y})`;
  }
}

async function stored({ session }: Head): Promise<unknown[]> {
  return (await session.query("SELECT v || ' ' || coalesce(l::text, 'null') AS r FROM k ORDER BY r")).flat();
}

function held({ rows }: Head): unknown[] {
  return [...rows.values()].toSorted();
}

/** What came of all merges of random histories. */
async function merges(histories: fc.Arbitrary<readonly Step[]>): Promise<History["merges"]> {
  await using folder = await temporaryDirectory();
  const sum = { clean: 0, decided: 0, refused: 0 };
  let run = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (steps) => {
      await using history = await History.begin(folder.file(`${++run}.duckdb`));
      for (const each of steps) await history.do(each);
      for (const kind of ["clean", "decided", "refused"] as const) sum[kind] += history.merges[kind];
    }),
    { seed: Number(seed), numRuns: Number(runs) },
  );
  return sum;
}

test("a checkpoint numbers main's rows anew beneath a branch that has changed one", async () => {
  await using folder = await temporaryDirectory();
  await using world = await World.open(folder.file("data.duckdb"));
  await using main = await world.connect();
  await main.query("CREATE TABLE k (v int); INSERT INTO k SELECT * FROM range(6)");
  const { database } = world.context.registry;
  await database.checkpoint();
  await main.query("DELETE FROM k WHERE v = 1; INSERT INTO k VALUES (6); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE k SET v = 100 WHERE v = 4");
  const numbers = "SELECT rowid::int FROM k ORDER BY v";
  const before = await main.query(numbers);
  await database.checkpoint();
  expect(await main.query(numbers)).not.toEqual(before);
  expect((await branch.query("SELECT v FROM k ORDER BY v")).flat()).toEqual([0, 2, 3, 5, 6, 100]);
});

test(`equal rows of main and of branches of branches, seed ${seed}`, { timeout: 600_000 }, async () => {
  const { clean } = await merges(fc.array(step, { maxLength: 70, size: "max" }));
  expect(clean).toBeGreaterThan(0);
});

/** One branch after the other is made, written beside main, whose rows stay where they are, and merged. */
test(`equal rows of a main that deletes none, seed ${seed}`, { timeout: 600_000 }, async () => {
  const inPlace = fc.constantFrom(...IN_PLACE, 5);
  const anything = fc.integer({ min: 5, max: 14 });
  const calm = fc.tuple(
    fc.constant({ kind: 0, head: 0, x: 0, y: 0 }),
    ...[1, 0, 1, 0, 1].map((head) =>
      fc.record({ ...VALUE, kind: head === 0 ? inPlace : anything, head: fc.constant(head) }),
    ),
    fc.record({ ...VALUE, kind: fc.constant(3), head: fc.constant(1) }),
    // What could not be merged goes.
    fc.constant({ kind: 4, head: 1, x: 0, y: 0 }),
  );
  const { decided, refused } = await merges(
    fc.array(calm, { maxLength: 8, size: "max" }).map((all) => all.flat()),
  );
  expect(decided).toBeGreaterThan(0);
  expect(refused).toBeLessThan(4 * decided);
});
