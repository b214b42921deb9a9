/** COPY into numeric without a scale: nine decimals are kept, and no more are taken. */
import { expect, test } from "vitest";
import { decimalReader } from "../../src/pgtypes/copy-numbers.js";

test("digits that numeric without a scale could not keep are refused", () => {
  const read = decimalReader(38, 9);
  expect(read("1.123456789")).toBe("1.123456789");
  expect(read("1.5000000000000")).toBe("1.500000000");
  for (const text of ["1.1234567891", "-0.0000000001", "1e-10"])
    expect(() => read(text)).toThrow("numeric without a scale keeps 9 decimals: the value would be rounded");
});

test("a column with a scale rounds to it, as PostgreSQL's does", () => {
  expect(decimalReader(10, 2)("1.005")).toBe("1.01");
});
