import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";
import { LargeTextReader } from "../../src/sql/large-text-reader.js";
import { openDuckdb, serializerOf } from "./engine.js";

const serializeSelect = serializerOf(await openDuckdb());

const LIST = Array.from({ length: 20_000 }, (_, index) => index).join(", ");

/** Large texts of each kind: PostgreSQL's grammar, DuckDB's, several statements, refused ones, a branch statement. */
const TEXTS = [
  `SELECT * FROM t WHERE id IN (${LIST})`,
  `FROM t SELECT * EXCLUDE (a) WHERE id IN (${LIST})`,
  `UPDATE "o""d" SET a = 1 WHERE id IN (${LIST}); SELECT 2; ATTACH 'x'`,
  `CREATE BRANCH b; /* ${LIST} */ BEGIN`,
  `INSERT INTO t VALUES (${LIST.replaceAll(", ", "), (")})`,
];

describe("a large text read in a thread", () => {
  let reader: LargeTextReader;
  beforeAll(async () => {
    await loadParser();
    reader = new LargeTextReader(serializeSelect);
  });
  afterAll(async () => await reader[Symbol.asyncDispose]());

  it.each(TEXTS.map((text) => [text.slice(0, 30), text]))(
    "gives what reading it here gives: %s",
    async (_, text) => {
      const here = createAnalyser({ cacheSize: 0, maxCachedTextBytes: 0, serializeSelect });
      expect(await reader.read(text)).toEqual(await here.analyse(text));
    },
  );

  it("has its syntax errors, with their position", async () => {
    const text = `SELECT * FROM t WHERE id IN (${LIST}`;
    await expect(reader.read(text)).rejects.toMatchObject({
      name: "SqlError",
      code: "42601",
      position: text.length + 1,
    });
  });

  it("lets others be served meanwhile", async () => {
    const state = { done: false };
    const reading = reader.read(`SELECT ${LIST}, ${LIST}, ${LIST}`).finally(() => {
      state.done = true;
    });
    let turns = 0;
    while (!state.done) {
      turns += 1;
      // One turn of the event loop: as many as there are could each have served a client.
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
    expect(turns).toBeGreaterThan(100);
  });

  it("is refused when the thread has no memory for it, and the next one is read", async () => {
    await using small = new LargeTextReader(serializeSelect, 24);
    await expect(small.read(`SELECT ${`${LIST}, `.repeat(10)} 1`)).rejects.toMatchObject({ code: "54001" });
    expect(await small.read("SELECT a FROM t")).toMatchObject([{ kind: "relational", certain: true }]);
  });
});
