/** LayeredMap beside Map, over random changes: the same entries in the same order, and old maps stay as they were. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LayeredMap } from "../../src/core/layered-map.js";

const changes = fc.array(
  fc.array(fc.tuple(fc.nat(60), fc.option(fc.nat(), { nil: undefined })), { maxLength: 40 }),
  { maxLength: 60 },
);

describe("LayeredMap", () => {
  it("holds what a Map holds, key by key", () => {
    fc.assert(
      fc.property(changes, (batches) => {
        const expected = new Map<number, number>();
        let map = LayeredMap.empty<number, number>();
        const seen: (readonly [LayeredMap<number, number>, readonly (readonly [number, number])[]])[] = [];
        for (const batch of batches) {
          map = map.with(batch);
          for (const [key, value] of batch) {
            if (value === undefined) expected.delete(key);
            else expected.set(key, value);
          }
          seen.push([map, sorted(expected)]);
        }
        for (const [then, entries] of seen) {
          expect(sorted(then.entries())).toEqual(entries);
          expect([...then.keys()].length).toBe(entries.length);
          for (const [key, value] of entries) expect(then.get(key)).toBe(value);
          expect(then.has(61)).toBe(false);
        }
      }),
    );
  });

  it("keeps the order in which keys were first put, over many changes", () => {
    let map = LayeredMap.empty<number, string>();
    for (let key = 0; key < 500; key++) map = map.with([[key, "a"]]);
    for (let key = 499; key >= 0; key -= 3) map = map.with([[key, "b"]]);
    expect([...map.keys()]).toEqual(Array.from({ length: 500 }, (_, key) => key));
    expect([...map.values()].filter((value) => value === "b").length).toBe(167);
  });
});

function sorted(entries: Iterable<[number, number]>): [number, number][] {
  return [...entries].toSorted(([a], [b]) => a - b);
}
