import { beforeAll, expect, test } from "vitest";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";
import { parsePostgres } from "../../src/sql/pg-parser.js";

const analyser = createAnalyser({ cacheSize: 0, maxCachedTextBytes: 0 });
beforeAll(loadParser);

const SHAPES: readonly (readonly [string, (depth: number) => string])[] = [
  ["parentheses", (depth) => `SELECT ${"(".repeat(depth)}1${")".repeat(depth)}`],
  ["NOT", (depth) => `SELECT ${"NOT ".repeat(depth)}true`],
  ["operators", (depth) => `SELECT 1${"+1".repeat(depth)}`],
  ["casts", (depth) => `SELECT 1${"::int".repeat(depth)}`],
  ["subscripts", (depth) => `SELECT a${"[1]".repeat(depth)}`],
  ["calls", (depth) => `SELECT ${"f(".repeat(depth)}1${")".repeat(depth)}`],
  ["CASE", (depth) => `SELECT ${"CASE WHEN true THEN ".repeat(depth)}1${" END".repeat(depth)}`],
  ["sub-queries", (depth) => `SELECT ${"(SELECT ".repeat(depth)}1${")".repeat(depth)}`],
  ["FROM sub-queries", (depth) => `SELECT * FROM ${"(SELECT * FROM ".repeat(depth)}t${") x".repeat(depth)}`],
  ["UNION", (depth) => `SELECT 1${" UNION SELECT 1".repeat(depth)}`],
  ["JOIN", (depth) => `SELECT * FROM t${" JOIN t ON true".repeat(depth)}`],
];

/** Each level of a sub-query counts three. */
const READ_DEPTH = 300;

test.each(SHAPES)("%s: 300 deep is read, 1,100 and 100,000 deep is refused, often", async (_, shape) => {
  expect(await analyser.analyse(shape(READ_DEPTH))).toMatchObject([{ kind: "relational", certain: true }]);
  for (const depth of [1100, 100_000, 1100, 100_000]) {
    expect(await analyser.analyse(shape(depth))).toMatchObject([
      { kind: "refused", error: { code: "54001" } },
    ]);
  }
  expect(await analyser.analyse(shape(5))).toMatchObject([{ kind: "relational", certain: true }]);
});

test("long flat statements are not deep", async () => {
  const conditions = Array.from({ length: 5000 }, (_, index) => `a = ${index} AND NOT b`).join(" OR ");
  const list = Array.from({ length: 5000 }, (_, index) => `-${index}`).join(", ");
  expect(await analyser.analyse(`SELECT 1 FROM t WHERE ${conditions} OR a IN (${list})`)).toMatchObject([
    { kind: "relational", certain: true },
  ]);
});

test("a parser that overflowed is replaced before the next statement", async () => {
  const deep = `SELECT 1${"+1".repeat(20_000)}`;
  for (let round = 0; round < 30; round += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await expect(parsePostgres(deep)).rejects.toMatchObject({ code: "54001" });
  }
  expect(await parsePostgres("SELECT a FROM t")).toMatchObject({ kind: "tree", type: "SelectStmt" });
});

test("a NUL is refused: what stands behind it would be run unread", async () => {
  await expect(analyser.analyse("SELECT 1 -- \0\n FROM secret")).rejects.toMatchObject({ code: "22021" });
});
