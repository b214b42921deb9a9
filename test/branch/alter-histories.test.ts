/**
 * Random definitions and writes on branches of branches, beside the same on ordinary tables of main in a world of their own:
 * after every step each head must show the columns and rows of its table there. `ALTER_SEED`, `ALTER_RUNS` choose others.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

const STEPS = 60;
const RUNS = Number(process.env["ALTER_RUNS"] ?? 2);
const asked = process.env["ALTER_SEED"] ?? "4";
const SEED = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
const DEPTH = 4;

const column = fc.constantFrom("a", "b", '"c d"', '"Über"');
const typed = fc.constantFrom(
  "int",
  "int DEFAULT 5",
  "int NOT NULL DEFAULT 6",
  "int DEFAULT nullif(1, 1)",
  "bigint DEFAULT 7",
  "text DEFAULT 'it''s'",
  "varchar(3) DEFAULT 'abc'",
  "numeric(10,2) DEFAULT 1.5",
  "double precision DEFAULT 'NaN'",
  "date DEFAULT '2024-02-29'",
  "int[] DEFAULT '{1,NULL,3}'",
  "bytea DEFAULT '\\x00ff41'",
  "int CHECK (id > 0)",
  "int UNIQUE",
);
const id = fc.integer({ min: 1, max: 8 });
const text = (...parts: readonly (string | fc.Arbitrary<unknown>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((all) => all.join(""));

/** `{t}` stands for the table, `{i}` for an index of it. */
const definition = fc.oneof(
  { weight: 5, arbitrary: text("ALTER TABLE {t} ADD COLUMN ", column, " ", typed) },
  { weight: 3, arbitrary: text("ALTER TABLE {t} DROP COLUMN ", column) },
  { weight: 3, arbitrary: text("ALTER TABLE {t} RENAME COLUMN ", column, " TO ", column) },
  { weight: 1, arbitrary: text("ALTER TABLE {t} ALTER COLUMN ", column, " SET DEFAULT 9") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} ALTER COLUMN ", column, " DROP DEFAULT") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} ALTER COLUMN ", column, " SET NOT NULL") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} ALTER COLUMN ", column, " DROP NOT NULL") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} ALTER COLUMN ", column, " TYPE text") },
  {
    weight: 1,
    arbitrary: text("ALTER TABLE {t} ADD CONSTRAINT limited CHECK (", column, " IS NULL OR id < ", id, ")"),
  },
  { weight: 1, arbitrary: text("ALTER TABLE {t} DROP CONSTRAINT limited") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} ADD CONSTRAINT single UNIQUE (", column, ")") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} DROP CONSTRAINT single") },
  { weight: 1, arbitrary: text("ALTER TABLE {t} DROP COLUMN ", column, ", ADD COLUMN ", column, " ", typed) },
  { weight: 1, arbitrary: text("CREATE INDEX {i} ON {t} (", column, ")") },
  { weight: 1, arbitrary: fc.constant("DROP INDEX {i}") },
);
const write = fc.oneof(
  text("INSERT INTO {t} (id) VALUES (", id, ")"),
  text("INSERT INTO {t} (id, ", column, ") VALUES (", id, ", ", id, ")"),
  text("INSERT INTO {t} (id) VALUES (", id, ") ON CONFLICT (id) DO UPDATE SET ", column, " = ", id),
  text("UPDATE {t} SET ", column, " = ", id, " WHERE id = ", id),
  text("UPDATE {t} SET ", column, " = ", column, " WHERE id <= ", id),
  text("UPDATE {t} SET id = id + 8 WHERE ", column, " IS NULL AND id < 9"),
  text("DELETE FROM {t} WHERE id = ", id),
  text("DELETE FROM {t} WHERE ", column, " IS NOT NULL AND id > ", id),
);
const anyStep = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant("run" as const), head: fc.nat(), sql: definition }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("run" as const), head: fc.nat(), sql: write }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("block" as const),
      head: fc.nat(),
      statements: fc.array(fc.oneof(definition, write), { minLength: 2, maxLength: 4 }),
      commits: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename" as const), head: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("fork" as const), head: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Head {
  readonly branch: string | undefined;
  session: TestSession;
  readonly depth: number;
  /** Number of its table among the ordinary ones. */
  readonly number: number;
  renamed: boolean;
  /** What made its ordinary table what it is. */
  readonly past: string[];
}

/** Heads of one file, and the ordinary tables that say what they must show. */
class Histories implements AsyncDisposable {
  readonly #path: string;
  readonly #plain: TestSession;
  #world: World;
  readonly heads: Head[] = [];

  constructor(path: string, world: World, plain: TestSession) {
    this.#path = path;
    this.#world = world;
    this.#plain = plain;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.heads) await session[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
  }

  async start(): Promise<void> {
    await this.#add(undefined, 0, [
      `CREATE TABLE {t} (id int PRIMARY KEY, a int, b text DEFAULT 'x', "c d" int UNIQUE)`,
      "INSERT INTO {t} (id, a) VALUES (1, 10), (2, 20), (3, NULL), (4, 40)",
    ]);
    for (const sql of this.heads[0]?.past ?? [])
      await this.heads[0]?.session.query(sql.replaceAll("{t}", "t"));
  }

  async #add(branch: string | undefined, depth: number, past: readonly string[]): Promise<Head> {
    const session = await this.#world.connect(branch === undefined ? "main" : `main/${branch}`);
    const head = { branch, session, depth, number: tables++, renamed: false, past: [] };
    this.heads.push(head);
    for (const sql of past) await this.#runPlain(head, sql);
    return head;
  }

  async apply(step: Step): Promise<void> {
    if (step.kind === "restart") return await this.#restart();
    const head = this.heads[step.head % this.heads.length];
    if (head === undefined) return;
    switch (step.kind) {
      case "run":
        return await this.#run(head, step.sql);
      case "block":
        return await this.#block(head, step.statements, step.commits);
      case "rename":
        return await this.#run(head, "ALTER TABLE {t} RENAME TO {other}");
      case "fork":
        return await this.#fork(head);
      default:
        step satisfies never;
    }
  }

  async #run(head: Head, sql: string): Promise<void> {
    const outcome = await head.session.outcome(this.#named(head, sql));
    const plain = await this.#runPlain(head, sql);
    // Of a check over a column that is not there DuckDB says 42601 where it makes a table, 42703 where it reads one.
    if ((outcome === "ok") !== (plain === "ok")) throw new Error(`${sql}: ${outcome} instead of ${plain}`);
  }

  /** Statements that fail alone leave nothing; here as there they are left out of what comes after. */
  async #runPlain(head: Head, sql: string): Promise<string> {
    const outcome = await this.#plain.outcome(plainNames(head, sql));
    if (outcome !== "ok") return outcome;
    head.past.push(sql);
    if (sql.includes("{other}")) head.renamed = !head.renamed;
    return outcome;
  }

  /** Only what succeeds: an ordinary table cannot be altered and rolled back in the same ways. */
  async #block(head: Head, statements: readonly string[], commits: boolean): Promise<void> {
    await head.session.query("BEGIN");
    const outcomes: string[] = [];
    for (const sql of statements) {
      outcomes.push(await head.session.outcome(this.#named(head, sql)));
      if (outcomes.at(-1) !== "ok") break;
    }
    const isWhole = commits && outcomes.every((outcome) => outcome === "ok");
    await head.session.query(isWhole ? "COMMIT" : "ROLLBACK");
    if (!isWhole) return;
    for (const sql of statements) {
      const plain = await this.#runPlain(head, sql);
      if (plain !== "ok") throw new Error(`${sql} in a block: ok instead of ${plain}`);
    }
  }

  async #fork(head: Head): Promise<void> {
    if (head.depth >= DEPTH || this.heads.length > 5) return;
    const name = `b${this.heads.length}`;
    await head.session.query(`CREATE BRANCH ${name}`);
    await this.#add(name, head.depth + 1, head.past);
  }

  async #restart(): Promise<void> {
    for (const { session } of this.heads) await session[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
    this.#world = await World.open(this.#path);
    for (const head of this.heads)
      head.session = await this.#world.connect(head.branch === undefined ? "main" : `main/${head.branch}`);
  }

  #named({ renamed }: Head, sql: string): string {
    const [now, other] = renamed ? ["other", "t"] : ["t", "other"];
    return sql.replaceAll("{t}", now).replaceAll("{other}", other).replaceAll("{i}", "i");
  }

  async mismatches(): Promise<string[]> {
    const found: string[] = [];
    for (const head of this.heads) {
      const sql = "SELECT * FROM {t} ORDER BY id";
      const shown = await contents(head.session, this.#named(head, sql));
      const expected = await contents(this.#plain, plainNames(head, sql));
      if (shown !== expected) found.push(`${head.branch ?? "main"}: ${shown} instead of ${expected}`);
    }
    return found;
  }
}

let tables = 0;

function plainNames({ number, renamed }: Head, sql: string): string {
  const [now, other] = [`t${number}`, `other${number}`];
  return sql
    .replaceAll("{t}", renamed ? other : now)
    .replaceAll("{other}", renamed ? now : other)
    .replaceAll("{i}", `i${number}`);
}

async function contents(session: TestSession, sql: string): Promise<string> {
  const [statement] = await session.session.parse(sql);
  if (statement === undefined) throw new Error("no statement");
  const result = await session.session.execute(statement, [], []);
  if (result.kind !== "rows") throw new Error("no rows");
  const rows: unknown[] = [];
  for await (const batch of result.batches)
    rows.push(...(batch.kind === "chunk" ? batch.chunk.getRows() : batch.rows));
  const names = result.columns.map(({ name }) => name);
  return JSON.stringify([names, rows], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}

async function firstFailure(histories: Histories, steps: readonly Step[]): Promise<string | undefined> {
  for (const [at, step] of steps.entries()) {
    const told = steps.slice(0, at + 1).map((each) => JSON.stringify(each));
    try {
      await histories.apply(step);
      const wrong = await histories.mismatches();
      if (wrong.length > 0) return [...told, ...wrong].join("\n");
    } catch (error) {
      throw new Error(told.join("\n"), { cause: error });
    }
  }
  return undefined;
}

test("every head shows what an ordinary table shows after the same statements", async () => {
  const folder = await mkdtemp(join(tmpdir(), "duckbranch-alter-"));
  let run = 0;
  await using plainWorld = await World.open();
  await using plain = await plainWorld.connect();
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: STEPS - 10, maxLength: STEPS, size: "max" }),
        async (steps) => {
          const path = join(folder, `${++run}.duckdb`);
          await using histories = new Histories(path, await World.open(path), plain);
          await histories.start();
          expect(await firstFailure(histories, steps)).toBeUndefined();
        },
      ),
      { seed: SEED, numRuns: RUNS, endOnFailure: true, verbose: fc.VerbosityLevel.None },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 600_000);
