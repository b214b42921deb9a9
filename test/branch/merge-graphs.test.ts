/**
 * Random graphs of heads, merged in both directions, undone, and merged again, criss-cross, against a model of plain maps. Whatever is
 * asked for is done as MERGE.md says, or refused, and then nothing has happened; never anything else.
 */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

type Row = readonly [a: number, b: number];
type Rows = ReadonlyMap<number, Row>;
type Strategy = "abort" | "branch_wins" | "main_wins";
type Granularity = "row" | "cell";

interface Head {
  readonly name: string;
  readonly parent: Head | undefined;
  rows: Rows;
  /** What the parent held when the branch was made, or last brought up to date. */
  base: Rows;
  isMerged: boolean;
}

interface Merge {
  readonly id: string;
  readonly source: Head;
  readonly target: Head;
  readonly granularity: Granularity;
  /** Of the rows that it changed. */
  readonly before: Rows;
  readonly after: Rows;
  isUndone: boolean;
}

const KEYS = [1, 2, 3];
const MOST_HEADS = 4;
const EVERYDAY_RUNS = 12;
const RUNS = Number(process.env["DUCKBRANCH_MERGE_RUNS"] ?? EVERYDAY_RUNS);

function same(one: Row | undefined, other: Row | undefined): boolean {
  return one?.[0] === other?.[0] && one?.[1] === other?.[1];
}

interface Merged {
  readonly rows: Rows;
  readonly isConflict: boolean;
}

/** MERGE rules 1 to 6: what `source` made of `base` goes into `target`. Where `keys` are given, of these rows alone. */
function threeWay(
  { base, source, target }: Readonly<Record<"base" | "source" | "target", Rows>>,
  granularity: Granularity,
  sourceWins: boolean,
  keys: readonly number[] = KEYS,
): Merged {
  const rows = new Map(target);
  let isConflict = false;
  const put = (key: number, row: Row | undefined): void => {
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
  };
  for (const key of keys) {
    const [b, s, t] = [base.get(key), source.get(key), target.get(key)];
    if (same(t, s) || same(s, b)) continue;
    if (same(t, b)) put(key, s);
    else if (granularity === "row" || s === undefined || t === undefined) {
      isConflict = true;
      put(key, sourceWins ? s : t);
    } else {
      const cell = (at: 0 | 1): number => {
        if (t[at] === s[at] || s[at] === b?.[at]) return t[at];
        if (t[at] === b?.[at]) return s[at];
        isConflict = true;
        return sourceWins ? s[at] : t[at];
      };
      put(key, [cell(0), cell(1)]);
    }
  }
  return { rows, isConflict };
}

class Graph {
  readonly main: Head = {
    name: "main",
    parent: undefined,
    rows: new Map(),
    base: new Map(),
    isMerged: false,
  };
  readonly heads: Head[] = [this.main];
  readonly merges: Merge[] = [];
  readonly #world: World;
  readonly #sessions = new Map<string, TestSession>();
  /** How often each kind of answer was given. */
  readonly told: Map<string, number>;

  constructor(world: World, told: Map<string, number>) {
    this.#world = world;
    this.told = told;
  }

  async session({ name }: Head): Promise<TestSession> {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const session = await this.#world.connect(name === "main" ? "main" : `main/${name}`);
    this.#sessions.set(name, session);
    return session;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await session[Symbol.asyncDispose]();
  }

  any(choice: number): Head {
    return this.heads[choice % this.heads.length] ?? this.main;
  }

  branch(choice: number): Head {
    return this.heads[1 + (choice % Math.max(1, this.heads.length - 1))] ?? this.main;
  }

  merged(choice: number): Merge | undefined {
    return this.merges[choice % Math.max(1, this.merges.length)];
  }

  note(what: string): void {
    this.told.set(what, (this.told.get(what) ?? 0) + 1);
  }

  async write(head: Head, key: number, row: Row | undefined): Promise<void> {
    const values = row?.join(", ") ?? "";
    const isThere = head.rows.has(key);
    const update = isThere
      ? `UPDATE t SET (a, b) = (${values}) WHERE id = ${key}`
      : `INSERT INTO t VALUES (${key}, ${values})`;
    const sql = row === undefined ? `DELETE FROM t WHERE id = ${key}` : update;
    const outcome = await (await this.session(head)).outcome(sql);
    assert.equal(outcome, head.isMerged ? "55000" : "ok");
    if (head.isMerged) return;
    const rows = new Map(head.rows);
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
    head.rows = rows;
  }

  async fork(parent: Head): Promise<void> {
    if (this.heads.length >= MOST_HEADS) return;
    const name = `b${this.heads.length}`;
    const outcome = await (
      await this.session(this.main)
    ).outcome(`CREATE BRANCH ${name} FROM ${parent.name}`);
    if (parent.isMerged && outcome !== "ok") return;
    assert.equal(outcome, "ok");
    this.heads.push({ name, parent, rows: parent.rows, base: parent.rows, isMerged: false });
  }

  async merge(source: Head, target: Head, strategy: Strategy, granularity: Granularity): Promise<void> {
    const sql = `MERGE BRANCH ${source.name} INTO ${target.name} USING ${strategy} WITH (granularity '${granularity}')`;
    const main = await this.session(this.main);
    const sourceWins = strategy === "branch_wins";
    if (source.parent !== target && target.parent !== source) {
      const refused = await main.outcome(sql);
      this.note(`neither is made from the other: ${refused}`);
      assert.ok(["0A000", "55000"].includes(refused), refused);
      return;
    }
    const isSync = target.parent === source;
    const child = isSync ? target : source;
    const { rows, isConflict } = threeWay(
      { base: child.base, source: child.rows, target: isSync ? source.rows : target.rows },
      granularity,
      sourceWins,
    );
    if (source.isMerged && !isSync) {
      assert.equal(await main.outcome(sql), target.isMerged ? "55000" : "ok");
      return;
    }
    if (target.isMerged) {
      assert.equal(await main.outcome(sql), "55000");
      return;
    }
    if (isConflict && strategy === "abort") {
      this.note(`${isSync ? "sync" : "merge"}: conflict`);
      assert.equal(await main.outcome(sql), "40002");
      return;
    }
    const [answer] = await main.query(sql);
    this.note(`${isSync ? "sync" : "merge"}: ${String(answer?.[0])}`);
    if (isSync) {
      target.rows = rows;
      target.base = source.rows;
      return;
    }
    const changed = KEYS.filter((key) => !same(target.rows.get(key), rows.get(key)));
    const only = (all: Rows): Rows => new Map([...all].filter(([key]) => changed.includes(key)));
    const states = { before: only(target.rows), after: only(rows) };
    this.merges.push({ id: String(answer?.[1]), source, target, granularity, ...states, isUndone: false });
    target.rows = rows;
    source.isMerged = true;
  }

  async undo(choice: number, strategy: Strategy): Promise<void> {
    const merge = this.merged(choice);
    if (merge === undefined) return;
    const { target, source, before, after, granularity } = merge;
    const outcome = await (
      await this.session(this.main)
    ).outcome(`UNDO MERGE '${merge.id}' USING ${strategy}`);
    if (merge.isUndone && !target.isMerged) return assert.equal(outcome, "ok");
    if (target.isMerged) return assert.equal(outcome, "55000");
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    const states = { base: after, source: before, target: target.rows };
    const { rows, isConflict } = threeWay(states, granularity, strategy === "branch_wins", keys);
    const isRefused = isConflict && strategy === "abort";
    this.note(`undo: ${outcome}`);
    assert.equal(outcome, isRefused ? "40002" : "ok");
    if (isRefused) return;
    merge.isUndone = true;
    target.rows = rows;
    source.isMerged = false;
  }

  async verify(): Promise<void> {
    for (const head of this.heads) {
      const rows = await (await this.session(head)).query("SELECT id, a, b FROM t ORDER BY id");
      const expected = [...head.rows]
        .toSorted(([one], [other]) => one - other)
        .map(([id, row]) => [id, ...row]);
      assert.deepEqual([head.name, rows], [head.name, expected]);
    }
  }
}

const choice = fc.nat(59);
const key = fc.constantFrom(...KEYS);
const row = fc.option(fc.tuple(fc.nat(2), fc.nat(2)), { nil: undefined, freq: 4 });
const strategy = fc.constantFrom<Strategy>("abort", "abort", "branch_wins", "main_wins");
const granularity = fc.constantFrom<Granularity>("row", "cell");

type Step = readonly [text: string, run: (graph: Graph) => Promise<void>];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(choice, key, row)
      .map(([head, id, values]): Step => [
        `write ${head}: ${id} ${String(values)}`,
        async (graph) => await graph.write(graph.any(head), id, values),
      ]),
  },
  {
    weight: 3,
    arbitrary: choice.map((head): Step => [
      `fork ${head}`,
      async (graph) => await graph.fork(graph.any(head)),
    ]),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(choice, key, row, row).map(([one, id, here, there]): Step => [
      `rivals ${one}: ${id} ${String(here)} | ${String(there)}`,
      async (graph) => {
        const child = graph.branch(one);
        await graph.write(child, id, here);
        await graph.write(child.parent ?? graph.main, id, there);
      },
    ]),
  },
  {
    weight: 7,
    arbitrary: fc
      .tuple(choice, choice, strategy, granularity, fc.nat(8))
      .map(([one, other, how, by, kind]): Step => [
        `merge ${one} ${other} ${how} ${by} ${kind}`,
        async (graph) => {
          const child = graph.branch(one);
          const { parent = graph.main } = child;
          // Mostly along an edge of the graph, in either direction.
          if (kind < 5) await graph.merge(child, parent, how, by);
          else if (kind < 8) await graph.merge(parent, child, how, by);
          else await graph.merge(graph.any(one), graph.any(other), how, by);
        },
      ]),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(choice, strategy, key, row, fc.boolean())
      .map(([merge, how, id, values, isChanged]): Step => [
        `undo ${merge} ${how} behind ${isChanged ? `${id} ${String(values)}` : "nothing"}`,
        async (graph) => {
          if (isChanged) await graph.write(graph.merged(merge)?.target ?? graph.main, id, values);
          await graph.undo(merge, how);
        },
      ]),
  },
);

test(
  "merges along a graph of heads, in both directions, undone and done again",
  { timeout: 600_000 },
  async () => {
    const told = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 45, size: "max" }), async (steps) => {
        await using world = await World.open();
        const graph = new Graph(world, told);
        const main = await graph.session(graph.main);
        await main.query("CREATE TABLE t (id int PRIMARY KEY, a int, b int)");
        for (const one of KEYS.slice(1)) await graph.write(graph.main, one, [0, 0]);
        await graph.fork(graph.main);
        for (const [, run] of steps) {
          await run(graph);
          await graph.verify();
        }
        await graph.close();
      }),
      {
        seed: RUNS === EVERYDAY_RUNS ? 20261123 : Math.floor(Math.random() * 2 ** 31),
        numRuns: RUNS,
        verbose: fc.VerbosityLevel.Verbose,
      },
    );
    process.stdout.write(`${JSON.stringify([...told])}\n`);
    // What the histories must have come to.
    for (const what of [
      "merge: merged",
      "merge: conflict",
      "sync: merged",
      "sync: conflict",
      "undo: ok",
      "undo: 40002",
    ])
      expect([what, told.get(what) ?? 0]).toEqual([what, expect.toSatisfy((times: number) => times > 0)]);
  },
);
