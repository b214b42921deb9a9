/** What is said of texts that are no JSON; the details are PostgreSQL 15's. */
import { expect, test } from "vitest";
import { requireJson } from "../../src/core/json-text.js";
import { sqlFailure } from "../support/sql-failure.js";

test.each([
  ["asd", 'Token "asd" is invalid.'],
  ["  tru", 'Token "tru" is invalid.'],
  ["1a", 'Token "1a" is invalid.'],
  ["01", 'Token "01" is invalid.'],
  ["é1", 'Token "é1" is invalid.'],
  ["asd-x", 'Token "asd" is invalid.'],
  ["a b", 'Token "a" is invalid.'],
  ["TRUE", 'Token "TRUE" is invalid.'],
  ["", "The input string ended unexpectedly."],
  [" \t\n", "The input string ended unexpectedly."],
])("the fault of %j is told", (text, detail) => {
  expect(sqlFailure(() => requireJson(text))).toMatchObject({ code: "22P02", detail });
});

test.each(["{a", "[1,]", "1 2", "1.5x", "null null", '"open'])(
  "that of %j is told without a place",
  (text) => {
    const failure = sqlFailure(() => requireJson(text));
    expect(failure).toMatchObject({ code: "22P02" });
    expect(failure?.detail).toBeUndefined();
  },
);

test.each(["1", "1e5", " null", '"text"', "{}", "[true]"])("%j is JSON", (text) => {
  expect(sqlFailure(() => requireJson(text))).toBeUndefined();
});
