/** A cancel request counts for what is under way, and not for what is committed. */
import { expect, test } from "vitest";
import { Interrupt } from "../../src/session/interrupt.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

test("what is committed is answered, whenever the request came; the next statement of the message can be canceled", () => {
  let canceled = 0;
  const interrupt = new Interrupt(() => canceled++);
  interrupt.begin();
  interrupt.beginStatement();
  interrupt.request();
  interrupt.settle();
  interrupt.throwIfRequested();
  interrupt.request();
  interrupt.throwIfRequested();
  expect(canceled).toBe(1);
  interrupt.beginStatement();
  interrupt.request();
  expect(canceled).toBe(2);
  expect(() => interrupt.throwIfRequested()).toThrow(/canceling statement/);
  interrupt.end();
});

test("COMMIT and branch statements that change something are final, others are not", async () => {
  await using open = await OpenWorld.open();
  const session = await open.session();
  await session.query("CREATE TABLE t (id int PRIMARY KEY)");
  const final: string[] = [];
  for (const sql of [
    "CREATE BRANCH b",
    "DIFF BRANCH b",
    "EXPLAIN MERGE BRANCH b",
    "SELECT 1",
    "BEGIN",
    "INSERT INTO t VALUES (1)",
    "COMMIT",
    "MERGE BRANCH b",
  ])
    if (await isFinal(session, sql)) final.push(sql);
  expect(final).toEqual(["CREATE BRANCH b", "COMMIT", "MERGE BRANCH b"]);
});

async function isFinal({ session }: TestSession, sql: string): Promise<boolean> {
  const [statement] = await session.parse(sql);
  if (statement === undefined) throw new RangeError("no statement");
  const result = await session.execute(statement, [], []);
  if (result.kind === "rows") for await (const _ of result.batches) continue;
  return "isFinal" in result && result.isFinal;
}
