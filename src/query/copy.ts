/**
 * COPY FROM STDIN and TO STDOUT. Incoming fields are read by PostgreSQL's rules, go as text into a staging table and from
 * there, batch by batch, into the target: one transaction, constant memory.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type PhysicalTable } from "../branch/model.js";
import { physicalName } from "../branch/system-schema.js";
import { readTableDefinition, storedColumns } from "../branch/table-definition.js";
import { undefinedTable, type Transaction } from "../branch/transaction.js";
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { EngineType } from "../engine/types.js";
import { copyColumnInput } from "../pgtypes/copy-columns.js";
import { CopyParser, type CopyRow } from "../pgtypes/copy-parser.js";
import type { CopyStatement, NameReference } from "../sql/analysis.js";
import { plainReading } from "../sql/reading.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";
import { resolveStatement, writableName } from "./resolve.js";
import { streamBatches } from "./results.js";
import type { CopyFormat, CopySink, StatementResult } from "./types.js";

/** Rows gathered before they are moved from the staging table into the target. */
const BATCH_ROWS = 50_000;
const STAGING = { catalog: "temp", schema: "main", name: "duckbranch_copy" } as const;
const STAGING_SQL = `temp.main.${STAGING.name}`;

export interface CopyHost {
  readonly connection: Connection;
  readonly transaction: Transaction;
  readonly planContext: PlanContext;
  /** Of the session: times without a zone are local there. */
  readonly timeZone: string;
  /** Ends the statement's transaction if it is alone in it. */
  readonly commit: () => Promise<void>;
  readonly rollback: () => Promise<void>;
}

/**
 * Begins COPY … FROM STDIN.
 *
 * Atomic  the session's transaction; an abort or a bad row leaves nothing
 */
export async function startCopyIn(host: CopyHost, statement: CopyStatement): Promise<StatementResult> {
  const { target } = statement;
  if (target === undefined) throw new SqlError(SQLSTATE.syntaxError, "COPY FROM needs a table");
  const format = readCopyFormat(statement);
  const table = await copyTarget(host, target);
  const columns = chooseColumns(target, table.columns, statement.columns);
  const { connection } = host;
  const staged = columns.map((_, index) => `c${index} VARCHAR`).join(", ");
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${STAGING.name} (${staged})`);
  const list = columns.map((column) => quoteIdentifier(column.name)).join(", ");
  const types = await columnTypes(connection, `SELECT ${list} FROM ${table.sql}`);
  const inputs = types.map((type) => copyColumnInput(type, { timeZone: host.timeZone }));
  const parser = new CopyParser({
    format,
    table: target.parts.at(-1) ?? "",
    columns: columns.map((c) => c.name),
    readers: inputs.map((input) => input.read),
  });
  const values = inputs.map((input, index) => input.expression(`c${index}`)).join(", ");
  const move = `INSERT INTO ${table.sql} (${list}) SELECT ${values} FROM ${STAGING_SQL}`;
  return { kind: "copyIn", columnCount: columns.length, sink: new StagingSink(host, parser, move) };
}

/** The types a query's columns have. */
async function columnTypes(connection: Connection, sql: string): Promise<readonly EngineType[]> {
  const prepared = await connection.prepare(sql);
  try {
    return prepared.columns.map(({ name, type }) => {
      if (type === null)
        throw notSupported(`COPY FROM into column "${name}" is not supported: its type is not known`);
      return type;
    });
  } finally {
    prepared.close();
  }
}

class StagingSink implements CopySink {
  readonly #host: CopyHost;
  readonly #parser: CopyParser;
  readonly #move: string;
  #waiting: CopyRow[] = [];
  #total = 0;

  constructor(host: CopyHost, parser: CopyParser, move: string) {
    this.#host = host;
    this.#parser = parser;
    this.#move = move;
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#take(this.#parser.push(data));
  }

  async finish(): Promise<string> {
    await this.#take(this.#parser.finish());
    await this.#flush();
    await this.#host.connection.run(`DROP TABLE ${STAGING_SQL}`);
    await this.#host.commit();
    return `COPY ${this.#total}`;
  }

  async abort(): Promise<void> {
    await this.#host.rollback();
  }

  async #take(rows: CopyRow[]): Promise<void> {
    for (const row of rows) this.#waiting.push(row);
    if (this.#waiting.length >= BATCH_ROWS) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { connection } = this.#host;
    await connection.appendText(STAGING, this.#waiting);
    this.#total += this.#waiting.length;
    this.#waiting = [];
    await connection.run(this.#move);
    await connection.run(`TRUNCATE ${STAGING_SQL}`);
  }
}

interface CopyTarget {
  readonly sql: string;
  readonly columns: readonly CopyColumn[];
}

interface CopyColumn {
  readonly name: string;
}

async function copyTarget(host: CopyHost, name: NameReference): Promise<CopyTarget> {
  const { transaction, planContext } = host;
  const meaning = writableName(planContext.scope, name);
  if (meaning.kind === "temporary") {
    return {
      sql: `temp.main.${quoteIdentifier(meaning.name)}`,
      columns: await columnsOf(host.connection, "temp", { schema: "main", name: meaning.name }),
    };
  }
  if (meaning.kind === "unknown" && planContext.scope.head !== MAIN) throw undefinedTable(meaning.relation);
  const physical = await transaction.writableTable(meaning.relation);
  return { sql: physicalName(physical), columns: await columnsOf(host.connection, DATA_CATALOG, physical) };
}

async function columnsOf(
  connection: Connection,
  catalog: string,
  table: PhysicalTable,
): Promise<readonly CopyColumn[]> {
  const [row] = await connection.rows(
    "SELECT sql FROM duckdb_tables() WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)",
    [catalog, table.schema, table.name],
  );
  if (row === undefined) throw undefinedTable(table);
  return storedColumns(readTableDefinition(textCell(row, "sql")));
}

/** The columns the data has, in its order. 42703 unknown, 42701 named twice. */
function chooseColumns(
  target: NameReference,
  columns: readonly CopyColumn[],
  names: readonly string[],
): readonly CopyColumn[] {
  if (names.length === 0) return columns;
  const folded = names.map(normaliseName);
  const repeated = folded.find((name, index) => folded.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new SqlError(SQLSTATE.duplicateColumn, `column "${repeated}" specified more than once`);
  return names.map((name) => {
    const column = columns.find((candidate) => normaliseName(candidate.name) === normaliseName(name));
    if (column === undefined) {
      throw new SqlError(
        SQLSTATE.undefinedColumn,
        `column "${name}" of relation "${target.parts.at(-1) ?? ""}" does not exist`,
      );
    }
    return column;
  });
}

/** Begins COPY … TO STDOUT. */
export async function copyOut(host: CopyHost, statement: CopyStatement): Promise<StatementResult> {
  const { services, scope } = host.planContext;
  const format = readCopyFormat(statement);
  const sql =
    statement.query === undefined
      ? await tableQuery(host, statement)
      : await resolveStatement(services, scope, statement.query);
  if (
    statement.query?.writes ||
    (statement.query !== undefined && !statement.query.certain && scope.head !== MAIN)
  ) {
    throw notSupported("COPY of this query is not supported");
  }
  const stream = await host.connection.stream(sql);
  const { columns } = stream;
  const batches = streamBatches(
    stream,
    async (complete) => await (complete ? host.commit() : host.rollback()),
  );
  return { kind: "copyOut", columnCount: columns.length, format, columns, batches };
}

async function tableQuery(host: CopyHost, statement: CopyStatement): Promise<string> {
  const { target } = statement;
  if (target === undefined) throw new SqlError(SQLSTATE.syntaxError, "COPY needs a table or a query");
  const columns = statement.columns.length === 0 ? "*" : statement.columns.map(quoteIdentifier).join(", ");
  const from = `SELECT ${columns} FROM `;
  const text = from + target.parts.map(quoteIdentifier).join(".");
  const name: NameReference = {
    ...target,
    role: "read",
    start: from.length,
    end: text.length,
    alias: undefined,
    aliasAt: text.length,
  };
  return await resolveStatement(host.planContext.services, host.planContext.scope, {
    ...plainReading("select", "SELECT", false),
    kind: "relational",
    text,
    certain: true,
    names: [name],
    edits: [],
    parameterCount: 0,
  });
}

const KNOWN_OPTIONS = new Set([
  "format",
  "delimiter",
  "null",
  "header",
  "quote",
  "escape",
  "encoding",
  "freeze",
]);

/** Reads COPY's options, PostgreSQL's defaults and rules. 0A000 for the binary format and options not built yet. */
function readCopyFormat(statement: CopyStatement): CopyFormat {
  const { options } = statement;
  for (const name of options.keys()) {
    if (!KNOWN_OPTIONS.has(name)) throw notSupported(`COPY option "${name}" is not supported`);
  }
  const format = options.get("format")?.toLowerCase() ?? "text";
  if (format !== "text" && format !== "csv") {
    throw format === "binary"
      ? notSupported("COPY in binary format is not supported yet")
      : invalidOption(`COPY format "${format}" not recognized`);
  }
  const encoding = options.get("encoding");
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding))
    throw notSupported(`COPY encoding "${encoding}" is not supported`);
  const delimiter = options.get("delimiter") ?? (format === "csv" ? "," : "\t");
  const quote = options.get("quote") ?? '"';
  const header = (options.get("header") ?? "false").toLowerCase();
  if (Buffer.byteLength(delimiter) !== 1)
    throw invalidOption("COPY delimiter must be a single one-byte character");
  if (format === "text" && (options.has("quote") || options.has("escape")))
    throw invalidOption("COPY quote and escape are available only in CSV mode");
  if (Buffer.byteLength(quote) !== 1) throw invalidOption("COPY quote must be a single one-byte character");
  return {
    format,
    delimiter,
    null: options.get("null") ?? (format === "csv" ? "" : "\\N"),
    header: ["true", "on", "1", "match"].includes(header),
    quote,
    escape: options.get("escape") ?? quote,
  };
}

function invalidOption(message: string): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, message);
}
