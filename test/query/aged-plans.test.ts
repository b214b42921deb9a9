/** Reads beside a writer: DuckDB plans by what it knows of a table's values, and rows may come between the plan and the read. */
import { expect, test } from "vitest";
import { World } from "../support/world.js";

const READS = 400;

test.each(["main", "main/b"])(
  "a read without parameters on %s sees whole transactions, whatever is committed beside it",
  async (head) => {
    await using world = await World.open();
    await using main = await world.connect();
    await main.query(
      "CREATE TABLE t (a int, b int); INSERT INTO t SELECT i % 3, 1 FROM range(300) r(i); CREATE BRANCH b",
    );
    await using writer = await world.connect(head);
    await using reader = await world.connect(head);
    const over = new AbortController();
    let written = 0;
    const writing = (async () => {
      while (!over.signal.aborted) {
        written++;
        // Every commit makes the range of the values wider, and adds as much as it takes.
        await writer.query(
          `BEGIN; INSERT INTO t VALUES (${3 + written}, 5); INSERT INTO t VALUES (${-written}, -5); COMMIT`,
        );
      }
    })();
    const read = async (): Promise<void> => {
      const before = written - 1;
      const groups = await reader.query("SELECT a, sum(b)::int, count(*)::int FROM t GROUP BY a");
      const total = groups.reduce((sum, [, b]) => sum + Number(b), 0);
      const rows = groups.reduce((sum, [, , n]) => sum + Number(n), 0);
      expect([total, rows % 2]).toEqual([300, 0]);
      expect(rows).toBeGreaterThanOrEqual(300 + 2 * before);
    };
    try {
      for (let n = 0; n < READS; n++) await read();
    } finally {
      over.abort();
      await writing;
    }
    expect(written).toBeGreaterThan(1);
  },
);
