/** Values in reports are what they are: digits, scale, and names for what JSON has no numbers for. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(async () => await world[Symbol.asyncDispose]());

const SETUP = [
  `CREATE TABLE v (k numeric(4,2), f real, n numeric(10,2), h numeric(2,2), w numeric(38,9), d double precision, l numeric(5,2)[],
    e float4[], b bytea, j json, x text, PRIMARY KEY (k, f))`,
  "CREATE TABLE keyless (n numeric(10,2), b bytea)",
  "CREATE BRANCH b",
];
const ROW = `(1.50, 0.1, 10.00, 0.50, 12345678901234567890123456789.123456789, 'NaN', '{1.50,NULL}', '{NaN,-Infinity,0.5}', '\\x00ff5c',
  '{"a": 1.00}', E'quo"te\\\\\\n')`;
const VALUES = [
  '"k":1.50,"f":0.1,"n":10.00,"h":0.50,"w":12345678901234567890123456789.123456789,"d":"NaN","l":[1.50, null]',
  '"e":["NaN", "-Infinity", 0.5],"b":"\\\\x00ff5c","j":{"a": 1.00},"x":"quo\\"te\\\\\\n"',
];

test("a diff and a conflict give each value with all its digits, and rows are resolved by the key they show", async () => {
  await using main = await world.connect();
  for (const sql of SETUP) await main.query(sql);
  await using branch = await world.connect("main/b");
  await branch.query(`INSERT INTO v VALUES ${ROW}`);
  await branch.query("INSERT INTO v (k, f) VALUES (2, 2.5)");
  await branch.query("INSERT INTO keyless VALUES (1.10, NULL)");
  const changes = await main.query("DIFF BRANCH b");
  expect(changes.map(([, key, , , values]) => [key, values])).toEqual([
    [null, '{"n":1.10,"b":null}'],
    ['{"k":1.50,"f":0.1}', `{${VALUES.join(",")}}`],
    [
      '{"k":2.00,"f":2.5}',
      '{"k":2.00,"f":2.5,"n":null,"h":null,"w":null,"d":null,"l":null,"e":null,"b":null,"j":null,"x":null}',
    ],
  ]);
  await main.query("INSERT INTO v (k, f, n) VALUES (1.50, 0.1, 3)");
  const merge = await main.query("MERGE BRANCH b USING manual");
  const id = String(merge[0]?.[1]);
  const conflict = await main.query(
    `SELECT key, branch_value FROM duckbranch.conflicts WHERE merge_id = '${id}'`,
  );
  expect(conflict).toEqual([['{"k":1.50,"f":0.1}', `{${VALUES.join(",")}}`]]);
  await main.query(`RESOLVE MERGE ${id} WITH (v ROW '{"k":1.50,"f":0.1}' 'branch_wins')`);
  expect(await main.query("SELECT n::text FROM v WHERE f = 0.1::real")).toEqual([["10.00"]]);
});
