/**
 * The temporary tables of one WITH that changes rows: rows its steps returned, and rows as they were before. They are in the
 * session's transaction, so an error takes them away; at the end of the statement they are dropped.
 */
import { createHash } from "node:crypto";
import { notSupported } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import type { DataChunk } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { storedType } from "./cursor-store.js";
import { fillTable } from "./filled-table.js";
import type { ResultColumn } from "./types.js";

/** Larger tables are not copied for the sake of what they held before. */
const MAX_COPIED_ROWS = 1_000_000;

export class StepTables {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #made: string[] = [];

  /** Tables of one text have the same names each time, so that what was prepared for it can be used again. */
  constructor(connection: Connection, text: string) {
    this.#connection = connection;
    this.#prefix = `with_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  }

  /** A table of these rows; gives its name as SQL. Errors: 0A000 for columns of one name, which nothing can tell apart */
  async keep(columns: readonly ResultColumn[], chunks: readonly DataChunk[]): Promise<string> {
    const name = this.#next();
    const definitions = columns.map((column) => `${quoteIdentifier(column.name)} ${keptType(column)}`);
    refuseSameNames(columns);
    await this.#connection.run(`CREATE TEMP TABLE ${quoteIdentifier(name)} (${definitions.join(", ")})`);
    this.#made.push(name);
    await fillTable(this.#connection, name, chunks);
    return tableSql(name);
  }

  /** A table of what the query gives now. Errors: 0A000 for too many rows */
  async copy(query: string, shown: string): Promise<string> {
    const [counted] = await this.#connection.rows(`SELECT count(*) AS n FROM (${query}\n)`);
    if (counted === undefined || numberCell(counted, "n") > MAX_COPIED_ROWS) {
      throw notSupported(
        `WITH that changes rows cannot read "${shown}" as it was before: it has more than ${MAX_COPIED_ROWS} rows`,
        "run the parts one after the other, in a transaction",
      );
    }
    const name = this.#next();
    await this.#connection.run(`CREATE TEMP TABLE ${quoteIdentifier(name)} AS ${query}`);
    this.#made.push(name);
    return tableSql(name);
  }

  async drop(): Promise<void> {
    for (const name of this.#made.splice(0)) await this.#connection.run(`DROP TABLE ${tableSql(name)}`);
  }

  #next(): string {
    return `${this.#prefix}_${this.#made.length}`;
  }
}

function tableSql(name: string): string {
  return `temp.main.${quoteIdentifier(name)}`;
}

/** A table of the same columns without a row, for describing. */
export function emptyTable(columns: readonly ResultColumn[]): string {
  refuseSameNames(columns);
  const values = columns.map(
    (column) => `CAST(NULL AS ${keptType(column)}) AS ${quoteIdentifier(column.name)}`,
  );
  return `(SELECT ${values.join(", ")} WHERE false)`;
}

/** Documents stay what they are: DuckDB would tell nobody that they are no texts. */
function keptType({ name, type }: ResultColumn): string {
  if (type?.typeId === EngineTypeId.LIST) return `${keptType({ name, type: type.valueType })}[]`;
  const isDocument = type?.typeId === EngineTypeId.VARCHAR && /^jsonb?$/i.test(type.alias ?? "");
  return isDocument ? "JSON" : storedType({ name, type });
}

function refuseSameNames(columns: readonly ResultColumn[]): void {
  const names = columns.map(({ name }) => name.toLowerCase());
  const same = names.find((name, at) => names.indexOf(name) !== at);
  if (same === undefined) return;
  throw notSupported(
    `RETURNING of two columns "${same}" in WITH is not supported`,
    "give them names with AS",
  );
}

/** The statement with other relations in the place of some names; a table's own name stays its alias. */
export function withRelations(
  statement: RelationalStatement,
  relationOf: (name: NameReference) => string | undefined,
): RelationalStatement {
  const replaced = statement.names.flatMap((name) => {
    const sql = relationOf(name);
    return sql === undefined ? [] : [{ name, sql }];
  });
  if (replaced.length === 0) return statement;
  const edits = replaced.flatMap(({ name, sql }): TextEdit[] => {
    const { start, end, alias, aliasAt } = name;
    if (alias !== undefined || name.role === "columnQualifier") return [{ start, end, text: sql }];
    if (aliasAt === undefined)
      throw notSupported(`"${name.parts.join(".")}" cannot be read here as it was before`);
    const own = ` AS ${quoteIdentifier(name.parts.at(-1) ?? "")}`;
    if (aliasAt === end) return [{ start, end, text: sql + own }];
    return [
      { start, end, text: sql },
      { start: aliasAt, end: aliasAt, text: own },
    ];
  });
  const names = statement.names.filter((name) => !replaced.some((item) => item.name === name));
  return {
    ...statement,
    names,
    narrow: [],
    edits: [...statement.edits, ...edits].toSorted((a, b) => a.start - b.start),
  };
}
