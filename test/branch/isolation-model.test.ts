/**
 * Random histories of main and branches of branches against a model of plain maps: after every step every head must hold
 * exactly what the model says, whatever main did since the branch was made. Everyday runs follow the same histories, so that
 * a failure is the change's own; `npm run test:long` follows 42 new ones of 250 steps (`MODEL_SEED`, `MODEL_RUNS`).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";
import { copyOf, merged, TABLES, type HeadModel, type TableName } from "./head-model.js";

const STEPS = 250;
const RUNS = Number(process.env["MODEL_RUNS"] ?? 6);
const asked = process.env["MODEL_SEED"] ?? "20261122";
const SEED = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
const MOST_HEADS = 5;
const KEYS = 6;

const table = fc.constantFrom(...TABLES);
const head = fc.nat();
const id = fc.nat(KEYS - 1);
const value = fc.nat(9);

const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), head, table, id, value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("writeMany" as const), head, table, id, value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("upsert" as const), head, id, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("moveKey" as const), head, id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), head, table, id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("fork" as const), head }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("discard" as const), head }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("merge" as const), head, wins: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("beginOnMain" as const), table, id, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("endOnMain" as const), commits: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), head, table }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("recreate" as const), head, table }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("addColumn" as const), head, table }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rollback" as const), head, table, id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("checkpoint" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Head {
  readonly name: string;
  session: TestSession;
  readonly model: HeadModel;
  readonly parent: Head | undefined;
  /** What the parent held when the branch was made. */
  readonly base: HeadModel;
}

/** A row of main that a block, open beside everything else, has given a value. */
interface OpenBlock {
  readonly session: TestSession;
  readonly table: TableName;
  readonly id: number;
  readonly value: number;
  /** Deleted, or moved to another key, by somebody else: DuckDB sees no conflict in that, and the value goes with the row. */
  isGone: boolean;
}

/** One run: the program on a file, the heads and the model of each. */
class History implements AsyncDisposable {
  readonly #path: string;
  #world: World;
  readonly heads: Head[];
  #open: OpenBlock | undefined;
  #names = 0;

  private constructor(path: string, world: World, main: Head) {
    this.#path = path;
    this.#world = world;
    this.heads = [main];
  }

  static async start(path: string): Promise<History> {
    const world = await World.open(path);
    const session = await world.connect();
    const model: HeadModel = new Map();
    for (const name of TABLES) {
      await session.query(definition(name));
      model.set(name, new Map());
    }
    return new History(path, world, { name: "main", session, model, parent: undefined, base: new Map() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.session[Symbol.asyncDispose]();
    for (const { session } of this.heads) await session[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
  }

  get #main(): Head {
    const [main] = this.heads;
    if (main === undefined) throw new Error("a history without main");
    return main;
  }

  async apply(step: Step): Promise<void> {
    switch (step.kind) {
      case "beginOnMain":
        return await this.#begin(step.table, step.id, step.value);
      case "endOnMain":
        return await this.#end(step.commits);
      case "checkpoint":
        // Refused while others write.
        await this.#main.session.outcome("CHECKPOINT");
        return;
      case "restart":
        return await this.#restart();
      default: {
        const at = this.heads[step.head % this.heads.length];
        if (at !== undefined) await this.#applyTo(at, step);
      }
    }
  }

  async #applyTo(
    at: Head,
    step: Exclude<Step, { kind: "beginOnMain" | "endOnMain" | "checkpoint" | "restart" }>,
  ): Promise<void> {
    switch (step.kind) {
      case "write":
        return await this.#write(at, step.table, step.id, step.value);
      case "writeMany":
        return await this.#change(
          at,
          step.table,
          `UPDATE ${step.table} SET v = ${step.value} WHERE id <= ${step.id}`,
          (rows) => {
            for (const key of rows.keys()) if (key <= step.id) rows.set(key, step.value);
          },
        );
      case "upsert":
        return await this.#change(
          at,
          "keyed",
          `INSERT INTO keyed (id, v) VALUES (${step.id}, ${step.value}) ON CONFLICT (id) DO UPDATE SET v = excluded.v`,
          (rows) => rows.set(step.id, step.value),
        );
      case "moveKey":
        return await this.#moveKey(at, step.id);
      case "delete":
        return await this.#change(at, step.table, `DELETE FROM ${step.table} WHERE id = ${step.id}`, (rows) =>
          rows.delete(step.id),
        );
      case "truncate":
        return await this.#change(at, step.table, `TRUNCATE ${step.table}`, (rows) => rows.clear());
      case "addColumn":
        return await this.#change(
          at,
          step.table,
          `ALTER TABLE ${step.table} ADD COLUMN c${++this.#names} int DEFAULT 3`,
          () => {},
        );
      case "rollback":
        return await this.#change(
          at,
          step.table,
          `BEGIN; DELETE FROM ${step.table} WHERE id >= ${step.id}; ROLLBACK`,
          () => {},
        );
      case "recreate":
        return await this.#recreate(at, step.table);
      case "fork":
        return await this.#fork(at);
      case "discard":
        return await this.#discard(at);
      case "merge":
        return await this.#merge(at, step.wins);
      default:
        step satisfies never;
    }
  }

  /** A statement beside an open block on main may lose against it: then nothing has happened. */
  async #change(
    at: Head,
    name: TableName,
    sql: string,
    change: (rows: Map<number, number>) => unknown,
  ): Promise<void> {
    const rows = at.model.get(name);
    const outcome = await at.session.outcome(sql);
    if (rows === undefined) requireOutcome(outcome, "42P01");
    else if (outcome === "ok") this.#applyChange(at, name, rows, change);
    else requireOutcome(outcome, this.#open !== undefined && at === this.#main ? "40001" : "ok");
    if (outcome !== "ok" && sql.startsWith("BEGIN")) await at.session.query("ROLLBACK");
  }

  #applyChange(
    at: Head,
    name: TableName,
    rows: Map<number, number>,
    change: (rows: Map<number, number>) => unknown,
  ): void {
    change(rows);
    const open = this.#open;
    if (open !== undefined && at === this.#main && open.table === name && !rows.has(open.id))
      open.isGone = true;
  }

  async #write(at: Head, name: TableName, key: number, v: number): Promise<void> {
    const sql =
      at.model.get(name)?.has(key) === true
        ? `UPDATE ${name} SET v = ${v} WHERE id = ${key}`
        : `INSERT INTO ${name} (id, v) VALUES (${key}, ${v})`;
    await this.#change(at, name, sql, (rows) => rows.set(key, v));
  }

  async #moveKey(at: Head, key: number): Promise<void> {
    const rows = at.model.get("keyed");
    const v = rows?.get(key);
    if (rows === undefined || v === undefined || rows.has(key + KEYS)) return;
    await this.#change(at, "keyed", `UPDATE keyed SET id = id + ${KEYS} WHERE id = ${key}`, () => {
      rows.delete(key);
      rows.set(key + KEYS, v);
    });
  }

  async #recreate(at: Head, name: TableName): Promise<void> {
    if (this.#open !== undefined && at === this.#main) return;
    if (at.model.get(name) === undefined) {
      await at.session.query(definition(name));
      at.model.set(name, new Map());
    } else {
      await at.session.query(`DROP TABLE ${name}`);
      at.model.set(name, undefined);
    }
  }

  async #fork(parent: Head): Promise<void> {
    if (this.heads.length >= MOST_HEADS) return;
    const name = `b${++this.#names}`;
    await parent.session.query(`CREATE BRANCH ${name}`);
    const session = await this.#world.connect(`main/${name}`);
    this.heads.push({ name, session, model: copyOf(parent.model), parent, base: copyOf(parent.model) });
  }

  async #discard(at: Head): Promise<void> {
    if (at.parent === undefined || this.heads.some(({ parent }) => parent === at)) return;
    await at.session[Symbol.asyncDispose]();
    await this.#main.session.query(`DROP BRANCH ${at.name}`);
    this.heads.splice(this.heads.indexOf(at), 1);
  }

  /** Changes of the schema are refused, and so is what a table without a key cannot tell: then nothing has happened. */
  async #merge(at: Head, branchWins: boolean): Promise<void> {
    const { parent } = at;
    if (parent === undefined || this.#open !== undefined) return;
    const rowsChanged = !isDeepStrictEqual(at.model.get("plain"), at.base.get("plain"));
    if (rowsChanged || this.heads.some((other) => other.parent === at)) return;
    const outcome = await this.#main.session.outcome(
      `MERGE BRANCH ${at.name} INTO ${parent.name} USING ${branchWins ? "branch_wins" : "main_wins"}`,
    );
    if (outcome !== "ok") {
      requireOutcome(outcome, "0A000");
      return;
    }
    const [base, source] = [at.base.get("keyed"), at.model.get("keyed")];
    if (source !== undefined && !isDeepStrictEqual(base, source))
      parent.model.set("keyed", merged({ base, source, target: parent.model.get("keyed") }, branchWins));
    await this.#discard(at);
  }

  async #begin(name: TableName, key: number, v: number): Promise<void> {
    if (this.#open !== undefined || this.#main.model.get(name)?.has(key) !== true) return;
    const session = await this.#world.connect();
    await session.query(`BEGIN; UPDATE ${name} SET v = ${v} WHERE id = ${key}`);
    this.#open = { session, table: name, id: key, value: v, isGone: false };
  }

  /** A block that lost against another statement has changed nothing. */
  async #end(commits: boolean): Promise<void> {
    if (this.#open === undefined) return;
    const { session, table: name, id: key, value: v, isGone } = this.#open;
    this.#open = undefined;
    const outcome = await session.outcome(commits ? "COMMIT" : "ROLLBACK");
    await session[Symbol.asyncDispose]();
    if (!commits) return;
    if (outcome === "ok" && !isGone) this.#main.model.get(name)?.set(key, v);
    else if (outcome !== "ok") requireOutcome(outcome, "40001");
  }

  async #restart(): Promise<void> {
    await this.#open?.session[Symbol.asyncDispose]();
    this.#open = undefined;
    for (const { session } of this.heads) await session[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
    this.#world = await World.open(this.#path);
    for (const each of this.heads)
      each.session = await this.#world.connect(each.name === "main" ? "main" : `main/${each.name}`);
  }

  async mismatches(): Promise<string[]> {
    const found: string[] = [];
    for (const { name, session, model } of this.heads) {
      const queries = TABLES.filter((each) => model.get(each) !== undefined).map(
        (each) => `SELECT '${each}' AS t, id, v FROM ${each}`,
      );
      const rows =
        queries.length === 0 ? [] : await session.query(`${queries.join(" UNION ALL ")} ORDER BY t, id`);
      const expected = TABLES.toSorted().flatMap((each) =>
        [...(model.get(each) ?? [])].toSorted(([a], [b]) => a - b).map((row) => [each, ...row]),
      );
      if (!isDeepStrictEqual(rows, expected))
        found.push(`${name}: ${JSON.stringify(rows)} instead of ${JSON.stringify(expected)}`);
      for (const each of TABLES) {
        if (model.get(each) === undefined && (await session.outcome(`SELECT 1 FROM ${each}`)) !== "42P01")
          found.push(`${each} is on ${name}`);
      }
    }
    return found;
  }
}

function requireOutcome(outcome: string, required: string): void {
  if (outcome !== required) throw new Error(`${outcome} instead of ${required}`);
}

function definition(name: TableName): string {
  return `CREATE TABLE ${name} (id INTEGER${name === "keyed" ? " PRIMARY KEY" : ""}, v INTEGER)`;
}

/** What is wrong after a step, and the last steps before it; undefined if every head is as it should be to the end. */
async function firstFailure(history: History, steps: readonly Step[]): Promise<string | undefined> {
  for (const [at, step] of steps.entries()) {
    const before = steps.slice(Math.max(0, at - 11), at + 1).map((each) => JSON.stringify(each));
    const told = `step ${at}: ${before.join("\n")}`;
    try {
      await history.apply(step);
      const wrong = await history.mismatches();
      if (wrong.length > 0) return [told, ...wrong].join("\n");
    } catch (error) {
      throw new Error(told, { cause: error });
    }
  }
  return undefined;
}

test("every head holds what the model says after every step", async () => {
  const folder = await mkdtemp(join(tmpdir(), "duckbranch-model-"));
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: STEPS - 10, maxLength: STEPS, size: "max" }),
        async (steps) => {
          await using history = await History.start(join(folder, `${++run}.duckdb`));
          expect(await firstFailure(history, steps)).toBeUndefined();
        },
      ),
      { seed: SEED, numRuns: RUNS, endOnFailure: true, verbose: fc.VerbosityLevel.None },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 1_800_000);
