/** What cannot be done to a jsonb; what can is compared with PostgreSQL in test/sql/statements/documents-changed.txt. */
import { expect, test } from "vitest";
import { changeDocument } from "../../src/catalog/expressions/document-changes.js";

test.each([
  ["delete", "5", '"a"', null, "22023", "cannot delete from scalar"],
  ["delete", '{"a":1}', "1", null, "22023", "cannot delete from object using integer index"],
  ["delete path", "5", "{a}", null, "22023", "cannot delete path in scalar"],
  ["set", "5", "{a}", "0", "22023", "cannot set path in scalar"],
  ["set", "[1]", "{a}", "0", "22P02", 'path element at position 1 is not an integer: "a"'],
  ["set", '{"a":[1]}', "{a,b}", "0", "22P02", 'path element at position 2 is not an integer: "b"'],
  ["set", '{"a":1}', "{NULL}", "0", "22004", "path element at position 1 is null"],
  ["insert", '{"a":1}', "{a}", "0", "22023", "cannot replace existing key"],
  ["set", '{"a":1}', "a", "0", "22P02", 'malformed array literal: "a"'],
  ["join", '{"a":1}', '{"b":', null, "22P02", "invalid input syntax for type json"],
])("%s of %s, %s, %s is %s", (operation, document, first, second, code, message) => {
  expect(() => changeDocument([operation, document, first, second])).toThrow(
    expect.objectContaining({ code, message }),
  );
});

test("NULL where an argument is NULL", () => {
  expect(changeDocument(["join", null, "{}", null])).toBeNull();
  expect(changeDocument(["set", "{}", "{a}", null])).toBeNull();
  expect(changeDocument([null, "{}", "{a}", "1"])).toBeNull();
});
