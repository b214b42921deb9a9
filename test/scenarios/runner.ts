/** Plays one section of a scenario against a server of its own and writes down what happened in the scenario's form. */
import { createHash } from "node:crypto";
import { DatabaseError, type Client, type QueryArrayResult } from "pg";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { Clients } from "./clients.js";
import type { Section, Step } from "./scenario.js";

type Result = QueryArrayResult<(string | null)[]>;

export interface Played {
  /** What the file says, and what came; equal when the scenario holds. */
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

export async function play(section: Section): Promise<Played> {
  const config = readConfig({ port: 0, data: ":memory:", logLevel: "silent" }, {});
  const app = await startApp(config, createLog("silent"));
  const played: { expected: string[]; actual: string[] } = { expected: [], actual: [] };
  try {
    await using clients = new Clients(app);
    const captures = new Map<string, string>();
    for (const step of section.steps) {
      const heading =
        step.kind === "statement" ? `${step.client}> ${step.sql};` : `${step.kind} ${step.client}`;
      const happened = await playStep(clients, step, captures);
      const isFree = step.expected.length === 0 && happened[0]?.startsWith("ERROR ") !== true;
      played.expected.push(heading, ...step.expected);
      played.actual.push(heading, ...(isFree ? [] : compare(step.expected, happened, captures)));
    }
  } finally {
    await app.close();
  }
  return played;
}

async function playStep(
  clients: Clients,
  step: Step,
  captures: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  try {
    if (step.kind === "close") return await clients.close(step.client);
    const client = await clients.get(step.client);
    if (step.kind !== "statement") return ["connected"];
    const text = step.sql.replace(/\{(\w+)\}/g, (whole, name: string) => captures.get(name) ?? whole);
    return linesOf(await run(client, text, step.parameters));
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const rest = [error.detail, error.hint].filter((part) => part !== undefined);
    return [`ERROR ${error.code}: ${[error.message, ...rest].join(" / ")}`];
  }
}

async function run(
  client: Client,
  text: string,
  parameters: readonly string[] | undefined,
): Promise<readonly Result[]> {
  const query =
    parameters === undefined
      ? { text, rowMode: "array" as const }
      : {
          text,
          rowMode: "array" as const,
          name: createHash("sha1").update(text).digest("hex"),
          values: parameters.map((value) => (value === "NULL" ? null : value)),
        };
  // Several statements in one message give an array of results, which the types of pg do not say.
  const result: Result | readonly Result[] = await client.query<(string | null)[]>(query);
  return "rows" in result ? [result] : result;
}

function linesOf(results: readonly Result[]): string[] {
  return results.flatMap((result) => {
    if (result.fields.length === 0)
      return [[result.command, result.rowCount].filter((part) => part !== null).join(" ")];
    if (result.rows.length === 0) return ["(none)"];
    return result.rows.map((row) => row.map((cell) => cell ?? "NULL").join(" | "));
  });
}

/** What happened, in the words of the expectation wherever the two agree. */
function compare(
  expected: readonly string[],
  happened: readonly string[],
  captures: Map<string, string>,
): string[] {
  return happened.map((line, index) => {
    const wanted = expected[index];
    if (wanted === undefined) return line;
    return line.startsWith("ERROR ") ? compareError(wanted, line) : compareRow(wanted, line, captures);
  });
}

function compareError(wanted: string, line: string): string {
  const [, head, part = ""] = /^(ERROR \w{5})(?:: (.*))?$/.exec(wanted) ?? [];
  return head !== undefined && line.startsWith(`${head}: `) && line.includes(part) ? wanted : line;
}

function compareRow(wanted: string, line: string, captures: Map<string, string>): string {
  const cells = wanted.split(" | ");
  return line
    .split(" | ")
    .map((value, index) => {
      const [, name] = /^\{(\w+)\}$/.exec(cells[index] ?? "") ?? [];
      if (name === undefined) return value;
      const known = captures.get(name);
      if (known === undefined) captures.set(name, value);
      return known === undefined || known === value ? `{${name}}` : value;
    })
    .join(" | ");
}
