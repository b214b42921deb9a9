/** node-postgres with what these tests always want. */
import { Client, type ClientConfig } from "pg";
import type { Address } from "../support/wire-client.js";

/** A connected client; disposing ends it, also when the server is gone. */
export interface PgClient extends AsyncDisposable {
  readonly pg: Client;
  /** Rows as arrays of the values node-postgres makes of them. */
  rows(sql: string, values?: readonly unknown[]): Promise<unknown[][]>;
  /** The first column of the only row. */
  value(sql: string, values?: readonly unknown[]): Promise<unknown>;
}

export async function connectPg(
  address: Address,
  options: ClientConfig | string = "main",
): Promise<PgClient> {
  const given = typeof options === "string" ? { database: options } : options;
  const client = new Client({ user: "tester", database: "main", ...address, ...given });
  // A server that is killed breaks the connection between queries too; the query under way reports it.
  client.on("error", () => undefined);
  await client.connect();
  const rows = async (sql: string, values: readonly unknown[] = []): Promise<unknown[][]> => {
    const result = await client.query<unknown[]>({ text: sql, values: [...values], rowMode: "array" });
    return result.rows;
  };
  return {
    pg: client,
    rows,
    value: async (sql, values) => {
      const found = await rows(sql, values);
      if (found.length !== 1) throw new Error(`expected one row, got ${found.length}`);
      return found[0]?.[0];
    },
    [Symbol.asyncDispose]: async () => await client.end(),
  };
}
