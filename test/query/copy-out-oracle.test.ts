/** COPY TO STDOUT beside PostgreSQL 15: the same messages, or the same error. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import type { WireClient } from "../support/wire-client.js";
import { copyIn, copyOut, rowsOf, startHeads, type Heads } from "./copy-heads.js";

const DATA = String.raw`1	plain	a
2	\N	
3	tab\tline\ncr\rbackslash\\	"quoted"
4	,;|'	\x01\b\f\v
5	\\.	N
6	ü€😀	\\N
`;

const STATEMENTS = [
  "copy t to stdout",
  "copy t to stdin",
  "copy t (c, a) to stdout",
  "copy t (a, a) to stdout",
  "copy t (nosuch) to stdout",
  "copy nosuch to stdout",
  "copy t to stdout with header",
  "copy t to stdout csv header",
  "copy t to stdout (header match)",
  "copy t to stdout (format csv, header false)",
  "copy t to stdout (format csv, force_quote *)",
  "copy t to stdout (format csv, force_quote (b, c), header)",
  "copy t to stdout csv force quote a, b",
  "copy t (a, b) to stdout (format csv, force_quote (c))",
  "copy t to stdout (format csv, force_quote (nosuch))",
  "copy t to stdout (force_quote (a))",
  "copy t to stdout (format csv, force_null (a))",
  "copy t to stdout (format csv, force_not_null (a))",
  "copy t to stdout (format csv, quote '''', escape '\\', delimiter ';', null 'N')",
  "copy t to stdout (delimiter ',', null '')",
  "copy t to stdout delimiter '|' null as '\\N'",
  "copy t to stdout (delimiter E'\\x01')",
  "copy t (b) to stdout csv",
  "copy t (b) to stdout csv quote ','",
  "copy t to stdout where a = 1",
  "copy t to stdout (freeze)",
  "copy t to stdout (encoding 'utf8')",
  "copy t to program stdout",
  "copy (select a, '<' || b || '>' as u from t order by a) to stdout csv header",
  "copy (select * from t where false) to stdout",
  "copy (values (1, 'x'), (2, null)) to stdout",
  "copy (select 1 as a, 2 as a) to stdout csv header",
  "copy (select a from t order by a) to stdout (format csv, force_quote *)",
  "copy (select a, b from t order by a) to stdout (format csv, force_quote (b))",
  "copy (select a, b from t order by a) to stdout (format csv, force_quote (nosuch))",
  "copy (select 1) (a) to stdout",
  "copy (select $1) to stdout",
  "copy (select 1) from stdin",
  "copy (insert into t values (7, 'new', 'row') returning a, b) to stdout",
  "copy (update t set c = 'changed' where a < 3 returning a) to stdout csv header",
  "copy (delete from t where a = 2 returning *) to stdout",
  "copy (insert into t values (7, 'new', 'row')) to stdout",
  "copy (create table u (a int)) to stdout",
  "copy (select nosuch from t) to stdout",
  "copy () to stdout",
  "copy v to stdout",
  "copy (select * from v order by a) to stdout",
];

describe.skipIf(!hasPostgres)("COPY TO STDOUT as in PostgreSQL 15", () => {
  let heads: Heads;
  beforeAll(async () => {
    heads = await startHeads();
  }, 60_000);
  afterAll(async () => await heads[Symbol.asyncDispose]());

  test.each(STATEMENTS)("%s", async (statement) => {
    const run = async (client: WireClient): Promise<unknown> => {
      await client.query("drop view if exists v");
      await client.query("drop table if exists t");
      await rowsOf(client, "create table t (a int, b text, c text)");
      await rowsOf(client, "create view v as select * from t");
      await copyIn(client, "copy t from stdin", Buffer.from(DATA));
      const outcome = await copyOut(client, statement);
      return { ...outcome, rowsAfter: await rowsOf(client, "select * from t order by a") };
    };
    const expected = await run(heads.oracle);
    for (const client of heads.ours) expect(await run(client)).toEqual(expected);
  });
});
