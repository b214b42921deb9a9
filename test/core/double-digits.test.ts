/** Numbers of JSON texts that a double would change, and what is none. */
import { expect, test } from "vitest";
import { exactJson, lostNumber } from "../../src/core/double-digits.js";

test.each([
  ['{"a":9007199254740993}', "9007199254740993", '{"a":"9007199254740993"}'],
  ['["9007199254740993",1.5,-2e3]', undefined, '["9007199254740993",1.5,-2e3]'],
  [
    String.raw`["\"9007199254740993\\",9007199254740993]`,
    "9007199254740993",
    String.raw`["\"9007199254740993\\","9007199254740993"]`,
  ],
  [
    String.raw`{"\\":"\\","k\u00319007199254740993":0.1}`,
    undefined,
    String.raw`{"\\":"\\","k\u00319007199254740993":0.1}`,
  ],
  ["[0.1234567890123456789]", "0.1234567890123456789", '["0.1234567890123456789"]'],
])("%s", (json, lost, exact) => {
  expect(lostNumber(json)).toBe(lost);
  expect(exactJson(json)).toBe(exact);
});

test("strings may be of any length, and of escapes alone", () => {
  for (const long of ["y".repeat(12_000_000), "\n".repeat(6_000_000)]) {
    const json = JSON.stringify([long, 1]);
    expect(lostNumber(json)).toBeUndefined();
    expect(exactJson(json) === json).toBe(true);
    expect(lostNumber(`${json.slice(0, -1)},9007199254740993]`)).toBe("9007199254740993");
  }
});
