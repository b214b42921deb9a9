/**
 * COPY FROM STDIN beside PostgreSQL 15: the same bytes into the same table end with the same rows, or with the same error at
 * the same place; on main, on a branch and on a branch of a branch.
 */
import { serialize } from "pg-protocol";
import { CommandCompleteMessage, DatabaseError, DataRowMessage } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { hasPostgres, startPostgres, type PostgresServer } from "../support/postgres.js";
import { WireClient } from "../support/wire-client.js";
import { COPY_CASES, type CopyCase } from "./copy-cases.js";

/** What came of a COPY, as both servers tell it. */
interface Outcome {
  readonly tag?: string;
  readonly rows?: readonly string[];
  readonly error?: string;
}

async function runCase(client: WireClient, { columns, copy, data }: CopyCase): Promise<Outcome> {
  await client.query("drop table if exists t");
  await client.query(`create table t (${columns})`);
  const bytes = Buffer.from(data);
  // Cut in two, so that nothing depends on rows being whole.
  const middle = Math.floor(bytes.length / 2);
  const query = serialize.query(`copy t ${copy}`);
  client.send(
    query,
    serialize.copyData(bytes.subarray(0, middle)),
    serialize.copyData(bytes.subarray(middle)),
    serialize.copyDone(),
  );
  const messages = await client.untilReady();
  const error = messages.find((message) => message instanceof DatabaseError);
  if (error !== undefined) return { error: describeError(error) };
  const tag = messages.find((message) => message instanceof CommandCompleteMessage);
  const rows = await client.query("select * from t");
  return {
    tag: tag?.text ?? "",
    rows: rows.flatMap((message) =>
      message instanceof DataRowMessage ? [JSON.stringify(message.fields)] : [],
    ),
  };
}

/** Names of constraints, which lines broke them, and hints about names are not COPY's. */
const BROKEN_KEYS = new Set(["23505", "23514"]);

function describeError({ code, message, where, hint }: DatabaseError): string {
  if (BROKEN_KEYS.has(code ?? "")) return code ?? "";
  const parts = [code, message, where, code === "22P04" ? hint : undefined];
  return parts.filter((part) => part !== undefined).join(" | ");
}

/** DuckDB's generated columns are all computed when they are read. */
function withoutStored(copyCase: CopyCase): CopyCase {
  return { ...copyCase, columns: copyCase.columns.replace(" stored", "") };
}

function nameOf({ columns, copy, data }: CopyCase): string {
  return `t (${columns}) ${copy} < ${JSON.stringify(Buffer.from(data).toString("latin1").slice(0, 60))}`;
}

describe.skipIf(!hasPostgres)("COPY FROM STDIN as in PostgreSQL 15", () => {
  let postgres: PostgresServer;
  let app: App;
  let oracle: WireClient;
  const ours: WireClient[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
    oracle = await WireClient.start(postgres.address, { database: "postgres" });
    const main = await WireClient.start(app.address);
    await main.query("create branch one");
    await main.query("create branch two from one");
    ours.push(main);
    for (const database of ["main/one", "main/two"])
      ours.push(await WireClient.start(app.address, { database }));
  }, 60_000);

  afterAll(async () => {
    for (const client of [oracle, ...ours]) client[Symbol.dispose]();
    await app.close();
    await postgres[Symbol.asyncDispose]();
  });

  test.each(COPY_CASES.map((copyCase) => [nameOf(copyCase), copyCase] as const))(
    "%s",
    async (_name, copyCase) => {
      const expected = await runCase(oracle, copyCase);
      for (const client of ours) expect(await runCase(client, withoutStored(copyCase))).toEqual(expected);
    },
  );
});
