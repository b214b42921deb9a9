/** Every value of encodings.json goes through DuckDB and must come out with PostgreSQL's bytes. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeType } from "../../src/pgtypes/oids.js";
import { hexOf, textOf } from "./data-rows.js";
import { TestEngine } from "./engine.js";

interface CapturedEncoding {
  readonly postgres: string;
  readonly duckdb: string;
  readonly timeZone?: string;
  readonly extraFloatDigits?: number;
  readonly byteaOutput?: "hex" | "escape";
  readonly oid: number;
  readonly text: string | null;
  readonly binary: string | null;
}

const captured: readonly CapturedEncoding[] = JSON.parse(
  readFileSync(new URL("encodings.json", import.meta.url), "utf8"),
);

/** Where this server differs from PostgreSQL on purpose, by DuckDB expression. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  NULL: "DuckDB gives a bare NULL the type INTEGER in a result; PostgreSQL makes it text",
};

describe("encodings captured from PostgreSQL 15", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.open();
  });
  afterAll(() => engine.close());

  test("there are hundreds of them", () => {
    expect(captured.length).toBeGreaterThan(500);
  });

  test.each(captured.filter(({ duckdb }) => !(duckdb in DIFFERENCES)))("$duckdb $timeZone", async (value) => {
    const { timeZone = "UTC", extraFloatDigits = 1, byteaOutput = "hex" } = value;
    const options = { timeZone, extraFloatDigits, byteaOutput };
    const sql = `SELECT ${value.duckdb}`;
    const { types } = await engine.chunks(sql);
    expect(types.map((type) => describeType(type).oid)).toEqual([value.oid]);
    expect((await engine.rows(sql, "text", options)).map((row) => textOf(row[0]))).toEqual([value.text]);
    expect((await engine.rows(sql, "binary", options)).map((row) => hexOf(row[0]))).toEqual([value.binary]);
  });
});
