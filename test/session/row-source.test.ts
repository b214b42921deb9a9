/** What a result's reader may rely on: every row once, in order, whoever keeps the bytes. */
import { expect, test } from "vitest";
import type { RowBatch } from "../../src/query/types.js";
import { RowSource } from "../../src/session/row-source.js";
import { readDataRows, textOf } from "../pgtypes/data-rows.js";

const BATCHES = 5;
const ROWS = 700;

async function* batches(): AsyncIterableIterator<RowBatch> {
  for (let batch = 0; batch < BATCHES; batch++) {
    yield { kind: "text", rows: Array.from({ length: ROWS }, (_, row) => [`batch ${batch}`, `row ${row}`]) };
  }
}

function open(): RowSource {
  const columns = ["a", "b"].map((name) => ({ name, type: null }));
  return new RowSource({ columns, batches: batches() }, [0, 0], { timeZone: "UTC" });
}

/** Reads to the end as a sender does: the bytes are used up before the next call. */
async function readRest(source: RowSource, maxRows: number, ahead: boolean): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = [];
  for (
    let part = await source.read(maxRows, ahead);
    part !== undefined;
    part = await source.read(maxRows, ahead)
  ) {
    const read = readDataRows(part.bytes).map((row) => row.map(textOf));
    expect(read).toHaveLength(part.rows);
    rows.push(...read);
  }
  return rows;
}

const all = Array.from({ length: BATCHES * ROWS }, (_, i) => [
  `batch ${Math.floor(i / ROWS)}`,
  `row ${i % ROWS}`,
]);

test.each([
  [Number.POSITIVE_INFINITY, true],
  [Number.POSITIVE_INFINITY, false],
  [1, true],
  [301, false],
])("rows read %d at a time, ahead: %s", async (maxRows, ahead) => {
  expect(await readRest(open(), maxRows, ahead)).toEqual(all);
});

test.each([0, 1, 900])("rows kept in memory after %d were read are still themselves", async (first) => {
  const source = open();
  const read = first === 0 ? [] : (await readLimited(source, first)).map((row) => row.map(textOf));
  await source.bufferRest(Number.POSITIVE_INFINITY);
  expect([...read, ...(await readRest(source, 7, false))]).toEqual(all);
});

async function readLimited(source: RowSource, count: number): Promise<ReturnType<typeof readDataRows>> {
  const rows: ReturnType<typeof readDataRows> = [];
  while (rows.length < count) {
    const part = await source.read(count - rows.length, false);
    if (part === undefined) break;
    rows.push(...readDataRows(part.bytes));
  }
  return rows;
}
