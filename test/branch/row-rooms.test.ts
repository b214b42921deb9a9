/** Rooms of a table for those who change its rows in one way. */
import { expect, test } from "vitest";
import { RowRooms } from "../../src/branch/row-rooms.js";

const TABLE = "main t";
const { signal } = new AbortController();

test("those of one way are in together, one of the other waits for them, and who came behind it waits for it", async () => {
  const rooms = new RowRooms();
  const [one, two, other, late] = [{}, {}, {}, {}];
  for (const visitor of [one, two, other, late]) rooms.visit(visitor);
  expect(rooms.enter(one, TABLE, ["in place"])).toBe(true);
  expect(rooms.enter(two, TABLE, ["in place"])).toBe(true);
  expect(rooms.enter(other, TABLE, ["replaced"])).toBe(false);
  const order: string[] = [];
  const waits = rooms.wait(other, signal).then(() => order.push("other"));
  expect(rooms.enter(late, TABLE, ["in place"])).toBe(false);
  const waitsToo = rooms.wait(late, signal).then(() => order.push("late"));
  rooms.endVisit(one, false);
  rooms.endVisit(two, false);
  await waits;
  expect(order).toEqual(["other"]);
  rooms.endVisit(other, false);
  await waitsToo;
});

test("who has waited for long goes on without a room", async () => {
  const rooms = new RowRooms(1);
  const [holder, other] = [{}, {}];
  rooms.visit(holder);
  rooms.visit(other);
  rooms.enter(holder, TABLE, ["in place"]);
  expect(rooms.enter(other, TABLE, ["replaced"])).toBe(false);
  await rooms.wait(other, signal);
  expect(rooms.enter(other, TABLE, ["replaced"])).toBe(true);
});
