/** Merges of random histories against a reference model that knows no SQL: MERGE rules 1–6, by rows and by cells. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

type Row = { readonly qty: number | null; readonly note: string | null };
type Table = ReadonlyMap<number, Row>;
type Strategy = "abort" | "main_wins" | "branch_wins";
type Granularity = "row" | "cell";

const row = fc.record({
  qty: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
  note: fc.option(fc.constantFrom("", "a", "it's", "ü"), { nil: null }),
});
/** Few keys and few values, so that sides meet often. */
const table = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 6 }), row), { selector: ([key]) => key })
  .map((entries) => new Map(entries));

const RUNS = Number(process.env["DUCKBRANCH_MERGE_RUNS"] ?? 20);

function same(a: Row | undefined, b: Row | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.qty === b.qty && a.note === b.note;
}

interface MergedRow {
  readonly conflict: boolean;
  /** Undefined for a row that is gone. */
  readonly row: Row | undefined;
}

/** A row that both sides changed to different values. */
function contested(
  b: Row | undefined,
  t: Row | undefined,
  s: Row | undefined,
  branchWins: boolean,
  granularity: Granularity,
): MergedRow {
  if (granularity === "row" || t === undefined || s === undefined)
    return { conflict: true, row: branchWins ? s : t };
  let conflict = false;
  const cell = <C extends keyof Row>(column: C): Row[C] => {
    if (t[column] === s[column]) return t[column];
    if (b !== undefined && s[column] === b[column]) return t[column];
    if (b !== undefined && t[column] === b[column]) return s[column];
    conflict = true;
    return branchWins ? s[column] : t[column];
  };
  const merged = { qty: cell("qty"), note: cell("note") };
  return { conflict, row: merged };
}

/** The target afterwards and the keys in conflict. */
function mergeModel(
  base: Table,
  target: Table,
  source: Table,
  strategy: Strategy,
  granularity: Granularity,
): { result: Table; conflicts: number[] } {
  const result = new Map(target);
  const conflicts: number[] = [];
  for (const key of new Set([...base.keys(), ...source.keys(), ...target.keys()])) {
    const [b, t, s] = [base.get(key), target.get(key), source.get(key)];
    if (same(t, s) || same(s, b)) continue;
    const merged = same(t, b)
      ? { conflict: false, row: s }
      : contested(b, t, s, strategy === "branch_wins", granularity);
    if (merged.conflict) conflicts.push(key);
    if (merged.row === undefined) result.delete(key);
    else result.set(key, merged.row);
  }
  return strategy === "abort" && conflicts.length > 0 ? { result: target, conflicts } : { result, conflicts };
}

function literal({ qty, note }: Row): string {
  return `${qty ?? "NULL"}, ${note === null ? "NULL" : `'${note.replaceAll("'", "''")}'`}`;
}

/** SQL that turns the table's present content into `after`. */
function edits(before: Table, after: Table): string[] {
  const statements: string[] = [];
  for (const [key, value] of after) {
    if (!before.has(key)) statements.push(`INSERT INTO t VALUES (${key}, ${literal(value)})`);
    else if (!same(before.get(key), value))
      statements.push(`UPDATE t SET (qty, note) = (${literal(value)}) WHERE id = ${key}`);
  }
  for (const key of before.keys()) if (!after.has(key)) statements.push(`DELETE FROM t WHERE id = ${key}`);
  return statements;
}

async function run(session: TestSession, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.query(statement);
}

async function content(session: TestSession, head = "t"): Promise<Table> {
  const rows = await session.query(`SELECT id, qty, note FROM ${head} ORDER BY id`);
  return new Map(
    rows.map(([id, qty, note]) => [
      Number(id),
      { qty: qty === null ? null : Number(qty), note: textOrNull(note) },
    ]),
  );
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

const sorted = (entries: Table): [number, Row][] => [...entries].toSorted(([a], [b]) => a - b);

const MODES = (["row", "cell"] as const).flatMap((granularity) =>
  (["abort", "main_wins", "branch_wins"] as const).map((strategy) => [granularity, strategy] as const),
);

describe("a keyed merge agrees with the reference model", () => {
  test.each(MODES)("by %ss, strategy %s", { timeout: 300_000 }, async (granularity, strategy) => {
    await using world = await World.open();
    await using main = await world.connect();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(table, table, table, async (base, target, source) => {
        const name = `b${++runs}`;
        await main.query("DROP TABLE IF EXISTS t");
        await main.query("CREATE TABLE t (id INTEGER PRIMARY KEY, qty INTEGER, note VARCHAR)");
        await run(main, edits(new Map(), base));
        await main.query(`CREATE BRANCH ${name}`);
        await using branch = await world.connect(`main/${name}`);
        await run(branch, edits(base, source));
        await run(main, edits(base, target));
        const model = mergeModel(base, target, source, strategy, granularity);
        const refused = strategy === "abort" && model.conflicts.length > 0;
        const merge = `MERGE BRANCH ${name} USING ${strategy} WITH (granularity '${granularity}')`;
        expect(await main.outcome(merge)).toBe(refused ? "40002" : "ok");
        expect(sorted(await content(main))).toEqual(sorted(model.result));
        expect(sorted(await content(branch))).toEqual(sorted(source));
        const recorded = await main.query(
          `SELECT DISTINCT CAST(json_extract(key, '$.id') AS INTEGER) FROM duckbranch.conflicts
           JOIN duckbranch.merges USING (merge_id) WHERE branch_name = '${name}' ORDER BY 1`,
        );
        expect(recorded.map(([id]) => Number(id))).toEqual(model.conflicts.toSorted((a, b) => a - b));
        await main.query(`DROP BRANCH ${name}`);
      }),
      { numRuns: RUNS, verbose: fc.VerbosityLevel.Verbose },
    );
  });
});

type Bag = readonly (string | null)[];

/** A multiset over few tuples, NULL among them. */
const bag = fc.array(fc.constantFrom("a", "b", "c", null), { maxLength: 6 });
const VALUES = ["a", "b", "c", null] as const;

function count(rows: Bag, value: string | null): number {
  return rows.filter((r) => r === value).length;
}

/** Rows of the base that no edit touched: what `edit` below leaves where it is. */
function untouched(base: Bag, side: Bag, value: string | null): number {
  return Math.min(count(base, value), count(side, value));
}

function countingModel(base: Bag, target: Bag, source: Bag) {
  const adds = (side: Bag): boolean => VALUES.some((v) => count(side, v) > count(base, v));
  const pureDeletes = !adds(target) && !adds(source);
  return VALUES.map((value) => {
    const [b, t, s] = [count(base, value), count(target, value), count(source, value)];
    if (s === b) return { value, result: t, conflict: false };
    if (s > b || untouched(base, target, value) === b) return { value, result: t + s - b, conflict: false };
    if (t === 0 && s === 0 && pureDeletes) return { value, result: 0, conflict: false };
    return { value, result: t, conflict: true };
  });
}

/** Turns the table's content from `before` into `after`, touching no row more than needed. */
function edit(before: Bag, after: Bag): string[] {
  return VALUES.flatMap((value) => {
    const surplus = count(after, value) - count(before, value);
    const text = value === null ? "NULL" : `'${value}'`;
    if (surplus > 0) return insert(Array.from({ length: surplus }, () => value));
    if (surplus === 0) return [];
    const chosen = `SELECT rowid FROM t WHERE v IS NOT DISTINCT FROM ${text} ORDER BY rowid LIMIT ${-surplus}`;
    return [`DELETE FROM t WHERE rowid IN (SELECT r.rowid FROM (${chosen}) AS r)`];
  });
}

function insert(rows: Bag): string[] {
  if (rows.length === 0) return [];
  return [`INSERT INTO t VALUES ${rows.map((v) => (v === null ? "(NULL)" : `('${v}')`)).join(", ")}`];
}

describe("a keyless merge agrees with the counting rules", () => {
  test(
    "and is refused, under every strategy, where one row may have been changed twice",
    {
      timeout: 300_000,
    },
    async () => {
      await fc.assert(
        fc.asyncProperty(bag, bag, bag, async (base, target, source) => {
          await using world = await World.open();
          await using main = await world.connect();
          await run(main, ["CREATE TABLE t (v VARCHAR)", ...insert(base), "CREATE BRANCH b"]);
          await using branch = await world.connect("main/b");
          await run(branch, edit(base, source));
          await run(main, edit(base, target));
          const expected = countingModel(base, target, source);
          const conflicts = expected.some((entry) => entry.conflict);
          expect(await main.outcome("MERGE BRANCH b USING main_wins")).toBe(conflicts ? "0A000" : "ok");
          expect(await main.outcome("MERGE BRANCH b USING abort")).toBe(conflicts ? "40002" : "ok");
          const rows = (await main.query("SELECT v FROM t")).map(([v]) => textOrNull(v));
          const wanted = conflicts
            ? VALUES.map((v) => count(target, v))
            : expected.map((entry) => entry.result);
          expect(VALUES.map((v) => count(rows, v))).toEqual(wanted);
        }),
        { numRuns: RUNS, verbose: fc.VerbosityLevel.Verbose },
      );
    },
  );
});

/** As `mergeModel` by cells, where qty is merged by what each side added. Null for a conflict. */
function summedModel(base: Table, target: Table, source: Table): Table | null {
  const result = new Map(target);
  for (const key of new Set([...base.keys(), ...source.keys(), ...target.keys()])) {
    const [b, t, s] = [base.get(key), target.get(key), source.get(key)];
    if (same(t, s) || same(s, b)) continue;
    const merged = same(t, b) ? { conflict: false, row: s } : contested(b, t, s, false, "cell");
    const sum =
      t?.qty === s?.qty || t?.qty == null || s?.qty == null || t.qty === b?.qty || s.qty === b?.qty
        ? undefined
        : t.qty + s.qty - (b?.qty ?? 0);
    // The other column alone: with the sum on both sides there is none of qty to decide.
    const others = (side: Row | undefined): Row | undefined => side && { ...side, qty: 0 };
    const rest = sum === undefined ? merged : contested(others(b), others(t), others(s), false, "cell");
    if (rest.conflict) return null;
    if (rest.row === undefined) result.delete(key);
    else result.set(key, sum === undefined ? rest.row : { ...rest.row, qty: sum });
  }
  return result;
}

test(
  "a policy adds up what both sides added, the same whichever is merged into which",
  { timeout: 300_000 },
  async () => {
    await using world = await World.open();
    await using main = await world.connect();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(table, table, table, async (base, one, other) => {
        for (const [target, source] of [
          [one, other],
          [other, one],
        ] as const) {
          const name = `p${++runs}`;
          await main.query(`DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, qty INTEGER, note VARCHAR);
          ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta')`);
          await run(main, edits(new Map(), base));
          await main.query(`CREATE BRANCH ${name}`);
          await using branch = await world.connect(`main/${name}`);
          await run(branch, edits(base, source));
          await run(main, edits(base, target));
          const model = summedModel(base, target, source);
          expect(model === null).toBe(summedModel(base, source, target) === null);
          expect(await main.outcome(`MERGE BRANCH ${name} WITH (granularity 'cell')`)).toBe(
            model === null ? "40002" : "ok",
          );
          expect(sorted(await content(main))).toEqual(sorted(model ?? target));
          await main.query(`DROP BRANCH ${name}`);
        }
      }),
      { numRuns: Math.ceil(RUNS / 2), verbose: fc.VerbosityLevel.Verbose },
    );
  },
);
