/**
 * Result columns of statements that DuckDB binds only when their parameters have values: table functions, and functions
 * whose result depends on a constant.
 */
import { SqlError } from "../core/errors.js";
import type { Connection, PreparedStatement } from "../engine/connection.js";
import type { TextEdit } from "../sql/analysis.js";
import { typeNameAt } from "../sql/dialect/cast-places.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { applyEdits } from "../sql/splice.js";
import { closingBracket, isSymbol, isWord } from "../sql/token-reader.js";

/** What DuckDB says of a statement without running it. */
export type StatementShape = Pick<PreparedStatement, "parameterTypes" | "columns">;

/** By what a type's name begins with. Not NULL, of which, and of whose fields, DuckDB makes constants without their type. */
const SAMPLES: readonly (readonly [type: RegExp, text: string])[] = [
  [/^STRUCT/, "(SELECT NULL)"],
  [/\[\]$/, "[]"],
  [/\[\d+\]$|^(?:MAP|UNION|ENUM)/, "NULL"],
  [/^(?:DATE|TIMESTAMP)/, "'2000-01-01'"],
  [/^TIME/, "'00:00:00'"],
  [/^INTERVAL/, "'1 day'"],
  [/^UUID/, "'00000000-0000-0000-0000-000000000001'"],
  [/^/, "'1'"],
];

/**
 * The columns of a statement that DuckDB binds only when its parameters have values, found with samples in their place;
 * undefined where that does not tell either.
 */
export async function columnsBySamples(
  connection: Connection,
  typed: string,
  { parameterTypes, columns }: StatementShape,
): Promise<StatementShape["columns"] | undefined> {
  if (columns.every(({ type }) => type !== null)) return columns;
  const tokens = tokenise(typed);
  const edits = tokens.flatMap((token, at): TextEdit[] => {
    if (token.kind !== "parameter") return [];
    const type = parameterTypes[Number(token.value) - 1]?.toString() ?? castTarget(typed, tokens, at);
    const [, sample = "NULL"] = SAMPLES.find(([pattern]) => pattern.test(type)) ?? [];
    return [{ start: token.start, end: token.end, text: `CAST(${sample} AS ${type})` }];
  });
  try {
    return await withPrepared(connection, applyEdits(typed, edits), (prepared) => prepared.columns);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return undefined;
  }
}

/**
 * The parameters' types, where DuckDB says none those of the casts around them: it infers nothing of a parameter that a macro
 * repeats, or that stands beside something it binds with values only.
 */
export async function parameterTypesOf(
  connection: Connection,
  typed: string,
  inferred: StatementShape["parameterTypes"],
): Promise<StatementShape["parameterTypes"]> {
  if (inferred.every((type) => type !== undefined)) return inferred;
  const tokens = tokenise(typed);
  const places = new Map<number, number>();
  for (const [at, { kind, value }] of tokens.entries())
    if (kind === "parameter" && !places.has(Number(value))) places.set(Number(value), at);
  const written = inferred.map((type, index) => {
    const at = type === undefined ? places.get(index + 1) : undefined;
    return at === undefined ? NO_TARGET : castTarget(typed, tokens, at);
  });
  if (written.every((type) => type === NO_TARGET)) return inferred;
  try {
    const samples = written.map((type) => `CAST(NULL AS ${type})`).join(", ");
    return await withPrepared(connection, `SELECT ${samples}`, ({ columns }) =>
      inferred.map(
        (type, i) => type ?? (written[i] === NO_TARGET ? undefined : (columns[i]?.type ?? undefined)),
      ),
    );
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return inferred;
  }
}

const NO_TARGET = "VARCHAR";

/** The type that the text casts a parameter to, where DuckDB says none: a list is made of no text. */
function castTarget(text: string, tokens: readonly Token[], at: number): string {
  const first = tokens[at + 2];
  const isCall = isWord(tokens[at + 1], "as") && isWord(tokens[at - 2], "cast");
  const close = isCall ? closingBracket(tokens, at - 1) : undefined;
  let last = isSymbol(tokens[at + 1], "::")
    ? (typeNameAt(tokens, at + 2)?.behind ?? at) - 1
    : (close ?? at) - 1;
  while (isSymbol(tokens[last + 1], "[") && isSymbol(tokens[last + 2], "]")) last += 2;
  const end = tokens[last];
  return first === undefined || end === undefined || end.end < first.end
    ? NO_TARGET
    : text.slice(first.start, end.end);
}

/** Prepares, reads, and closes again. */
export async function withPrepared<T>(
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
