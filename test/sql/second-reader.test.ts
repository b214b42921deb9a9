/**
 * node-sql-parser as an independent second reader: for every statement both can read, the tables must agree. What is
 * known to differ stands in second-reader-disagreements.json, by statement id, with the reason.
 */
import { readFileSync } from "node:fs";
import sqlParser from "node-sql-parser";
import { beforeAll, expect, test } from "vitest";
import type { StatementAnalysis } from "../../src/sql/analysis.js";
import { createAnalyser, loadParser, type Analyser } from "../../src/sql/analyse.js";
import { STATEMENTS } from "./corpus.js";
import { openDuckdb, serializerOf } from "./engine.js";

const disagreements = new Set(
  Object.keys(
    Object(JSON.parse(readFileSync(new URL("./second-reader-disagreements.json", import.meta.url), "utf8"))),
  ),
);
const secondReader = new sqlParser.Parser();
let analyser: Analyser;

beforeAll(async () => {
  await loadParser();
  analyser = createAnalyser({
    cacheSize: 0,
    maxCachedTextBytes: 0,
    serializeSelect: serializerOf(await openDuckdb()),
  });
});

/** Table names by the second reader, "mode::schema::table" as it writes them, or undefined when it cannot read. */
function secondOpinion(sql: string): string[] | undefined {
  try {
    return secondReader
      .tableList(sql, { database: "Postgresql" })
      .map((entry) =>
        entry
          .split("::")
          .slice(1)
          .filter((part) => part !== "null" && part !== "")
          .join("."),
      )
      .filter((name) => name !== "");
  } catch {
    return undefined;
  }
}

/** Ours, or undefined when any statement of the text is none over relations. */
function firstOpinion(analyses: readonly StatementAnalysis[]): string[] | undefined {
  const names: string[] = [];
  for (const analysis of analyses) {
    if (analysis.kind !== "relational" || analysis.verb === "createIndex") return undefined;
    const tables = analysis.names.filter(
      ({ role, object }) =>
        role === "read" ||
        role === "write" ||
        (["create", "drop", "alter"].includes(role) && isTable(object)),
    );
    names.push(...tables.map(({ parts }) => parts.join(".")));
  }
  return names;
}

function isTable(object: string | undefined): boolean {
  return object === "table" || object === "view";
}

function normalised(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].toSorted((left, right) =>
    left.localeCompare(right),
  );
}

test("names the same tables as ours in every statement both can read", async () => {
  const differing: string[] = [];
  let compared = 0;
  for (const { id, sql } of STATEMENTS) {
    const ours = firstOpinion(await analyser.analyse(sql));
    const theirs = secondOpinion(sql);
    if (ours === undefined || theirs === undefined) continue;
    compared += 1;
    const agrees = JSON.stringify(normalised(ours)) === JSON.stringify(normalised(theirs));
    if (!agrees) differing.push(id);
    if (disagreements.has(id)) continue;
    expect.soft(normalised(theirs), `${id}: ${sql}`).toEqual(normalised(ours));
  }
  expect(compared).toBeGreaterThanOrEqual(60);
  expect([...disagreements].toSorted(), "every listed disagreement still exists").toEqual(
    differing.toSorted(),
  );
});
