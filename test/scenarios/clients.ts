/** The clients of one scenario: node-postgres, one connection per head, values as the server's text. */
import { Client, DatabaseError, type ClientConfig } from "pg";
import type { App } from "../../src/app.js";

const RAW_TEXT = { getTypeParser: () => (value: unknown) => value };

export type ClientOptions = Pick<ClientConfig, "options">;

/** Connects to a database name; the connection's own errors are those of its next statement. */
export async function connectTo(app: App, database: string, more: ClientOptions = {}): Promise<Client> {
  const client = new Client({ ...app.address, user: "tester", database, types: RAW_TEXT, ...more });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Runs a simple query and returns its rows as arrays of texts. */
export async function rowsOf(client: Client, text: string): Promise<(string | null)[][]> {
  const result = await client.query<(string | null)[]>({ text, rowMode: "array" });
  return result.rows;
}

/** The single value a query returns. */
export async function valueOf(client: Client, text: string): Promise<string | null> {
  const rows = await rowsOf(client, text);
  const [first] = rows;
  if (rows.length !== 1 || first?.length !== 1) throw new Error(`not one value: ${text}`);
  return first[0] ?? null;
}

/** SQLSTATE a statement fails with; undefined when it succeeds. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseError) return error.code;
    throw error;
  }
}

/** Connections by the name the scenario gives them. */
export class Clients implements AsyncDisposable {
  readonly #app: App;
  readonly #open = new Map<string, Client>();

  constructor(app: App) {
    this.#app = app;
  }

  /** The named client, connected when first needed. */
  async get(name: string): Promise<Client> {
    const client = this.#open.get(name) ?? (await connectTo(this.#app, databaseOf(name)));
    this.#open.set(name, client);
    return client;
  }

  /** Hangs up; there is nothing to report. */
  async close(name: string): Promise<readonly string[]> {
    await this.#open.get(name)?.end();
    this.#open.delete(name);
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#open.values()) await client.end();
  }
}

/** `branch x#2` ⇒ `main/x` */
function databaseOf(name: string): string {
  const [, kind = "", rest = ""] = /^(main|branch|database) ?(.*?)(?:#\d)?$/.exec(name) ?? [];
  if (kind === "main") return "main";
  return kind === "branch" ? `main/${rest}` : rest;
}
