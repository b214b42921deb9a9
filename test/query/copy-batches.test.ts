/** COPY FROM STDIN of more rows than one batch holds: order, values, and nothing left behind by whatever ends it early. */
import { serialize } from "pg-protocol";
import { DatabaseError, DataRowMessage } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { WireClient } from "../support/wire-client.js";

const ROWS = 30_000;
const HEADS = ["main", "main/one", "main/two"];

let app: App;
let client: WireClient;

beforeAll(async () => {
  app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  using setup = await WireClient.start(app.address);
  await setup.query("create table t (id int primary key, name text, d double precision default 0.5)");
  await setup.query("insert into t values (-1, 'before', 1)");
  await setup.query("create branch one");
  await setup.query("create branch two from one");
});

afterAll(async () => await app.close());

async function values(reader: WireClient, query: string): Promise<unknown[]> {
  const messages = await reader.query(query);
  const error = messages.find((message) => message instanceof DatabaseError);
  if (error !== undefined) throw error;
  return messages.flatMap((message) => (message instanceof DataRowMessage ? [message.fields] : []));
}

/** Rows `id, name` from 0 on, as text, in pieces that end anywhere. */
function pieces(last = ""): Buffer[] {
  const rows = Array.from({ length: ROWS }, (_, i) => `${i}\tname ${i} ${"x".repeat(i % 20)}\n`);
  const data = Buffer.from(rows.join("") + last);
  const cut: Buffer[] = [];
  for (let at = 0; at < data.length; at += 10_007)
    cut.push(Buffer.from(serialize.copyData(data.subarray(at, at + 10_007))));
  return cut;
}

async function copy(statement: string, data: readonly Buffer[]): Promise<string> {
  client.send(Buffer.from(serialize.query(statement)), ...data, Buffer.from(serialize.copyDone()));
  const messages = await client.untilReady();
  const error = messages.find((message) => message instanceof DatabaseError);
  return error === undefined ? "ok" : `${error.code} ${error.where ?? ""}`;
}

async function kept(): Promise<unknown[]> {
  return await values(client, "select id, name from t where id <> -1 or name <> 'before'");
}

describe.each(HEADS)("on %s", (database) => {
  beforeAll(async () => {
    client = await WireClient.start(app.address, { database });
  });
  afterAll(() => client[Symbol.dispose]());
  beforeEach(async () => {
    await client.query("delete from t where id >= 0");
  });

  test("rows come in order, with defaults", async () => {
    expect(await copy("copy t (id, name) from stdin", pieces())).toBe("ok");
    const rows = await values(client, "select id, name, d from t where id >= 0 order by id");
    expect(rows).toEqual(
      Array.from({ length: ROWS }, (_, i) => [String(i), `name ${i} ${"x".repeat(i % 20)}`, "0.5"]),
    );
  });

  test("a condition looks at every row", async () => {
    expect(await copy("copy t (id, name) from stdin where id % 3 = 0 and d = 0.5", pieces())).toBe("ok");
    expect(await values(client, "select count(*), sum(id % 3) from t where id >= 0")).toEqual([
      [String(ROWS / 3), "0"],
    ]);
  });

  test("a bad row at the end leaves nothing", async () => {
    const outcome = await copy("copy t (id, name) from stdin", pieces("x\ty\n"));
    expect(outcome).toBe(`22P02 COPY t, line ${ROWS + 1}, column id: "x"`);
    expect(await kept()).toEqual([]);
  });

  test("a key twice leaves nothing, though the rows behind it were read", async () => {
    const early = Buffer.from(serialize.copyData(Buffer.from("0\tfirst\n")));
    expect(await copy("copy t (id, name) from stdin", [early, ...pieces()])).toMatch(/^23505/);
    expect(await copy("copy t (id, name) from stdin", pieces("-1\tlast\n"))).toMatch(/^23505/);
    expect(await kept()).toEqual([]);
  });

  test("a client that hangs up leaves nothing, and no lock", async () => {
    const gone = await WireClient.start(app.address, { database });
    gone.send(Buffer.from(serialize.query("copy t (id, name) from stdin")), ...pieces());
    expect((await gone.next())?.name).toBe("copyInResponse");
    gone[Symbol.dispose]();
    // Waits for the lock of the one that is gone, on a branch.
    expect(await values(client, "update t set d = 2 where id = -1 returning d")).toEqual([["2"]]);
    expect(await kept()).toEqual([]);
  });

  test("a cancelled copy leaves nothing", async () => {
    client.send(Buffer.from(serialize.query("copy t (id, name) from stdin")), ...pieces());
    expect((await client.next())?.name).toBe("copyInResponse");
    using canceller = await WireClient.dial(app.address);
    canceller.send(Buffer.from(serialize.cancel(client.processId, client.secret)));
    await canceller.untilClosed();
    client.send(...pieces(), Buffer.from(serialize.copyDone()));
    const messages = await client.untilReady();
    const error = messages.find((message) => message instanceof DatabaseError);
    expect(error?.code).toBe("57014");
    expect(await kept()).toEqual([]);
  });

  test("tables and columns with odd names", async () => {
    const table = '"a b""c Über"';
    await client.query(`drop table if exists ${table}`);
    await client.query(`create table ${table} ("n ""m" int not null, "Ü" text default 'd')`);
    const data = [Buffer.from(serialize.copyData(Buffer.from("1\n2\n")))];
    const where = `where ${table}."n ""m" > 1 and "Ü" = 'd'`;
    expect(await copy(`copy ${table} ("n ""m") from stdin ${where}`, data)).toBe("ok");
    expect(await copy(`copy public.${table} ("n ""m") from stdin`, data)).toBe("ok");
    expect(await values(client, `select * from ${table} order by 1`)).toEqual([
      ["1", "d"],
      ["2", "d"],
      ["2", "d"],
    ]);
  });

  test("a field larger than a batch", async () => {
    const size = 6_000_000;
    const field = "long \\\\ ".repeat(size / 8);
    const data = Buffer.from(`1\t${field}\n2\tshort\n`);
    const parts: Buffer[] = [];
    for (let at = 0; at < data.length; at += 65_536)
      parts.push(Buffer.from(serialize.copyData(data.subarray(at, at + 65_536))));
    expect(await copy("copy t (id, name) from stdin", parts)).toBe("ok");
    const md5 = `select id, length(name), md5(name) = md5(repeat('long \\ ', ${size / 8})) from t where id > 0 order by id`;
    expect(await values(client, md5)).toEqual([
      ["1", String((size / 8) * 7), "t"],
      ["2", "5", "f"],
    ]);
  });
});
