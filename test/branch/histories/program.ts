/** The program that a history is done to: on a file of its own, with a session on each head. */
import { existsSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { World, type TestSession } from "../../support/world.js";
import { TABLES, type TableName } from "./head-model.js";
import type { Head, Model } from "./model.js";

/** Heads that a step did not touch are looked at every so many steps, and at the end: reading them all costs more than a step. */
const ALL_HEADS_EVERY = 8;

export class Program implements AsyncDisposable {
  #path: string;
  #world: World;
  readonly #sessions = new Map<string, TestSession>();
  /** The session of a block that stays open on main. */
  block: TestSession | undefined;
  steps = 0;

  private constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  static async start(path: string): Promise<Program> {
    const program = new Program(path, await World.open(path));
    const main = await program.session("main");
    for (const table of TABLES) await main.query(definition(table));
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async session(head: string): Promise<TestSession> {
    const known = this.#sessions.get(head);
    if (known !== undefined) return known;
    const session = await this.newSession(head);
    this.#sessions.set(head, session);
    return session;
  }

  async newSession(head: string): Promise<TestSession> {
    return await this.#world.connect(head === "main" ? "main" : `main/${head}`);
  }

  async closeSession(head: string): Promise<void> {
    await this.#sessions.get(head)?.[Symbol.asyncDispose]();
    this.#sessions.delete(head);
  }

  /** DuckDB's own, which refuses while others write. */
  async checkpoint(): Promise<void> {
    await this.#world.context.registry.database.checkpoint().catch((error: unknown) => {
      if (!(error instanceof Error) || !/other (write )?transactions/.test(error.message)) throw error;
    });
  }

  async restart(): Promise<void> {
    await this.#close();
    this.#world = await World.open(this.#path);
  }

  /** Goes on with the file and its log as they are on disk now, which is what kill -9 leaves. */
  async crash(): Promise<void> {
    const old = this.#path;
    this.#path = `${old}x`;
    await copyFile(old, this.#path);
    if (existsSync(`${old}.wal`)) await copyFile(`${old}.wal`, `${this.#path}.wal`);
    await this.#close();
    await rm(old);
    this.#world = await World.open(this.#path);
  }

  async #close(): Promise<void> {
    await this.block?.[Symbol.asyncDispose]();
    this.block = undefined;
    for (const head of this.#sessions.keys()) await this.closeSession(head);
    await this.#world[Symbol.asyncDispose]();
  }

  /** Looks at what a step has touched, and from time to time at everything. Throws when a head is not as the model says. */
  async verifyStep(model: Model, touched: readonly Head[]): Promise<void> {
    this.steps++;
    await this.verify(this.steps % ALL_HEADS_EVERY === 0 ? model.heads : touched);
  }

  async verify(heads: readonly Head[]): Promise<void> {
    for (const head of heads) await this.#verifyHead(head);
  }

  async #verifyHead({ name, rows }: Head): Promise<void> {
    const session = await this.session(name);
    const there = TABLES.filter((table) => rows.get(table) !== undefined);
    const queries = there.map((table) => `SELECT '${table}' AS t, id, v FROM ${table}`);
    const found = queries.length === 0 ? [] : await session.query(queries.join(" UNION ALL "));
    const expected = there.flatMap((table) => [...(rows.get(table) ?? [])].map((row) => [table, ...row]));
    if (!isDeepStrictEqual(sorted(found), sorted(expected)))
      throw new Error(
        `${name} holds ${JSON.stringify(sorted(found))} instead of ${JSON.stringify(sorted(expected))}`,
      );
    for (const table of TABLES) {
      if (rows.get(table) !== undefined) continue;
      if ((await session.outcome(`SELECT 1 FROM ${table}`)) !== "42P01")
        throw new Error(`${table} is on ${name}`);
    }
  }
}

function sorted(rows: readonly (readonly unknown[])[]): unknown[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

export function definition(table: TableName): string {
  return `CREATE TABLE ${table} (id INTEGER${table === "keyed" ? " PRIMARY KEY" : ""}, v INTEGER)`;
}
