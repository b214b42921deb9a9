/** Locks that are handed on: who got one in this very moment waits for nobody. */
import { expect, test } from "vitest";
import { LockTable } from "../../src/branch/locks.js";

test("whoever asks in the moment in which a lock is handed on waits for its new owner", async () => {
  const locks = new LockTable();
  const { signal } = new AbortController();
  const [first, second, third] = [{ n: 1 }, { n: 2 }, { n: 3 }];
  await locks.acquire("k", first, signal);
  const order: number[] = [];
  const later = locks.acquire("k", second, signal).then(() => order.push(2));
  // No step in between: the second one has the lock, and has not been told yet.
  locks.releaseAll(first);
  const last = locks.acquire("k", third, signal).then(() => order.push(3));
  await later;
  locks.releaseAll(second);
  await last;
  expect(order).toEqual([2, 3]);
});

test("waiting in a circle is refused, also behind a lock that was handed on", async () => {
  const locks = new LockTable();
  const { signal } = new AbortController();
  const [first, second, third] = [{ n: 1 }, { n: 2 }, { n: 3 }];
  await locks.acquire("a", first, signal);
  await locks.acquire("b", third, signal);
  const handed = locks.acquire("a", second, signal);
  locks.releaseAll(first);
  await handed;
  const waiting = locks.acquire("b", second, signal);
  await expect(locks.acquire("a", third, signal)).rejects.toMatchObject({ code: "40P01" });
  locks.releaseAll(third);
  await waiting;
});
