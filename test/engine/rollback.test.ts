/** The end of a transaction is not interrupted: a ROLLBACK that was would leave it open, and nobody would know of it. */
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Database } from "../../src/engine/database.js";

test("a cancel request that meets a ROLLBACK leaves no transaction open", async () => {
  await using database = await Database.open({ path: ":memory:" });
  using connection = await database.connect("data");
  await connection.run("CREATE TABLE t (id INTEGER)");
  for (let round = 0; round < 300; round++) {
    await connection.run("BEGIN");
    await connection.run("INSERT INTO t VALUES (1)");
    const ended = connection.rollback().then(() => "over");
    do connection.interrupt();
    while ((await Promise.race([ended, setImmediate("running")])) === "running");
  }
  await connection.run("BEGIN");
  await connection.rollback();
  expect(await connection.firstRow("SELECT count(*)::INTEGER FROM t")).toEqual([0]);
});
