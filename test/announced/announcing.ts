/** What a server announces for a statement, with its own OIDs replaced by the names its own catalogue gives them. */
import { serialize } from "pg-protocol";
import type { BackendMessage, RowDescriptionMessage } from "pg-protocol/dist/messages.js";
import { type Address, WireClient } from "../support/wire-client.js";

/** Whether the table and column that a result column is taken from are compared. */
const ORIGINS = true;

type Field = RowDescriptionMessage["fields"][number];

export class Announcer implements Disposable {
  readonly client: WireClient;
  readonly #names = new Map<string, string>();

  private constructor(client: WireClient) {
    this.client = client;
  }

  static async start(address: Address, database: string): Promise<Announcer> {
    return new Announcer(await WireClient.start(address, { database }));
  }

  /** Runs a script; its first error is thrown. */
  async script(text: string): Promise<void> {
    for (const message of await this.client.query(text)) throwError(message);
    this.#names.clear();
  }

  /** Parameters and columns, one line each, as Describe tells them; or the error. */
  async describe(text: string): Promise<string[]> {
    this.client.send(
      serialize.parse({ text }),
      serialize.describe({ type: "S", name: "" }),
      serialize.sync(),
    );
    return await this.#lines(await this.client.untilReady());
  }

  /** Columns as a simple query tells them, and its rows. */
  async run(text: string): Promise<string[]> {
    return await this.#lines(await this.client.query(text));
  }

  /** Columns and rows of a statement with values, results in one format for all: 0 text, 1 binary. */
  async bind(
    text: string,
    values: readonly (string | Buffer | null)[],
    format: "text" | "binary",
    types: readonly number[] = [],
  ): Promise<string[]> {
    this.client.send(
      serialize.parse({ text, types: [...types] }),
      serialize.bind({ values: [...values], binary: format === "binary" }),
      serialize.describe({ type: "P", name: "" }),
      serialize.execute({}),
      serialize.sync(),
    );
    const lines = await this.#lines(await this.client.untilReady());
    // PostgreSQL reads values at Bind, this program at Execute: how far a failed statement came is not compared.
    const failure = lines.find((line) => line.startsWith("error "));
    return failure === undefined ? lines : [failure];
  }

  /** The one value of a query. */
  async value(text: string): Promise<string> {
    for (const message of await this.client.query(text)) {
      throwError(message);
      if (isDataRow(message)) return String(message.fields[0]);
    }
    throw new Error(`no row: ${text}`);
  }

  async #lines(messages: readonly BackendMessage[]): Promise<string[]> {
    const lines: string[] = [];
    for (const message of messages) {
      if (isFailure(message)) lines.push(`error ${message.code} ${message.message}`);
      else if (isParameters(message))
        for (const oid of message.dataTypeIDs) lines.push(`parameter ${await this.#typeName(oid)}`);
      else if (isColumns(message)) for (const field of message.fields) lines.push(await this.#column(field));
      else if (isDataRow(message)) lines.push(`row ${JSON.stringify(message.fields)}`);
    }
    return lines;
  }

  async #column(field: Field): Promise<string> {
    const type = await this.#typeName(field.dataTypeID);
    const words = [field.name, type, `size ${field.dataTypeSize}`, `typmod ${field.dataTypeModifier}`];
    if (ORIGINS && field.tableID !== 0)
      words.push(
        field.columnID === 0
          ? `from all of ${await this.#name(`SELECT relname FROM pg_catalog.pg_class WHERE oid = ${field.tableID}`)}`
          : `from ${await this.#columnName(field.tableID, field.columnID)}`,
      );
    return words.join(" ");
  }

  async #typeName(oid: number): Promise<string> {
    return await this.#name(`SELECT typname FROM pg_catalog.pg_type WHERE oid = ${oid}`);
  }

  async #columnName(table: number, column: number): Promise<string> {
    return await this.#name(
      `SELECT c.relname || '.' || a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
       WHERE c.oid = ${table} AND a.attnum = ${column}`,
    );
  }

  async #name(query: string): Promise<string> {
    const known = this.#names.get(query);
    if (known !== undefined) return known;
    const name = await this.value(query);
    this.#names.set(query, name);
    return name;
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

function throwError(message: BackendMessage): void {
  if (isFailure(message)) throw new Error(`${message.code} ${message.message}`);
}

interface Failure extends BackendMessage {
  readonly code: string;
  readonly message: string;
}

function isFailure(message: BackendMessage): message is Failure {
  return message.name === "error";
}

function isParameters(
  message: BackendMessage,
): message is BackendMessage & { readonly dataTypeIDs: readonly number[] } {
  return message.name === "parameterDescription";
}

function isColumns(message: BackendMessage): message is RowDescriptionMessage {
  return message.name === "rowDescription";
}

function isDataRow(
  message: BackendMessage,
): message is BackendMessage & { readonly fields: readonly unknown[] } {
  return message.name === "dataRow";
}
