/**
 * Calls that wait: pg_sleep(), and locks that others may hold. DuckDB runs queries on few threads, and a call that waited on
 * one of them would keep every other session waiting as well. So the statement waits before it starts, for all such calls
 * whose arguments can be told by then; the calls find it done.
 */
import { SqlError } from "../core/errors.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import type { ExecuteInput } from "./start-statement.js";
import type { SessionCore } from "./session-core.js";
import type { StatementResult } from "./types.js";

const MAYBE = /pg_(?:advisory_(?:xact_)?lock|sleep)/i;
const LOCKS: ReadonlySet<string> = new Set([
  "pg_advisory_lock",
  "pg_advisory_lock_shared",
  "pg_advisory_xact_lock",
  "pg_advisory_xact_lock_shared",
]);
/** Name ⇒ the seconds that are meant. */
const SLEEPS: ReadonlyMap<string, (argument: string) => string> = new Map([
  ["pg_sleep", (argument) => `(${argument})::float8`],
  ["pg_sleep_for", (argument) => `extract(epoch FROM (${argument})::interval)::float8`],
  [
    "pg_sleep_until",
    (argument) => `extract(epoch FROM (${argument})::timestamptz - clock_timestamp())::float8`,
  ],
]);

interface WaitingCall {
  readonly name: string;
  /** The texts of its arguments. */
  readonly args: readonly string[];
}

/** Runs a query of the session's own, in its transaction. */
type RunQuery = (statement: RelationalStatement, input: ExecuteInput) => Promise<StatementResult>;

/** False for a text that has no such call. Errors: 57014, 55P03 and 40P01, and those of the arguments. `running` makes its signal when it is first asked for. */
export async function waitFirst(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
  running: AbortController,
  run: RunQuery,
): Promise<boolean> {
  core.waits.beginStatement();
  if (!MAYBE.test(statement.text)) return false;
  if (statement.verb === "explain" && !statement.writes) return false;
  const waits: [name: string, values: readonly unknown[]][] = [];
  for (const call of callsOf(tokenise(statement.text), statement.text)) {
    const values = await valuesOf(core, expressionsOf(call), input, run);
    if (values !== undefined && !values.includes(null)) waits.push([call.name, values]);
  }
  const limitMs = Number(core.settings.get("lock_timeout"));
  const { signal } = running;
  for (const [name, values] of waits) {
    if (SLEEPS.has(name)) await core.waits.sleep(Number(values[0]), signal);
    else
      await core.waits.reserve(
        name,
        values.map((value) => BigInt(String(value))),
        { signal, limitMs },
      );
  }
  return true;
}

/** A query over rows sleeps for each of them: how often is not known before. `FROM pg_sleep(1)` is one row, and sleeps once. */
function callsOf(tokens: readonly Token[], text: string): WaitingCall[] {
  const readsRows = tokens.some((token, at) => isFrom(token) && !SLEEPS.has(tokens[at + 1]?.value ?? ""));
  return tokens.flatMap((token, at) => {
    const name = token.kind === "word" || token.kind === "quoted" ? token.value : "";
    const isSleep = SLEEPS.has(name) && (!readsRows || isFrom(tokens[at - 1]));
    if ((!isSleep && !LOCKS.has(name)) || tokens[at + 1]?.value !== "(") return [];
    const args = argumentsAt(tokens, at + 2, text);
    return args === undefined ? [] : [{ name, args }];
  });
}

function isFrom(token: Token | undefined): boolean {
  return token?.kind === "word" && token.value === "from";
}

/** The arguments from this token up to the parenthesis that closes them; undefined when there are none. */
function argumentsAt(tokens: readonly Token[], first: number, text: string): readonly string[] | undefined {
  const args: string[] = [];
  let depth = 0;
  let start = first;
  for (let at = first; at < tokens.length; at++) {
    const token = tokens[at];
    const symbol = token?.kind === "symbol" || token?.kind === "operator" ? token.value : "";
    const ends = depth === 0 && (symbol === ")" || symbol === ",");
    if (ends && at > start) args.push(text.slice(tokens[start]?.start, tokens[at - 1]?.end));
    if (ends && symbol === ")") return args.length === 0 ? undefined : args;
    if (ends) start = at + 1;
    else if (symbol === "(" || symbol === "[") depth++;
    else if (symbol === ")" || symbol === "]") depth--;
  }
  return undefined;
}

function expressionsOf({ name, args }: WaitingCall): readonly string[] {
  const [only = ""] = args;
  const seconds = SLEEPS.get(name);
  if (seconds !== undefined) return [seconds(only)];
  return args.length === 1 ? [`(${only})::int8`] : args.map((argument) => `(${argument})::int4`);
}

/** The values of expressions, as DuckDB gives them; undefined for what cannot be told without a row. */
async function valuesOf(
  core: SessionCore,
  expressions: readonly string[],
  input: ExecuteInput,
  run: RunQuery,
): Promise<readonly unknown[] | undefined> {
  const { text, used } = renumbered(`SELECT ${expressions.join(", ")}`);
  const [analysis] = await core.services.analyse(text);
  if (analysis?.kind !== "relational" || analysis.verb !== "select" || analysis.writes) return undefined;
  const parameters = used.map(
    (index) => input.parameters[index] ?? ({ format: "text", bytes: null } as const),
  );
  const declaredOids = used.map((index) => input.declaredOids[index] ?? 0);
  try {
    return await firstRow(await run(analysis, { parameters, declaredOids }));
  } catch (error) {
    // A column of a row, or whatever else is wrong: said by the statement itself.
    const isUnknown = error instanceof SqlError && error.code.startsWith("42");
    if (isUnknown) return undefined;
    throw error;
  }
}

async function firstRow(result: StatementResult): Promise<readonly unknown[] | undefined> {
  if (result.kind !== "rows") return undefined;
  let row: readonly unknown[] | undefined;
  for await (const batch of result.batches) if (batch.kind === "chunk") row ??= batch.chunk.getRows()[0];
  return row;
}

/** The text with its parameters counted from $1, and which they were. */
function renumbered(text: string): { readonly text: string; readonly used: readonly number[] } {
  const used: number[] = [];
  let [renumberedText, done] = ["", 0];
  for (const { kind, value, start, end } of tokenise(text)) {
    if (kind !== "parameter") continue;
    const index = Number(value) - 1;
    if (!used.includes(index)) used.push(index);
    renumberedText += `${text.slice(done, start)}$${used.indexOf(index) + 1}`;
    done = end;
  }
  return { text: renumberedText + text.slice(done), used };
}
