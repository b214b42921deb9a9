/** Names of tables on the command line, as SQL gets them. */
import { expect, test } from "vitest";
import { relation } from "../../src/cli/branch-command.js";

test.each([
  ["orders", '"orders"'],
  ["Shop.Orders", '"Shop"."Orders"'],
  ['"o dd.T"', '"o dd.T"'],
  ['shop."o.d"', '"shop"."o.d"'],
  ['"a""b"', '"a""b"'],
])("%s", (text, expected) => {
  expect(relation(text)).toBe(expected);
});

test.each(["", ".", "a..b", ".a", "a.", 'a"b', '"a', '"a"b'])("%j is none", (text) => {
  expect(() => relation(text)).toThrow("is not a table's name");
});
