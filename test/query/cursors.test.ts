/** What a cursor gives is what its query gives: every type, every number of rows. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { WireClient } from "../support/wire-client.js";

let app: App;
beforeAll(async () => {
  app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  using client = await WireClient.start(app.address);
  await client.query(
    "create type mood as enum ('it''s', 'so, so'); create table wide (id bigint primary key, m mood)",
  );
  await client.query(
    "insert into wide select i, case when i % 2 = 0 then 'it''s' else 'so, so' end from range(10000) t(i)",
  );
  await client.query("create branch work");
});
afterAll(async () => await app.close());

const VALUES = [
  "1::int2, 2::int4, 3::int8, 1.5::float4, -0.0::float8, 'NaN'::float8",
  "NULL, NULL::int4, 'x', ''",
  "123.450::numeric(10,3), 170141183460469231731687303715884105727::hugeint",
  "true, false, NULL::bool",
  "'so, so'::mood, 'it''s'::mood, NULL::mood",
  "date '2024-02-29', time '12:34:56.789', timestamp '1999-12-31 23:59:59.999999', timestamptz '2024-01-01 00:00:00+00'",
  "interval '1 year 2 days 3 seconds', 'infinity'::date",
  "'\\x00ff'::bytea, '00000000-0000-0000-0000-000000000001'::uuid, '101'::bit",
  "[1, 2, NULL], [[1], [2]], ['a,b', 'c\"d']",
  "{'a': 1, 'b c': 'x'}, map {'k': [1]}, row(1, 'x')",
  "'{\"a\": 1}'::json, '[1]'::json",
  "union_value(n := 5)",
];

async function rowsOf(client: WireClient, text: string): Promise<unknown[]> {
  const messages = await client.query(text);
  return messages.filter((message) => ["dataRow", "rowDescription", "error"].includes(message.name));
}

describe.each(["main", "main/work"])("on %s, a cursor", (database) => {
  it.each(VALUES)("gives the same values as its query: %s", async (values) => {
    using client = await WireClient.start(app.address, { database });
    const direct = await rowsOf(client, `select ${values}`);
    await client.query(`declare c cursor with hold for select ${values}`);
    expect(await rowsOf(client, "fetch all c")).toEqual(direct);
  });

  it("keeps the order of a large result in both directions", async () => {
    using client = await WireClient.start(app.address, { database });
    const text = "select id, m, repeat('x', 100) as filler from wide order by id";
    const direct = (await rowsOf(client, text)).slice(1);
    await client.query(`begin; declare c scroll cursor for ${text}`);
    const forward = [];
    for (;;) {
      const part = (await rowsOf(client, "fetch 3001 from c")).slice(1);
      if (part.length === 0) break;
      forward.push(...part);
    }
    expect(forward).toEqual(direct);
    const backward = (await rowsOf(client, "fetch backward all from c")).slice(1);
    expect(backward).toEqual(direct.toReversed());
  });

  it("is nothing a client sees in its catalogue", async () => {
    using client = await WireClient.start(app.address, { database });
    await client.query("declare c cursor with hold for select 1");
    const listed = await rowsOf(
      client,
      "select relname from pg_catalog.pg_class where relname like 'c%' and relkind = 'r'; show tables",
    );
    expect(JSON.stringify(listed)).not.toContain('"c1"');
    expect((await client.query("select * from c1")).at(0)).toMatchObject({ code: "42P01" });
  });
});
