/** Connections to compare COPY on: PostgreSQL 15, and this program on main, on a branch and on a branch of a branch. */
import { serialize } from "pg-protocol";
import {
  type BackendMessage,
  CommandCompleteMessage,
  CopyDataMessage,
  CopyResponse,
  DatabaseError,
  DataRowMessage,
} from "pg-protocol/dist/messages.js";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { startPostgres } from "../support/postgres.js";
import { WireClient } from "../support/wire-client.js";

export interface Heads extends AsyncDisposable {
  readonly oracle: WireClient;
  readonly ours: readonly WireClient[];
}

export async function startHeads(): Promise<Heads> {
  const postgres = await startPostgres();
  const app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  const oracle = await WireClient.start(postgres.address, { database: "postgres" });
  const main = await WireClient.start(app.address);
  await main.query("create branch one");
  await main.query("create branch two from one");
  const ours = [main];
  for (const database of ["main/one", "main/two"])
    ours.push(await WireClient.start(app.address, { database }));
  return {
    oracle,
    ours,
    [Symbol.asyncDispose]: async () => {
      for (const client of [oracle, ...ours]) client[Symbol.dispose]();
      await app.close();
      await postgres[Symbol.asyncDispose]();
    },
  };
}

/** What came of a COPY, as any server tells it. */
export interface Outcome {
  readonly tag?: string;
  readonly rows?: readonly string[];
  readonly error?: string;
}

/** Sends a COPY FROM STDIN with its data, cut in two, so that nothing depends on rows being whole. */
export async function copyIn(client: WireClient, statement: string, data: Uint8Array): Promise<Outcome> {
  const middle = Math.floor(data.length / 2);
  client.send(
    serialize.query(statement),
    serialize.copyData(Buffer.from(data.subarray(0, middle))),
    serialize.copyData(Buffer.from(data.subarray(middle))),
    serialize.copyDone(),
  );
  return outcomeOf(await client.untilReady());
}

/** The format codes a COPY announces, and its CopyData messages in hexadecimal, one each. */
export async function copyOut(client: WireClient, statement: string): Promise<Outcome> {
  const messages = await client.query(statement);
  const rows = messages.flatMap((message) => {
    if (message instanceof CopyResponse) return [JSON.stringify([message.binary, message.columnTypes])];
    return message instanceof CopyDataMessage ? [message.chunk.toString("hex")] : [];
  });
  return { ...outcomeOf(messages), rows };
}

export async function rowsOf(client: WireClient, query: string): Promise<string[]> {
  const messages = await client.query(query);
  const error = messages.find((message) => message instanceof DatabaseError);
  if (error !== undefined) throw new Error(`${query}: ${error.message}`);
  return messages.flatMap((message) =>
    message instanceof DataRowMessage ? [JSON.stringify(message.fields)] : [],
  );
}

function outcomeOf(messages: readonly BackendMessage[]): Outcome {
  const error = messages.find((message) => message instanceof DatabaseError);
  if (error !== undefined) return { error: describeError(error) };
  const tag = messages.find((message) => message instanceof CommandCompleteMessage);
  return { tag: tag?.text ?? "" };
}

/** Names of constraints, which lines broke them, and hints about names are not COPY's. */
const BROKEN_KEYS = new Set(["23505", "23514"]);

function describeError({ code, message, where, hint }: DatabaseError): string {
  if (BROKEN_KEYS.has(code ?? "")) return code ?? "";
  const parts = [code, message, where, code === "22P04" ? hint : undefined];
  return parts.filter((part) => part !== undefined).join(" | ");
}
