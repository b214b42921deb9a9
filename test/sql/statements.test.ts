/**
 * Runs every statement script against PostgreSQL 15, where its binaries are, and against the whole program: on main and
 * on a branch of a branch, as simple queries and prepared.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { hasPostgres, startPostgres } from "../support/postgres.js";
import { type Address, WireClient } from "../support/wire-client.js";
import { answer, parseScript, type Script, type ScriptStep, type Sending } from "./statement-script.js";

const FOLDER = new URL("statements/", import.meta.url);
const SCRIPTS: readonly (readonly [string, Script])[] = readdirSync(FOLDER).map((name) => [
  name,
  parseScript(readFileSync(new URL(name, FOLDER), "utf8")),
]);

interface Answers {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

async function play(
  client: WireClient,
  steps: readonly ScriptStep[],
  sending: Sending,
  who: "postgres" | "ours",
): Promise<Answers> {
  const expected: string[] = [];
  const actual: string[] = [];
  for (const step of steps) {
    const title = `line ${step.line}: ${step.sql}`;
    expected.push(title, ...((who === "ours" ? step.ours : undefined) ?? step.postgres));
    actual.push(title, ...(await answer(client, step, sending)));
  }
  return { expected, actual };
}

async function startProgram(): Promise<{ address: Address } & AsyncDisposable> {
  const app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  return { address: app.address, [Symbol.asyncDispose]: async () => await app.close() };
}

/** All rows of main's tables, as text. */
async function contentOfMain(address: Address): Promise<string[]> {
  using client = await WireClient.start(address, { database: "main" });
  const step = { line: 0, parameters: undefined, postgres: [], ours: undefined };
  const tables = await answer(
    client,
    {
      ...step,
      sql: "select schemaname || '.' || tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1",
    },
    "simple",
  );
  const content = [...tables];
  for (const table of tables.slice(1, -1)) {
    const [schema = "", name = ""] = table.split(".");
    content.push(
      ...(await answer(
        client,
        { ...step, sql: `select * from "${schema}"."${name}" order by all` },
        "simple",
      )),
    );
  }
  return content;
}

const SENDINGS = ["simple", "extended"] as const;

/** A program costs more to start than a script to play; but counters of main's sequences go on for all branches. */
function countsOnMain({ before, after }: Script): boolean {
  return after.length > 0 && before.some(({ sql }) => /serial|identity|sequence/i.test(sql));
}

/** Plays a script on a branch of a branch, made for it: main has what stands before. */
async function playOnBranch(address: Address, script: Script, sending: Sending): Promise<Answers> {
  using main = await WireClient.start(address, { database: "main" });
  await main.query("create branch upper");
  await main.query("create branch lower from upper");
  const before = await contentOfMain(address);
  using client = await WireClient.start(address, { database: "main/lower" });
  const steps = script.after.length === 0 ? script.before : script.after;
  const { expected, actual } = await play(client, steps, sending, "ours");
  return { expected: [...expected, ...before], actual: [...actual, ...(await contentOfMain(address))] };
}

async function prepareMain(address: Address, script: Script, sending: Sending): Promise<Answers> {
  if (script.after.length === 0) return { expected: [], actual: [] };
  using main = await WireClient.start(address, { database: "main" });
  return await play(main, script.before, sending, "ours");
}

async function dropBranches(address: Address): Promise<void> {
  using main = await WireClient.start(address, { database: "main" });
  await main.query("drop branch lower");
  await main.query("drop branch upper");
}

describe("the program answers as PostgreSQL", () => {
  describe.each(SENDINGS)("%s queries", (sending) => {
    it.each(SCRIPTS)("on main: %s", async (_, script) => {
      await using program = await startProgram();
      using client = await WireClient.start(program.address, { database: "main" });
      const { expected, actual } = await play(client, [...script.before, ...script.after], sending, "ours");
      expect(actual).toEqual(expected);
    });
  });

  it.each(SCRIPTS)("on a branch of a branch, and main stays as it is: %s", async (_, script) => {
    await using program = await startProgram();
    const answers = [
      await prepareMain(program.address, script, "simple"),
      await playOnBranch(program.address, script, "simple"),
    ];
    if (countsOnMain(script)) {
      await using other = await startProgram();
      answers.push(await prepareMain(other.address, script, "extended"));
      answers.push(await playOnBranch(other.address, script, "extended"));
    } else {
      await dropBranches(program.address);
      answers.push(await playOnBranch(program.address, script, "extended"));
    }
    expect(answers.flatMap(({ actual }) => actual)).toEqual(answers.flatMap(({ expected }) => expected));
  });
});

describe.skipIf(!hasPostgres)("PostgreSQL 15 answers", () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  it.each(SCRIPTS)("%s", async (name, script) => {
    const database = `s_${name.replaceAll(/\W/g, "_")}`;
    using admin = await WireClient.start(server.address, { database: "postgres" });
    await admin.query(`create database "${database}"`);
    using client = await WireClient.start(server.address, { database });
    const { expected, actual } = await play(
      client,
      [...script.before, ...script.after],
      "simple",
      "postgres",
    );
    expect(actual).toEqual(expected);
  });
});
