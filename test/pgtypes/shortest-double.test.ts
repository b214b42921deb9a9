/** Doubles and digits written without strings, against JavaScript's own text of the same numbers. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writePadded, writePair } from "../../src/pgtypes/digits.js";
import { doubleText, MAX_FLOAT_TEXT, writeDouble } from "../../src/pgtypes/float-text.js";
import { NOT_WRITTEN, writeShortest } from "../../src/pgtypes/shortest-double.js";

/** Exponents of 1e-4 … 1e15. */
const EXPONENTS = { min: 1009, max: 1072 };
const view = new DataView(new ArrayBuffer(8));

function doubleOf(bits: bigint): number {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

function bitsOf(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** The text, or undefined where the fast path leaves the number to the slow one. */
function fastText(value: number): string | undefined {
  const bytes = new Uint8Array(MAX_FLOAT_TEXT).fill(0x78);
  const end = writeShortest(bytes, 1, value);
  if (end === NOT_WRITTEN) return undefined;
  if (bytes[0] !== 0x78) throw new Error("wrote in front of its place");
  return Buffer.from(bytes.subarray(1, end)).toString("latin1");
}

const anyBits = fc
  .tuple(fc.integer(EXPONENTS), fc.bigInt({ min: 0n, max: (1n << 52n) - 1n }))
  .map(([exponent, fraction]) => doubleOf((BigInt(exponent) << 52n) | fraction));
const fewDigits = fc
  .tuple(fc.nat(99_999_999), fc.integer({ min: -12, max: 7 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
const nearPowers = fc
  .tuple(
    fc.constantFrom(
      ...Array.from({ length: 20 }, (_, i) => 10 ** (i - 4)),
      ...Array.from({ length: 64 }, (_, i) => 2 ** (i - 14)),
    ),
    fc.bigInt({ min: -64n, max: 64n }),
  )
  .map(([power, steps]) => doubleOf(bitsOf(power) + steps));
const fractions = fc
  .tuple(fc.nat(1_000_000), fc.integer({ min: 1, max: 1000 }))
  .map(([numerator, denominator]) => numerator / denominator);

describe("the shortest text of a double", () => {
  test.each([
    ["of any bits", anyBits],
    ["of few digits", fewDigits],
    ["next to powers of ten and two", nearPowers],
    ["that is a fraction", fractions],
  ])("%s is JavaScript's", (_name, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(fastText(value) ?? String(value)).toBe(String(value));
      }),
      { numRuns: 20_000 },
    );
  });

  test("is nearly always written by the fast path", () => {
    const values = fc.sample(fc.oneof(anyBits, fractions), { numRuns: 5000 });
    const slow = values.filter((value) => value >= 1e-4 && value < 1e15 && fastText(value) === undefined);
    expect(slow.length).toBeLessThan(250);
  });

  test.each([0, -1, 0.00009, 1e15, Number.NaN, Number.POSITIVE_INFINITY, 1, 0.5, 1024])(
    "leaves %d to the slow path",
    (value) => expect(fastText(value)).toBeUndefined(),
  );

  test("is the slow path's, whatever path was taken", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double(), anyBits, fewDigits, nearPowers, fractions),
        fc.boolean(),
        (size, negative) => {
          const value = negative ? -size : size;
          const bytes = new Uint8Array(MAX_FLOAT_TEXT);
          const text = Buffer.from(bytes.subarray(0, writeDouble(bytes, 0, value))).toString("latin1");
          expect(text).toBe(doubleText(value));
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe("digits", () => {
  test("are padded to any width", () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.integer({ min: 0, max: 3 }), (value, zeros) => {
        const width = String(value).length + zeros;
        const bytes = new Uint8Array(width + 2).fill(0x78);
        expect(writePadded(bytes, 1, value, width)).toBe(width + 1);
        expect(Buffer.from(bytes).toString("latin1")).toBe(`x${String(value).padStart(width, "0")}x`);
      }),
      { numRuns: 5000 },
    );
  });

  test("come in pairs", () => {
    const bytes = new Uint8Array(2);
    const pairs = Array.from({ length: 100 }, (_, value) => {
      expect(writePair(bytes, 0, value)).toBe(2);
      return Buffer.from(bytes).toString("latin1");
    });
    expect(pairs).toEqual(Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0")));
  });
});
