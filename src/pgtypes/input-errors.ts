/** The errors of PostgreSQL's input functions, in its words. */
import { SQLSTATE, SqlError } from "../core/errors.js";

export function invalidSyntax(typeName: string, text: string): SqlError {
  return new SqlError(
    SQLSTATE.invalidTextRepresentation,
    `invalid input syntax for type ${typeName}: "${text}"`,
  );
}

/** Integers: the value comes first. */
export function integerOutOfRange(typeName: string, text: string): SqlError {
  return new SqlError(
    SQLSTATE.numericValueOutOfRange,
    `value "${text}" is out of range for type ${typeName}`,
  );
}

export function floatOutOfRange(typeName: string, text: string): SqlError {
  return new SqlError(SQLSTATE.numericValueOutOfRange, `"${text}" is out of range for type ${typeName}`);
}

/** Dates and times have a class of their own for bad syntax, and one for fields like month 13. */
export function invalidDatetime(typeName: string, text: string): SqlError {
  return new SqlError(SQLSTATE.invalidDatetimeFormat, `invalid input syntax for type ${typeName}: "${text}"`);
}

export function fieldOutOfRange(text: string): SqlError {
  return new SqlError(SQLSTATE.datetimeFieldOverflow, `date/time field value out of range: "${text}"`);
}

export function datetimeOutOfRange(typeName: string, text: string): SqlError {
  return new SqlError(SQLSTATE.datetimeFieldOverflow, `${typeName} out of range: "${text}"`);
}

export function badBinary(message: string): SqlError {
  return new SqlError(SQLSTATE.invalidBinaryRepresentation, message);
}
