/** Rows that several sessions claim as workers of a queue do: by a statement that changes what it locks. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { CommandCompleteMessage, DatabaseError, DataRowMessage } from "pg-protocol/dist/messages.js";
import { WireClient } from "../support/wire-client.js";

let app: App;
beforeAll(async () => {
  app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  using client = await WireClient.start(app.address, { database: "main" });
  await client.query("create table jobs (id int primary key, queue text, taken_by int)");
  await client.query("insert into jobs select i, 'q' || i % 2, null from generate_series(1, 60) as i");
  await client.query("create table counters (k int primary key, n int not null, list int[])");
  await client.query("create branch work");
});
afterAll(async () => await app.close());

const IN =
  "update jobs set taken_by = W where id in (select id from jobs where taken_by is null order by id limit 2 for update skip locked) returning id";
const WITH =
  "with next as (select j.id from jobs as j where taken_by is null order by id limit 1 for update of j skip locked) update jobs set taken_by = W from next where jobs.id = next.id returning jobs.id";

/** Rows, and the tag or the error's code. */
async function ask(client: WireClient, sql: string): Promise<{ rows: number[]; end: string | undefined }> {
  const messages = await client.query(sql);
  const ends = messages.map((message) => {
    if (message instanceof DatabaseError) return message.code;
    return message instanceof CommandCompleteMessage ? message.text : undefined;
  });
  const rows = messages.filter((message) => message instanceof DataRowMessage);
  return { rows: rows.map(({ fields }) => Number(fields[0])), end: ends.find((end) => end !== undefined) };
}

/** Takes jobs until there are none; what lost every race is tried again, as clients do. */
async function work(database: string, worker: number, claim: string): Promise<number[]> {
  using client = await WireClient.start(app.address, { database });
  const taken: number[] = [];
  for (;;) {
    const { rows, end } = await ask(client, claim.replace("W", String(worker)));
    if (end === "40001") continue;
    if (rows.length === 0) return taken;
    taken.push(...rows);
  }
}

describe.each(["main", "main/work"])("jobs on %s", (database) => {
  it("are each taken by one worker", async () => {
    const taken = await Promise.all(
      [1, 2, 3, 4].map(async (worker) => await work(database, worker, worker % 2 ? IN : WITH)),
    );
    const all = taken
      .flat()
      .map(Number)
      .toSorted((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });
});

/** The same change, in each of DuckDB's ways to make it. */
const COUNTING = [
  "update counters set n = n + 1 where k = K",
  "update counters set n = n + 1 where k = K returning n",
  "update counters set n = n + 1, list = '{1}' where k = K",
  "insert into counters values (K, 1) on conflict (k) do update set n = counters.n + 1",
  "insert into counters values (K, 1) on conflict (k) do update set n = counters.n + 1 returning n",
  "insert into counters select K, 1 on conflict (k) do update set n = counters.n + 1",
];

describe.each(["main", "main/work"])("rows that several sessions change at once on %s", (database) => {
  it("keep what each of them did, whatever statements they are", async () => {
    using client = await WireClient.start(app.address, { database });
    await client.query("insert into counters values (1, 0), (2, 0)");
    const told = await Promise.all(
      COUNTING.map(async (sql) => {
        using session = await WireClient.start(app.address, { database });
        const ends: (string | undefined)[] = [];
        for (let round = 0; round < 12; round++)
          ends.push((await ask(session, sql.replace("K", String(1 + (round % 2))))).end);
        return ends;
      }),
    );
    expect(new Set(told.flat())).toEqual(new Set(["UPDATE 1", "INSERT 0 1"]));
    expect((await ask(client, "select n from counters order by k")).rows).toEqual([36, 36]);
  });

  it("are inserted by one, and by no other with an error", async () => {
    const ends = await Promise.all(
      Array.from({ length: 6 }, async () => {
        using session = await WireClient.start(app.address, { database });
        const told: (string | undefined)[] = [];
        for (let key = 10; key < 20; key++)
          told.push(
            (await ask(session, `insert into counters values (${key}, 1) on conflict do nothing`)).end,
          );
        return told;
      }),
    );
    expect(ends.flat().filter((end) => end === "INSERT 0 1")).toHaveLength(10);
    expect(ends.flat().filter((end) => end === "INSERT 0 0")).toHaveLength(50);
  });
});

/** On a branch the later one waits for the table. */
describe("a block that changes rows of main", () => {
  it.each([
    ["update counters set n = 7 where k = 1", "update counters set n = 8 where k = 1 returning n"],
    ["update counters set n = 7 where k = 1 returning n", "update counters set n = 8 where k = 1"],
    ["update counters set n = 7 where k = 1", "delete from counters where k = 1"],
    ["insert into counters values (30, 1) on conflict do nothing", "insert into counters values (30, 2)"],
  ])("fails where another has changed them in another way: %s, %s", async (first, second) => {
    using block = await WireClient.start(app.address, { database: "main" });
    using other = await WireClient.start(app.address, { database: "main" });
    await block.query("begin");
    await block.query(first);
    await other.query(second);
    expect((await ask(block, "commit")).end).toBe("40001");
  });
});

describe("a statement that skips what is locked", () => {
  it.each([
    "select * from jobs for update skip locked",
    "select * from jobs for no key update nowait",
    "insert into jobs select id + 100, queue from jobs limit 1 for update skip locked",
    "update jobs set queue = 'x' where exists (select from pg_class for update skip locked)",
    "with a as (select id from jobs for update skip locked) select * from a",
  ])("and changes something else, or nothing, is refused: %s", async (sql) => {
    using client = await WireClient.start(app.address, { database: "main" });
    expect((await ask(client, sql)).end).toBe("0A000");
  });

  it("fails where another transaction has the row and has not ended", async () => {
    using holder = await WireClient.start(app.address, { database: "main" });
    using other = await WireClient.start(app.address, { database: "main" });
    const claim =
      "delete from jobs where id = (select id from jobs order by id limit 1 for update skip locked) returning id";
    await holder.query("begin");
    await holder.query(claim);
    expect((await ask(other, claim)).end).toBe("40001");
    await holder.query("rollback");
    expect((await ask(other, claim)).end).toBe("DELETE 1");
  });
});
