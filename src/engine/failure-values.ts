/** Failures of expressions and their values: conversion, ranges, patterns, functions that do not exist. */
import { SQLSTATE, type SqlState } from "../core/errors.js";
import { missingFunction, text, typeName, type Rule } from "./failure-rule.js";

const INTEGER = /^\s*[+-]?\d+\s*$/;
const UNSIGNED = /^UINT(?:8|16|32)$/;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** DuckDB says that a number was not converted, whether it is none or too large. */
function unread(match: RegExpExecArray): { readonly code: SqlState; readonly message: string } {
  const [, value = "", engineType = ""] = match;
  const name = typeName(engineType);
  // An enum is kept as the number of its label. No type of PostgreSQL's is without a sign.
  if (UNSIGNED.test(engineType) && !INTEGER.test(value)) {
    const message = `invalid input value for enum: "${value}"`;
    return { code: SQLSTATE.invalidTextRepresentation, message };
  }
  const isInteger = ["smallint", "integer", "bigint"].includes(name);
  if (isInteger && INTEGER.test(value)) {
    const message = `value "${value.trim()}" is out of range for type ${name}`;
    return { code: SQLSTATE.numericValueOutOfRange, message };
  }
  if (name === "numeric" && NUMBER.test(value))
    return { code: SQLSTATE.numericValueOutOfRange, message: "numeric field overflow" };
  const code = name === "interval" ? SQLSTATE.invalidDatetimeFormat : SQLSTATE.invalidTextRepresentation;
  return { code, message: `invalid input syntax for type ${name}: "${value}"` };
}

/** A date or time that is out of range has digits only; with words in it it is none. */
function isMoment(match: RegExpExecArray): boolean {
  return !/[a-z]{2}/i.test(text(match[2]));
}

const RE2_ERRORS = [
  "missing \\)",
  "missing \\]",
  "unexpected \\)",
  "missing argument to repetition operator",
  "no argument for repetition operator",
  "invalid escape sequence",
  "invalid character class",
  "bad repetition operator",
  "invalid repetition size",
  "invalid named capture group",
  "trailing \\\\",
].join("|");

/** `STRUCT(VARCHAR, VARCHAR)` is row('a', 'b'). */
function castName(engineName: string): string {
  return engineName.startsWith("STRUCT(") ? "record" : typeName(engineName);
}

/** Where a condition stands, in PostgreSQL's words, by the name of the macro that takes it. */
export const CONDITIONS: Readonly<Record<string, string>> = {
  where: "WHERE",
  having: "HAVING",
  filter: "FILTER",
  on: "JOIN/ON",
  when: "CASE/WHEN",
  and: "AND",
  or: "OR",
  not: "NOT",
};

export const VALUE_RULES: readonly Rule[] = [
  {
    pattern: /^Binder Error: Target table has more colum names than query result/,
    code: SQLSTATE.syntaxError,
    message: () => "too many column names were specified",
  },
  {
    pattern: /^Conversion Error: Unimplemented type for cast \((.*) -> (.*)\)/,
    code: SQLSTATE.cannotCoerce,
    message: (m) => `cannot cast type ${castName(text(m[1]))} to ${castName(text(m[2]))}`,
  },
  {
    pattern: /can't be cast to the destination type STRUCT\("pg_catalog\.(\w+)"/,
    code: SQLSTATE.featureNotSupported,
    message: (m) => `a text that is neither a literal nor a parameter cannot be read as ${text(m[1])}`,
    hint: "write the value with a cast, or bind it as a parameter",
  },
  {
    pattern: /Invalid type \[STRUCT\("pg_catalog\.(\w+)".*Invalid type for index key/i,
    code: SQLSTATE.featureNotSupported,
    message: (m) => `keys and indexes of type ${text(m[1])} are not supported`,
  },
  {
    pattern: /^Conversion Error: Could not convert string ['"](.*)['"] to (\w+(?:\(\d+,\d+\))?)/s,
    code: (m) => unread(m).code,
    message: (m) => unread(m).message,
  },
  {
    pattern:
      /^Conversion Error: Type VARCHAR with value '(.*)' can't be cast to the destination type .*\[\]/s,
    code: SQLSTATE.invalidTextRepresentation,
    message: (m) => `malformed array literal: "${text(m[1])}"`,
  },
  {
    // Between enums: what is converted are the numbers of the labels.
    pattern:
      /^Conversion Error: Type (UINT\d+) with value \d+ can't be cast because the value is out of range for the destination type \1/,
    code: SQLSTATE.invalidTextRepresentation,
    message: () => "invalid input value for enum: a label that the type does not have",
  },
  {
    pattern:
      /^Conversion Error: .* can't be cast because the value is out of range for the destination type (\w+)/s,
    code: SQLSTATE.numericValueOutOfRange,
    message: (m) => `${typeName(text(m[1]))} out of range`,
  },
  {
    pattern: /^Conversion Error: (?:Casting value .* to type|Could not cast value -?[\d.]+ to) DECIMAL/s,
    code: SQLSTATE.numericValueOutOfRange,
    message: () => "numeric field overflow",
  },
  {
    pattern: /^Conversion Error: Failed to cast decimal value \S+ to type (U?INT\d+)/,
    code: SQLSTATE.numericValueOutOfRange,
    message: (m) => `${typeName(text(m[1]))} out of range`,
  },
  {
    pattern: /^Out of Range Error: Overflow in \w+ of (INT\d+|DECIMAL)/,
    code: SQLSTATE.numericValueOutOfRange,
    message: (m) => (m[1] === "DECIMAL" ? "numeric field overflow" : `${typeName(text(m[1]))} out of range`),
  },
  {
    pattern: /^Out of Range Error: Overflow (?:on abs|in negation|in division)/,
    code: SQLSTATE.numericValueOutOfRange,
    message: () => "integer out of range",
  },
  {
    pattern:
      /^Conversion Error: (date|timestamp|time) field value out of range: "(.*?)"(?:, expected|\n|$)/is,
    code: (m) => (isMoment(m) ? SQLSTATE.datetimeFieldOverflow : SQLSTATE.invalidDatetimeFormat),
    message: (m) =>
      isMoment(m)
        ? `date/time field value out of range: "${text(m[2])}"`
        : `invalid input syntax for type ${text(m[1]).toLowerCase()}: "${text(m[2])}"`,
  },
  {
    pattern: /^Conversion Error: invalid (date|timestamp|time) field format: "(.*?)", expected/s,
    code: SQLSTATE.invalidDatetimeFormat,
    message: (m) => `invalid input syntax for type ${text(m[1])}: "${text(m[2])}"`,
  },
  {
    pattern: /^Invalid Input Error: Could not parse string "(.*?)" according to format specifier/s,
    code: (m) =>
      /[a-z]{2}/i.test(text(m[1])) ? SQLSTATE.invalidDatetimeFormat : SQLSTATE.datetimeFieldOverflow,
    message: (m) => `date/time value does not fit its format or is out of range: "${text(m[1])}"`,
  },
  {
    pattern: /^Conversion Error: Date out of range: (-?\d+)-(\d+)-(\d+)/,
    code: SQLSTATE.datetimeFieldOverflow,
    message: (m) =>
      `date field value out of range: ${text(m[1]).padStart(4, "0")}-${text(m[2]).padStart(2, "0")}-${text(m[3]).padStart(2, "0")}`,
  },
  {
    pattern: /^\w[\w ]* Error: Cannot subtract infinite timestamps/,
    code: SQLSTATE.datetimeFieldOverflow,
    message: () => "cannot subtract infinite timestamps",
  },
  {
    pattern: /^Conversion Error: extract specifier "(.*)" not recognized/,
    code: SQLSTATE.invalidParameterValue,
    message: (m) => `unit "${text(m[1])}" not recognized`,
  },
  {
    pattern: /^Not implemented Error: Unknown TimeZone '(.*)'/i,
    code: SQLSTATE.invalidParameterValue,
    message: (m) => `time zone "${text(m[1])}" not recognized`,
  },
  {
    pattern: /^Conversion Error: Malformed JSON/s,
    code: SQLSTATE.invalidTextRepresentation,
    message: () => "invalid input syntax for type json",
  },
  {
    pattern: /^Out of Range Error: (cannot take square root of a negative number)/,
    code: SQLSTATE.invalidArgumentForPowerFunction,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Out of Range Error: (cannot take logarithm of \w[\w ]*)/,
    code: SQLSTATE.invalidArgumentForLogarithm,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Invalid Input Error: \w+ is undefined outside/,
    code: SQLSTATE.numericValueOutOfRange,
    message: () => "input is out of range",
  },
  {
    pattern: /^(?:Syntax|Invalid Input) Error: Like pattern must not end with escape character/,
    code: SQLSTATE.invalidEscapeSequence,
    message: () => "LIKE pattern must not end with escape character",
  },
  {
    pattern:
      /^Invalid Input Error: (?:invalid perl operator: (\S+)|invalid escape sequence: (\\[1-9AZmMyYc]))/,
    code: SQLSTATE.featureNotSupported,
    message: (m) => `the regular expression uses ${text(m[1] ?? m[2])}, which is not supported`,
  },
  {
    pattern: new RegExp(`^Invalid Input Error: ((?:${RE2_ERRORS})[^\\n:]*)`),
    code: SQLSTATE.invalidRegularExpression,
    message: (m) => `invalid regular expression: ${text(m[1])}`,
  },
  {
    // See sql/dialect/boolean-operands.ts.
    pattern: /^Binder Error: Macro duckbranch_boolean_(\w+)\(\) does not support/,
    code: SQLSTATE.datatypeMismatch,
    message: (m) => `argument of ${CONDITIONS[text(m[1])] ?? ""} must be type boolean`,
    hint: "Compare it with something, or cast it to boolean.",
  },
  {
    pattern: /^Binder Error: Macro ((?!duckbranch_)\w+)\(\) does not support/,
    code: SQLSTATE.undefinedFunction,
    message: (m) => `function ${text(m[1])} does not exist with these arguments`,
    hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
  },
  {
    pattern: /^Binder Error: No function matches the given name and argument types '(\S+?)\((.*?)\)'\. You/s,
    code: SQLSTATE.undefinedFunction,
    message: (m) => missingFunction(text(m[1]), text(m[2])),
    hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
  },
  {
    pattern:
      /^Binder Error: Could not choose a best candidate function for the function call "(\S+?)\((.*?)\)"/s,
    code: SQLSTATE.undefinedFunction,
    message: (m) => missingFunction(text(m[1]), text(m[2])),
    hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
  },
  {
    pattern: /^Binder Error: Cannot concatenate types (.*) and (.*) - an explicit cast/,
    code: SQLSTATE.undefinedFunction,
    message: (m) => `operator does not exist: ${typeName(text(m[1]))} || ${typeName(text(m[2]))}`,
  },
  {
    pattern: /^Binder Error: UNNEST\(\) can only be applied to lists, structs and NULL, not (.*)/,
    code: SQLSTATE.undefinedFunction,
    message: (m) => `function unnest(${typeName(text(m[1]))}) does not exist`,
  },
  {
    pattern: /^Binder Error: (aggregate function calls cannot be nested)/,
    code: SQLSTATE.groupingError,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Binder Error: (\w+) clause cannot contain (aggregates|window functions)/,
    code: (m) => (m[2] === "aggregates" ? SQLSTATE.groupingError : SQLSTATE.windowingError),
    message: (m) =>
      `${m[2] === "aggregates" ? "aggregate functions" : "window functions"} are not allowed in ${text(m[1])}`,
  },
  {
    pattern: /^Binder Error: GROUPING statement cannot be used without groups/,
    code: SQLSTATE.groupingError,
    message: () => "arguments to GROUPING must be grouping expressions of the associated query level",
  },
  {
    pattern:
      /^Binder Error: (?:There are no UNIQUE\/PRIMARY KEY constraints that refer to this table|The specified columns as conflict target are not referenced)/,
    code: SQLSTATE.invalidColumnReference,
    message: () => "there is no unique or exclusion constraint matching the ON CONFLICT specification",
  },
  {
    pattern: /^Binder Error: (ORDER|GROUP BY) term out of range/,
    code: SQLSTATE.invalidColumnReference,
    message: (m) => `${m[1] === "ORDER" ? "ORDER BY" : "GROUP BY"} position is not in select list`,
  },
  {
    pattern: /^Binder Error: In a DISTINCT aggregate, ORDER BY expressions must appear in the argument list/i,
    code: SQLSTATE.invalidColumnReference,
    message: () => "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
  },
  {
    pattern: /^Binder Error: (LIMIT|OFFSET)(?:\/OFFSET)? cannot be negative/,
    code: SQLSTATE.invalidRowCountInLimitClause,
    message: () => "LIMIT must not be negative",
  },
  {
    pattern: /^(?:Binder|Parser) Error: DECIMAL type width must be between 1 and 38/i,
    code: SQLSTATE.featureNotSupported,
    message: () => "numeric of more than 38 digits is not supported",
  },
  {
    pattern: /Invalid Type \[(.*)\]: Invalid type for index key/i,
    code: SQLSTATE.featureNotSupported,
    message: (m) => `an index on a column of type ${typeName(text(m[1]))} is not supported`,
  },
  {
    pattern: /^Catalog Error: .*table only has one column/,
    code: SQLSTATE.featureNotSupported,
    message: () => "tables without columns are not supported",
  },
  {
    // A column of the relations is none of the result: its name is told with all that is in front of it.
    pattern: /^Binder Error: Could not ORDER BY column "(?:(?:[^()]*[."])?(\w+)"?|.*)": add the expression/s,
    code: (m) => (m[1] === undefined ? SQLSTATE.featureNotSupported : SQLSTATE.undefinedColumn),
    message: (m) =>
      m[1] === undefined
        ? "invalid UNION/INTERSECT/EXCEPT ORDER BY clause"
        : `column "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Binder Error: interval cannot be 0/i,
    code: SQLSTATE.invalidParameterValue,
    message: () => "step size cannot equal zero",
  },
  {
    pattern: /^Binder Error: Unsupported comparison .* for ANY\/ALL subquery/i,
    code: SQLSTATE.featureNotSupported,
    message: () => "LIKE and other pattern operators with ANY or ALL are not supported",
  },
];
