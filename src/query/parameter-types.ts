/**
 * Types for parameters that DuckDB leaves open. It infers `a = $1` but not `a + $1`, and then describes nothing at all;
 * PostgreSQL gives such a parameter the type of the other operand, and text where there is none. Here the same is done by
 * writing the type found as a cast around the parameter.
 *
 *   balance + $1   ⇒  balance + CAST($1 AS INTEGER)
 *   SELECT $1      ⇒  SELECT CAST($1 AS VARCHAR)
 */
import { SqlError } from "../core/errors.js";
import type { Connection, PreparedStatement } from "../engine/connection.js";
import type { TextEdit } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { applyEdits } from "../sql/splice.js";

/** What to try, in order, for parameters without an operand to learn from. */
const FALLBACK_TYPES = ["VARCHAR", "INTEGER", "DOUBLE", "INTERVAL", "TIMESTAMP", "DATE"] as const;

const OPERATORS = new Set(["+", "-", "*", "/", "%", "<", ">", "<=", ">=", "=", "<>", "!=", "||"]);

/**
 * The statement with a cast around every parameter whose type DuckDB leaves open; the text unchanged if there is none.
 * `prepare` results are closed again. Nothing is run.
 *
 * Errors  DuckDB's own, for a statement that fits no type tried
 */
export async function typeParameters(connection: Connection, sql: string): Promise<string> {
  const open = await openParameters(connection, sql);
  if (open.size === 0) return sql;
  const learned = await learnFromOperands(connection, sql, open);
  const rest = [...open].filter((index) => !learned.has(index));
  let failure: unknown;
  for (const fallback of rest.length === 0 ? ["VARCHAR"] : FALLBACK_TYPES) {
    const types = new Map([...learned, ...rest.map((index) => [index, fallback] as const)]);
    const typed = castParameters(sql, types);
    try {
      (await connection.prepare(typed)).close();
      return typed;
    } catch (error) {
      if (!isBinderFailure(error)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function openParameters(connection: Connection, sql: string): Promise<ReadonlySet<number>> {
  return await withPrepared(connection, sql, (prepared) => {
    const open = new Set<number>();
    for (const [index, type] of prepared.parameterTypes.entries())
      if (type === undefined) open.add(index + 1);
    return open;
  });
}

/** `coalesce($1, balance)` has the type of `balance`, and so has the parameter in it: DuckDB is asked that way. */
async function learnFromOperands(
  connection: Connection,
  sql: string,
  open: ReadonlySet<number>,
): Promise<Map<number, string>> {
  const tokens = tokenise(sql);
  const edits = tokens.flatMap((token, at): TextEdit[] => {
    if (token.kind !== "parameter" || !open.has(Number(token.value))) return [];
    const operand = operandBefore(tokens, at) ?? operandBehind(tokens, at);
    if (operand === undefined) return [];
    const text = `coalesce($${token.value}, ${sql.slice(operand.start, operand.end)})`;
    return [{ start: token.start, end: token.end, text }];
  });
  if (edits.length === 0) return new Map();
  try {
    return await withPrepared(connection, applyEdits(sql, edits), (prepared) => {
      const known = [...open].map(
        (index) => [index, prepared.parameterTypes[index - 1]?.toString()] as const,
      );
      return new Map(known.flatMap(([index, type]) => (type === undefined ? [] : [[index, type] as const])));
    });
  } catch (error) {
    if (!isBinderFailure(error)) throw error;
    return new Map();
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** `table.column <operator>` just before the parameter. */
function operandBefore(tokens: readonly Token[], at: number): Span | undefined {
  const last = tokens[at - 2];
  if (!OPERATORS.has(tokens[at - 1]?.value ?? "") || last === undefined || !isName(last)) return undefined;
  let first = at - 2;
  while (tokens[first - 1]?.value === "." && isName(tokens[first - 2])) first -= 2;
  return { start: tokens[first]?.start ?? last.start, end: last.end };
}

/** `<operator> table.column` just behind it; a name followed by `(` is a function, not a column. */
function operandBehind(tokens: readonly Token[], at: number): Span | undefined {
  const first = tokens[at + 2];
  if (!OPERATORS.has(tokens[at + 1]?.value ?? "") || first === undefined || !isName(first)) return undefined;
  let last = at + 2;
  while (tokens[last + 1]?.value === "." && isName(tokens[last + 2])) last += 2;
  return tokens[last + 1]?.value === "("
    ? undefined
    : { start: first.start, end: tokens[last]?.end ?? first.end };
}

function isName(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

function castParameters(sql: string, types: ReadonlyMap<number, string>): string {
  const edits = tokenise(sql).flatMap((token): TextEdit[] => {
    const type = token.kind === "parameter" ? types.get(Number(token.value)) : undefined;
    return type === undefined
      ? []
      : [{ start: token.start, end: token.end, text: `CAST($${token.value} AS ${type})` }];
  });
  return applyEdits(sql, edits);
}

async function withPrepared<T>(
  connection: Connection,
  sql: string,
  use: (prepared: PreparedStatement) => T,
): Promise<T> {
  const prepared = await connection.prepare(sql);
  try {
    return use(prepared);
  } finally {
    prepared.close();
  }
}

function isBinderFailure(error: unknown): boolean {
  return (
    error instanceof SqlError &&
    error.cause instanceof Error &&
    error.cause.message.startsWith("Binder Error")
  );
}
