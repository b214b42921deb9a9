/** What the commands about branches share: how they are added, how they run a statement and print its answer. */
import type { Command } from "commander";
import { escapeIdentifier, escapeLiteral } from "pg";
import { OperatorError } from "../core/operator-error.js";
import { withProgress } from "./dialogue.js";
import { objectText } from "./json-values.js";
import { withServer, type ConnectOptions, type RemoteRows } from "./remote.js";
import { linesOf, tableOf } from "./rendering.js";

export interface Shared extends ConnectOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
}

interface Answer {
  readonly sql: string;
  /** What there is afterwards, if the statement does not tell. */
  readonly afterwards?: string;
  /** One row for people is a list of its values. */
  readonly single: boolean;
  /** What is being done, for those who wait. */
  readonly doing?: string;
}

/** A command that asks the server. */
export function command(parent: Command, name: string, description: string): Command {
  return addConnectOptions(parent.command(name).description(description)).option("--json", "answer as JSON");
}

/** Where the server is; the password is in PGPASSWORD or ~/.pgpass. */
export function addConnectOptions(to: Command): Command {
  return to
    .option("--host <address>", "server (default: PGHOST, 127.0.0.1)")
    .option("--port <number>", "its port (default: PGPORT, 5439)")
    .option("--user <name>", "who connects (default: PGUSER, USER)");
}

/** Shows the branch. */
export function describe(name: string): string {
  return `DESCRIBE BRANCH ${escapeIdentifier(name)}`;
}

/** `schema.table` in quotes; parts that have dots in them come with theirs, as in SQL. */
export function relation(text: string): string {
  const parts = text.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
  if (parts.length === 0 || parts.join(".") !== text)
    throw new OperatorError(`"${text}" is not a table's name`);
  return parts.map((part) => (part.startsWith('"') ? part : escapeIdentifier(part))).join(".");
}

/** ` FROM "name"`, or nothing. */
export function optional(word: string, name: string | undefined): string {
  return name === undefined ? "" : ` ${word} ${escapeIdentifier(name)}`;
}

/** ` WITH (ttl '1 hour')`, or nothing. */
export function withOptions(options: readonly (readonly [string, string | undefined])[]): string {
  const given = options.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${escapeLiteral(value)}`],
  );
  return given.length === 0 ? "" : ` WITH (${given.join(", ")})`;
}

/** Runs a branch statement and prints its answer. */
export async function run(
  options: Shared,
  { sql, afterwards, single, doing = "waiting" }: Answer,
): Promise<RemoteRows> {
  const answer = await withServer(options, undefined, async (server) => {
    const done = await withProgress(doing, async () => await server.rows(sql));
    return afterwards === undefined ? done : await server.rows(afterwards);
  });
  process.stdout.write(`${options.json === true ? asJson(answer, single) : asText(answer, single)}\n`);
  return answer;
}

function asJson({ columns, rows, command: done }: RemoteRows, single: boolean): string {
  if (columns.length === 0) return JSON.stringify({ command: done });
  const objects = rows.map((row) => objectText(columns, row));
  return single ? (objects[0] ?? "null") : `[${objects.join(",")}]`;
}

function asText(answer: RemoteRows, single: boolean): string {
  if (answer.columns.length === 0) return answer.command;
  if (single) return linesOf(answer);
  return answer.rows.length === 0 ? "nothing" : tableOf(answer);
}
