/** Rows of COPY FROM STDIN that break a constraint: the error's fields beside PostgreSQL 15, on main and on branches. */
import { serialize } from "pg-protocol";
import { DatabaseError } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import type { WireClient } from "../support/wire-client.js";
import { startHeads, type Heads } from "./copy-heads.js";

const TABLE = `create table "T t" (id int primary key, a int constraint pos check (a > 0), b text not null, unique (a, b))`;

async function fieldsOf(client: WireClient, data: string): Promise<readonly (string | undefined)[]> {
  await client.query('drop table if exists "T t"');
  await client.query(TABLE);
  await client.query(`insert into "T t" values (1, 1, 'x')`);
  client.send(
    serialize.query('copy "T t" from stdin'),
    serialize.copyData(Buffer.from(data)),
    serialize.copyDone(),
  );
  const error = (await client.untilReady()).find((message) => message instanceof DatabaseError);
  const detail = error?.code === "23505" ? error.detail : undefined;
  return [error?.code, error?.message, detail, error?.schema, error?.table, error?.column, error?.constraint];
}

describe.skipIf(!hasPostgres)("COPY FROM STDIN names what a row breaks, as PostgreSQL 15", () => {
  let heads: Heads;
  beforeAll(async () => {
    heads = await startHeads();
  }, 60_000);
  afterAll(async () => await heads[Symbol.asyncDispose]());

  test.each([
    ["a primary key that is there", "2\t2\tp\n1\t3\tq\n"],
    ["a unique key of two columns", "5\t1\tx\n"],
    ["a check", "6\t-1\tz\n"],
    ["a column without NULL", "7\t1\t\\N\n"],
    ["a key twice in the data", "8\t8\tt\n8\t9\tt\n"],
  ])("%s", async (_what, data) => {
    const expected = await fieldsOf(heads.oracle, data);
    expect(expected[0]).toMatch(/^23/);
    for (const client of heads.ours) expect(await fieldsOf(client, data)).toEqual(expected);
  });
});
