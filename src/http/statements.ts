/** Statements of a request: which may run, in what transaction, and their rows. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { exactJson } from "../core/double-digits.js";
import { JsonRowEncoder } from "../pgtypes/json-rows.js";
import type {
  BoundParameter,
  ParsedStatement,
  ResultColumn,
  RowBatch,
  StatementResult,
} from "../query/types.js";
import { bindJson, type JsonValue } from "./parameters.js";
import type { RequestWork } from "./request-work.js";

type RowsResult = Extract<StatementResult, { readonly kind: "rows" }>;

/** Rows of a write, and of statements about branches, are held until it is certain that it was done. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;
const UTF8 = new TextDecoder();

/** A running query. Its rows are read to their end, which also ends its transaction, or it is disposed of. */
export class OpenQuery implements AsyncDisposable {
  readonly columns: readonly ResultColumn[];
  readonly #work: RequestWork;
  readonly #batches: AsyncIterator<RowBatch> | undefined;

  constructor(work: RequestWork, result: RowsResult | undefined) {
    this.#work = work;
    this.columns = result?.columns ?? [];
    this.#batches = result?.batches;
  }

  /** Undefined at the end, behind the COMMIT. */
  async next(): Promise<RowBatch | undefined> {
    this.#work.watch.throwIfStopped();
    const next = await this.#batches?.next();
    if (next !== undefined && next.done !== true) return next.value;
    await command(this.#work, "COMMIT");
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches?.return?.();
  }
}

/** A row as JSON has it: see pgtypes/json-rows.ts. */
export type JsonRow = Readonly<Record<string, unknown>>;

export interface WrittenStatement {
  /** PostgreSQL's command tag. */
  readonly command: string;
  readonly rows_affected: number;
  readonly rows?: readonly JsonRow[];
}

/**
 * Starts one statement that may only read, whatever it says: PostgreSQL's read-only transaction refuses the rest.
 *
 * Errors  25006 for what would write, 42601 for several statements, 0A000 for COPY, and for what begins or ends transactions
 */
export async function openQuery(
  work: RequestWork,
  sql: string,
  values: readonly JsonValue[],
): Promise<OpenQuery> {
  const statement = onlyStatement(await work.session.parse(sql));
  requireNoBlock(statement, "query");
  await command(work, "BEGIN READ ONLY");
  const result = await execute(work, statement, values);
  return new OpenQuery(work, result.kind === "rows" ? result : undefined);
}

/**
 * Runs statements that may write: all of them happen, or none.
 *
 * Atomic  one statement is its own transaction, several share one, which they cannot end themselves (0A000)
 * Errors  42601 for parameters beside several statements, 54000 for more rows than are held
 */
export async function runWrite(
  work: RequestWork,
  sql: string,
  values: readonly JsonValue[],
): Promise<readonly WrittenStatement[]> {
  const { session } = work;
  const statements = (await session.parse(sql)).filter((statement) => !statement.empty);
  if (statements.length === 0) throw noStatement();
  if (statements.length > 1 && values.length > 0) throw severalStatements();
  for (const statement of statements) requireNoBlock(statement, "write");
  if (statements.length > 1) session.beginImplicit(true);
  const written: WrittenStatement[] = [];
  let heldBytes = 0;
  try {
    for (const statement of statements) {
      const result = await execute(work, statement, values);
      if (result.kind === "rows") {
        const { rows, bytes } = await holdRows(work, result, MAX_HELD_BYTES - heldBytes);
        heldBytes += bytes;
        const tag = result.tag(rows.length);
        written.push({ command: tag, rows_affected: changedRows(tag), rows });
      } else if (result.kind === "command") {
        written.push({ command: result.tag, rows_affected: changedRows(result.tag) });
      }
      work.watch.throwIfStopped();
    }
    if (statements.length > 1) await session.endImplicit();
  } catch (error) {
    await session.fail();
    throw error;
  }
  return written;
}

/** Runs a statement of this server's own and gives its rows. */
export async function readRows(
  work: RequestWork,
  sql: string,
  values: readonly JsonValue[] = [],
): Promise<readonly JsonRow[]> {
  const result = await execute(work, onlyStatement(await work.session.parse(sql)), values);
  return result.kind === "rows" ? (await holdRows(work, result, MAX_HELD_BYTES)).rows : [];
}

/** Runs a statement without rows and parameters. */
async function command(work: RequestWork, sql: string): Promise<void> {
  await execute(work, onlyStatement(await work.session.parse(sql)), []);
}

function onlyStatement(parsed: readonly ParsedStatement[]): ParsedStatement {
  const [statement, ...more] = parsed.filter(({ empty }) => !empty);
  if (statement === undefined) throw noStatement();
  if (more.length > 0) throw severalStatements();
  return statement;
}

async function execute(
  work: RequestWork,
  statement: ParsedStatement,
  values: readonly JsonValue[],
): Promise<Exclude<StatementResult, { readonly kind: "copyIn" | "copyOut" }>> {
  const { session, watch } = work;
  watch.throwIfStopped();
  const parameters = await bind(work, statement, values);
  const result = await session.execute(statement, parameters, []);
  if (result.kind === "copyIn") await result.sink.abort("COPY needs the PostgreSQL protocol");
  if (result.kind === "copyOut") await result.batches.return?.();
  if (result.kind === "copyIn" || result.kind === "copyOut")
    throw notSupported(
      "COPY is not supported over HTTP",
      "query with Accept: text/csv, or use the PostgreSQL protocol",
    );
  return result;
}

async function bind(
  { session }: RequestWork,
  statement: ParsedStatement,
  values: readonly JsonValue[],
): Promise<readonly BoundParameter[]> {
  if (values.length === 0) return [];
  const { parameterOids } = await session.describe(statement, []);
  return bindJson(values, parameterOids);
}

async function holdRows(
  work: RequestWork,
  { columns, batches }: RowsResult,
  limitBytes: number,
): Promise<{ readonly rows: readonly JsonRow[]; readonly bytes: number }> {
  requireDistinctNames(columns);
  const encoder = new JsonRowEncoder(columns, "object", work.timeZone, ",");
  let text = "";
  for await (const batch of batches) {
    text += UTF8.decode(
      batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows),
    );
    if (text.length > limitBytes)
      throw new SqlError(
        SQLSTATE.programLimitExceeded,
        "the statement gives more rows than a write may answer with",
        {
          detail: `The limit is ${MAX_HELD_BYTES} characters.`,
          hint: "read them with a query",
        },
      );
  }
  const rows: JsonRow[] = JSON.parse(exactJson(`[${text}]`));
  return { rows, bytes: text.length };
}

/** An object has one value per name. Errors: 42701. */
export function requireDistinctNames(columns: readonly ResultColumn[]): void {
  const names = columns.map(({ name }) => name);
  const again = names.find((name, index) => names.indexOf(name) !== index);
  if (again === undefined) return;
  throw new SqlError(SQLSTATE.duplicateColumn, `column name "${again}" is there more than once`, {
    hint: 'give the columns different names, or ask for "row_format": "array"',
  });
}

function requireNoBlock(statement: ParsedStatement, what: "query" | "write"): void {
  if (statement.isTransactionControl !== true) return;
  throw notSupported(`a ${what} is a transaction of its own and cannot begin or end others`);
}

/** `INSERT 0 3`, `UPDATE 3`: the last number, of statements that change rows. */
function changedRows(tag: string): number {
  return Number(/^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(tag)?.[1] ?? 0);
}

function noStatement(): SqlError {
  return new SqlError(SQLSTATE.syntaxError, "the text has no statement");
}

function severalStatements(): SqlError {
  return new SqlError(SQLSTATE.syntaxError, "cannot insert multiple commands into a prepared statement");
}
