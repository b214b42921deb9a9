/**
 * Scripts of statements with what PostgreSQL 15 answers, to be run against any server, in any way of sending them.
 *
 * Shape   `> sql` a statement, continued by lines that begin with two blanks; `@ [json]` its parameters, as text
 *         `< line` one line of PostgreSQL's answer; `! line` one of ours, where it differs: a comment above says why
 *         `== branch` what stands above is done on main, what follows on a branch of a branch made here
 *         `#` a comment. Rows are `a | b`; an error is its SQLSTATE, message and fields.
 */
import { serialize } from "pg-protocol";
import {
  type BackendMessage,
  CommandCompleteMessage,
  DatabaseError,
  DataRowMessage,
  NoticeMessage,
  RowDescriptionMessage,
} from "pg-protocol/dist/messages.js";
import type { WireClient } from "../support/wire-client.js";

export interface ScriptStep {
  readonly line: number;
  readonly sql: string;
  readonly parameters: readonly (string | null)[] | undefined;
  readonly postgres: readonly string[];
  /** Undefined where we answer as PostgreSQL does. */
  readonly ours: readonly string[] | undefined;
}

export interface Script {
  /** Before `== branch`; everything when the script has no such line. */
  readonly before: readonly ScriptStep[];
  readonly after: readonly ScriptStep[];
}

export type Sending = "simple" | "extended";

export function parseScript(text: string): Script {
  const steps: ScriptStep[] = [];
  let branchAt: number | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const body = line.slice(2);
    if (line === "== branch") branchAt = steps.length;
    else if (line.startsWith("> ")) {
      steps.push({ line: index + 1, sql: body, parameters: undefined, postgres: [], ours: undefined });
    } else if (line !== "" && !line.startsWith("#")) steps.push(extended(steps.pop(), line, index + 1));
  }
  return branchAt === undefined
    ? { before: steps, after: [] }
    : { before: steps.slice(0, branchAt), after: steps.slice(branchAt) };
}

function extended(step: ScriptStep | undefined, line: string, number: number): ScriptStep {
  const body = line.slice(2);
  if (step === undefined) throw new Error(`line ${number} belongs to no statement: ${line}`);
  switch (line.slice(0, 2)) {
    case "  ":
      return { ...step, sql: `${step.sql}\n${body}` };
    case "@ ":
      return { ...step, parameters: JSON.parse(body) };
    case "< ":
      return { ...step, postgres: [...step.postgres, body] };
    case "! ":
      return { ...step, ours: [...(step.ours ?? []), body] };
    default:
      throw new Error(`cannot read line ${number}: ${line}`);
  }
}

/** What a server answers, line by line. Statements with parameters always go by the extended protocol. */
export async function answer(client: WireClient, step: ScriptStep, sending: Sending): Promise<string[]> {
  if (sending === "simple" && step.parameters === undefined) client.send(serialize.query(step.sql));
  else {
    client.send(
      serialize.parse({ text: step.sql }),
      serialize.bind({ values: [...(step.parameters ?? [])] }),
      serialize.describe({ type: "P" }),
      serialize.execute(),
      serialize.sync(),
    );
  }
  return (await client.untilReady()).flatMap(describeMessage);
}

const FIELDS = ["detail", "position", "schema", "table", "column", "dataType", "constraint"] as const;

function describeMessage(message: BackendMessage): string[] {
  if (message instanceof RowDescriptionMessage) {
    return [`(${message.fields.map(({ name }) => name).join(", ")})`];
  }
  if (message instanceof DataRowMessage) {
    return [message.fields.map((field) => (field === null ? "NULL" : String(field))).join(" | ")];
  }
  if (message instanceof CommandCompleteMessage) return [message.text];
  if (message instanceof DatabaseError || message instanceof NoticeMessage) {
    const fields = FIELDS.flatMap((field) => {
      const value = message[field];
      // PostgreSQL numbers them by the process that serves the session.
      const shown = String(value).replace(/^pg_temp_\d+$/, "pg_temp_N");
      return value === undefined ? [] : [`  ${field}: ${shown}`];
    });
    return [`${message.severity} ${message.code} ${message.message}`, ...fields].flatMap((line) =>
      line.split("\n"),
    );
  }
  return [];
}
