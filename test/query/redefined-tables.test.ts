/** A text with parameters that is sent again after another session has made its table anew. */
import { expect, test } from "vitest";
import { type TestSession, World } from "../support/world.js";

async function insert(session: TestSession, value: string): Promise<void> {
  const [statement] = await session.session.parse("INSERT INTO t VALUES ($1)");
  if (statement === undefined) throw new Error("there is a statement");
  await session.session.execute(statement, [{ format: "text", bytes: Buffer.from(value) }], [0]);
}

test("a parameter has the type its column has now, not the one it had", async () => {
  await using world = await World.open();
  await using writer = await world.connect();
  await using owner = await world.connect();
  await owner.query("CREATE TABLE t (a int)");
  await insert(writer, "101");
  await owner.query("DROP TABLE t; CREATE TABLE t (a text)");
  await insert(writer, "007");
  expect(await writer.query("SELECT a FROM t")).toEqual([["007"]]);
});
