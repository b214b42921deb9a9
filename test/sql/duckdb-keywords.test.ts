/** The words of DuckDB's grammar are those it says it has. */
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { DUCKDB_KEYWORDS } from "../../src/sql/duckdb-keywords.js";

test("every keyword of DuckDB is known", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.runAndReadAll("SELECT keyword_name FROM duckdb_keywords()");
  const words = result
    .getRows()
    .map(([word]) => String(word))
    .filter((word) => /^[a-z_]+$/.test(word));
  connection.closeSync();
  expect(words.filter((word) => !DUCKDB_KEYWORDS.has(word))).toEqual([]);
});
