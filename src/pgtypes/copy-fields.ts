/**
 * Splits one line of COPY data into its fields.
 *
 * Source  CopyReadAttributesText and CopyReadAttributesCSV in PostgreSQL 15's copyfromparse.c
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyFormat } from "./client-values.js";
import { decodeUtf8 } from "./utf8.js";

export type CopyRow = (string | null)[];

const BACKSLASH = "\\";
/** A backslash and what it stands for: octal, hex, a letter, or the character itself. At the end it is dropped. */
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-f]{1,2})|([^]?))/giu;
const LETTERS: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

/** Fields of the text format. The NULL string is compared before escapes are taken away. */
export function splitText(line: string, { delimiter, null: nullText }: CopyFormat): CopyRow {
  const parts: CopyRow = line.split(delimiter);
  const hasEscapes = line.includes(BACKSLASH);
  const raw = hasEscapes ? rejoinEscaped(parts, delimiter) : parts;
  for (let i = 0; i < raw.length; i++) {
    const part = raw[i] ?? "";
    if (part === nullText) raw[i] = null;
    else if (hasEscapes && part.includes(BACKSLASH)) raw[i] = unescapeText(part);
  }
  return raw;
}

/** Puts parts together again that were split at a delimiter behind a backslash. */
function rejoinEscaped(parts: CopyRow, delimiter: string): CopyRow {
  if (!parts.some((part) => part?.endsWith(BACKSLASH))) return parts;
  const fields: string[] = [];
  let open: string | undefined;
  for (const part of parts) {
    const field: string = open === undefined ? (part ?? "") : open + delimiter + (part ?? "");
    open = endsInEscape(field) ? field : undefined;
    if (open === undefined) fields.push(field);
  }
  if (open !== undefined) fields.push(open);
  return fields;
}

function endsInEscape(text: string): boolean {
  let count = 0;
  while (text.charAt(text.length - 1 - count) === BACKSLASH) count++;
  return count % 2 === 1;
}

function unescapeText(text: string): string {
  let hasBytes = false;
  const bytesFor = (code: number): string => {
    hasBytes ||= code >= 0x80 || code === 0;
    return String.fromCharCode(code);
  };
  const plain = text.replace(ESCAPE, (_, octal?: string, hex?: string, other = "") => {
    if (octal !== undefined) return bytesFor(Number.parseInt(octal, 8) & 0xff);
    if (hex !== undefined) return bytesFor(Number.parseInt(hex, 16));
    return LETTERS.get(other) ?? other;
  });
  return hasBytes ? decodeUtf8(escapedBytes(text)) : plain;
}

/** The same with bytes: `\303\274` is one character. */
function escapedBytes(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, octal, hex, other = ""] = match;
    parts.push(Buffer.from(text.slice(at, match.index)));
    if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8) & 0xff));
    else if (hex !== undefined) parts.push(Buffer.of(Number.parseInt(hex, 16)));
    else parts.push(Buffer.from(LETTERS.get(other) ?? other));
    at = match.index + whole.length;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(at))]);
}

/** Fields of the csv format. Only a field without any quotes can be NULL. */
export function splitCsv(line: string, format: CopyFormat): CopyRow {
  if (line.includes(format.quote)) return splitQuoted(line, format);
  const fields: CopyRow = line.split(format.delimiter);
  for (let i = 0; i < fields.length; i++) if (fields[i] === format.null) fields[i] = null;
  return fields;
}

function splitQuoted(line: string, { delimiter, quote, escape, null: nullText }: CopyFormat): CopyRow {
  const fields: CopyRow = [];
  let value = "";
  let sawQuote = false;
  let at = 0;
  for (;;) {
    const next = line[at];
    if (next === undefined || next === delimiter) {
      fields.push(!sawQuote && value === nullText ? null : value);
      if (next === undefined) return fields;
      value = "";
      sawQuote = false;
      at++;
    } else if (next === quote) {
      sawQuote = true;
      const end = closingQuote(line, at + 1, quote, escape);
      value += unescapeQuoted(line.slice(at + 1, end), quote, escape);
      at = end + 1;
    } else {
      const end = plainEnd(line, at, delimiter, quote);
      value += line.slice(at, end);
      at = end;
    }
  }
}

function plainEnd(line: string, from: number, delimiter: string, quote: string): number {
  let at = from;
  while (at < line.length && line[at] !== delimiter && line[at] !== quote) at++;
  return at;
}

/** Position of the quote that ends the quoted part begun before `from`. */
function closingQuote(line: string, from: number, quote: string, escape: string): number {
  for (let at = from; at < line.length; at++) {
    const next = line[at + 1];
    if (line[at] === escape && next !== undefined && (next === escape || next === quote)) at++;
    else if (line[at] === quote) return at;
  }
  throw new SqlError(SQLSTATE.badCopyFileFormat, "unterminated CSV quoted field");
}

function unescapeQuoted(text: string, quote: string, escape: string): string {
  if (!text.includes(escape)) return text;
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1];
    if (text[at] === escape && next !== undefined && (next === escape || next === quote)) at++;
    value += text[at] ?? "";
  }
  return value;
}
