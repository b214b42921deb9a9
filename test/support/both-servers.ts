/** One history run on this server and on PostgreSQL, and what a client can tell of either. */
import type { BackendMessage } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { startPostgres } from "./postgres.js";
import type { Address } from "./wire-client.js";

export interface BothServers {
  readonly ours: Address;
  readonly postgres: Address;
}

/** Started before the tests of the suite that calls it, and ended behind them; the answer is to be called within a test. */
export function useBothServers(): () => BothServers {
  let both: (BothServers & { end: () => Promise<void> }) | undefined;
  beforeAll(async () => {
    const app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
    const postgres = await startPostgres();
    const end = async (): Promise<void> => {
      await app.close();
      await postgres[Symbol.asyncDispose]();
    };
    both = { ours: app.address, postgres: postgres.address, end };
  });
  afterAll(async () => {
    await both?.end();
  });
  return () => {
    if (both === undefined) throw new Error("the servers are started by the suite");
    return both;
  };
}

/** Rows, tags, errors by their code (which of several keys is told nobody promises), and the state of the transaction. */
export function seen(messages: readonly BackendMessage[]): string[] {
  return messages.flatMap((message): string[] => {
    if ("fields" in message && message.name === "dataRow") return [JSON.stringify(message.fields)];
    if (message.name === "commandComplete" && "text" in message) return [String(message.text)];
    if (message.name === "error" && "code" in message) return [String(message.code)];
    if (message.name === "readyForQuery" && "status" in message) return [String(message.status)];
    return [];
  });
}
