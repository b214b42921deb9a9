/** How WITH that changes rows is cut into steps. */
import { beforeAll, expect, test } from "vitest";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";

const analyser = createAnalyser({ cacheSize: 10, maxCachedTextBytes: 10_000 });

beforeAll(loadParser);

async function steps(sql: string): Promise<unknown> {
  const [analysis] = await analyser.analyse(sql);
  if (analysis?.kind !== "relational") throw new Error(`${sql} is not relational`);
  return analysis.steps?.map(({ name, statement, uses, parameters }) => ({
    name,
    text: statement.text,
    uses,
    parameters,
  }));
}

test("each query that changes rows is a step, and the statement the last one", async () => {
  expect(
    await steps('with "M x"(a) as (delete from t returning *) insert into u select * from "M x"'),
  ).toEqual([
    { name: "M x", text: "delete from t returning *", uses: [], parameters: [] },
    {
      name: undefined,
      text: 'WITH "M x"(a) as (SELECT * FROM "pg_temp"."with_step_0") insert into u select * from "M x"',
      uses: [0],
      parameters: [],
    },
  ]);
});

test("a query of one reader stays in its text, a query of several is run once", async () => {
  const sql =
    "with one as (select $3 as n), two as (select $1 as m), x as (delete from t using two returning t.*), y as (delete from u using two, one) select * from x";
  expect(await steps(sql)).toEqual([
    { name: "two", text: "select $1 as m", uses: [], parameters: [1] },
    {
      name: "x",
      text: 'WITH two as (SELECT * FROM "pg_temp"."with_step_0") delete from t using two returning t.*',
      uses: [0],
      parameters: [],
    },
    {
      name: "y",
      text: 'WITH one as (select $1 as n\n), two as (SELECT * FROM "pg_temp"."with_step_0") delete from u using two, one',
      uses: [0],
      parameters: [3],
    },
    {
      name: undefined,
      text: 'WITH x as (SELECT * FROM "pg_temp"."with_step_1") select * from x',
      uses: [1],
      parameters: [],
    },
  ]);
});

test("a WITH that changes nothing is no statement of steps", async () => {
  expect(await steps("with x as (select 1) insert into t select * from x")).toBeUndefined();
});
