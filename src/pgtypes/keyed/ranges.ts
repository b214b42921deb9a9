/**
 * Ranges and multiranges.
 *
 * Shape   text `empty`, `[1,5)`, `["2024-01-01 00:00:00",)` · of whole numbers and dates always `[)`
 *         binary: flags u8, then per finite bound its length i32 and its bytes; a multirange counts its ranges first (i32)
 *         and gives each its length (i32)
 * Source  https://www.postgresql.org/docs/15/rangetypes.html#RANGETYPES-IO
 */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { InputOptions } from "../parse-value.js";
import type { BoundType } from "./bounds.js";
import { ValueReader } from "../value-reader.js";
import type { KeyedType, KeyedValue } from "./keyed-type.js";
import { readRangeText, type RangeText } from "./range-text.js";

const [EMPTY, LOWER_INCLUSIVE, UPPER_INCLUSIVE, LOWER_INFINITE, UPPER_INFINITE] = [1, 2, 4, 8, 16];
const STORED: InputOptions = { timeZone: "UTC" };

/** Undefined as a value: without an end on that side. */
interface Bound<T> {
  readonly value: T | undefined;
  readonly inclusive: boolean;
}

interface Range<T> {
  readonly lower: Bound<T>;
  readonly upper: Bound<T>;
}

/** Null: the empty range. */
type MaybeRange<T> = Range<T> | null;

export function rangeType<T>(bound: BoundType<T>): KeyedType {
  const codec = new RangeCodec(bound);
  const stored = (range: MaybeRange<T>): KeyedValue => ({
    key: codec.key(range),
    text: codec.text(range, STORED),
  });
  const parse = (text: string, options: InputOptions): MaybeRange<T> => {
    const read = readRangeText(text, 0);
    if (read.end !== text.length) throw malformed("range", text, "Junk after right parenthesis or bracket.");
    return codec.fromText(read.range, options);
  };
  return {
    read: (text, options) => stored(parse(text, options)),
    readBinary: (bytes) => stored(codec.fromBinary(bytes)),
    writeBinary: (text) => codec.binary(parse(text, STORED)),
    show: (text, options) => codec.text(parse(text, STORED), options),
  };
}

export function multirangeType<T>(bound: BoundType<T>): KeyedType {
  const codec = new RangeCodec(bound);
  const text = (ranges: readonly Range<T>[], options: InputOptions): string =>
    `{${ranges.map((range) => codec.text(range, options)).join(",")}}`;
  const stored = (ranges: readonly MaybeRange<T>[]): KeyedValue => {
    const merged = codec.union(ranges);
    return { key: merged.map((range) => codec.key(range)).join(""), text: text(merged, STORED) };
  };
  const parse = (source: string, options: InputOptions): MaybeRange<T>[] =>
    readMultirangeText(source).map((range) => codec.fromText(range, options));
  return {
    read: (source, options) => stored(parse(source, options)),
    readBinary: (bytes) => stored(readCounted(bytes).map((part) => codec.fromBinary(part))),
    writeBinary: (source) =>
      writeCounted(codec.union(parse(source, STORED)).map((range) => codec.binary(range))),
    show: (source, options) => text(codec.union(parse(source, STORED)), options),
  };
}

function malformed(what: string, text: string, detail: string): SqlError {
  return new SqlError(SQLSTATE.invalidTextRepresentation, `malformed ${what} literal: "${text}"`, { detail });
}

class RangeCodec<T> {
  readonly #bound: BoundType<T>;

  constructor(bound: BoundType<T>) {
    this.#bound = bound;
  }

  fromText(range: RangeText, options: InputOptions): MaybeRange<T> {
    if (range === "empty") return null;
    const read = (text: string | undefined): T | undefined =>
      text === undefined ? undefined : this.#bound.read(text, options);
    return this.#canonical({
      lower: { value: read(range.lower), inclusive: range.lowerInclusive },
      upper: { value: read(range.upper), inclusive: range.upperInclusive },
    });
  }

  fromBinary(bytes: Uint8Array): MaybeRange<T> {
    return readMessage(bytes, (reader) => {
      // As PostgreSQL, which knows more flags than a value may have.
      const flags = reader.uint8() & 31;
      if ((flags & EMPTY) !== 0) return null;
      const read = (infinite: number): T | undefined =>
        (flags & infinite) === 0 ? this.#bound.readBinary(partOf(reader)) : undefined;
      const lower = { value: read(LOWER_INFINITE ?? 0), inclusive: (flags & (LOWER_INCLUSIVE ?? 0)) !== 0 };
      const upper = { value: read(UPPER_INFINITE ?? 0), inclusive: (flags & (UPPER_INCLUSIVE ?? 0)) !== 0 };
      return this.#canonical({ lower, upper });
    });
  }

  binary(range: MaybeRange<T>): Uint8Array {
    if (range === null) return Uint8Array.of(EMPTY ?? 0);
    const { lower, upper } = range;
    const flags =
      (lower.value === undefined ? (LOWER_INFINITE ?? 0) : 0) |
      (upper.value === undefined ? (UPPER_INFINITE ?? 0) : 0) |
      (lower.inclusive ? (LOWER_INCLUSIVE ?? 0) : 0) |
      (upper.inclusive ? (UPPER_INCLUSIVE ?? 0) : 0);
    const parts = [lower.value, upper.value].flatMap((value) =>
      value === undefined ? [] : [withLength(this.#bound.binary(value))],
    );
    return Buffer.concat([Uint8Array.of(flags), ...parts]);
  }

  text(range: MaybeRange<T>, options: InputOptions): string {
    if (range === null) return "empty";
    const write = (value: T | undefined): string =>
      value === undefined ? "" : quoted(this.#bound.text(value, options));
    const { lower, upper } = range;
    return `${lower.inclusive ? "[" : "("}${write(lower.value)},${write(upper.value)}${upper.inclusive ? "]" : ")"}`;
  }

  /** The empty range first, then by lower bound, then by upper; a lower bound without an end first, an upper last. */
  key(range: MaybeRange<T>): string {
    return range === null ? "0" : `1${this.#lowerKey(range.lower)}${this.#upperKey(range.upper)}`;
  }

  #lowerKey({ value, inclusive }: Bound<T>): string {
    return value === undefined ? "0" : `1${this.#bound.key(value)}${inclusive ? "0" : "1"}`;
  }

  #upperKey({ value, inclusive }: Bound<T>): string {
    return value === undefined ? "1" : `0${this.#bound.key(value)}${inclusive ? "1" : "0"}`;
  }

  /** Errors: 22000 for an upper bound below the lower. */
  #canonical(range: Range<T>): MaybeRange<T> {
    let [lower, upper] = [withoutEnd(range.lower), withoutEnd(range.upper)];
    const order = this.#order(lower, upper);
    if (order > 0) {
      throw new SqlError(
        SQLSTATE.dataException,
        "range lower bound must be less than or equal to range upper bound",
      );
    }
    if (!lower.inclusive) lower = this.#moved(lower);
    if (upper.inclusive) upper = this.#moved(upper);
    const isEmpty = this.#order(lower, upper) >= 0 && !(lower.inclusive && upper.inclusive);
    return isEmpty ? null : { lower, upper };
  }

  /** The same bound of whole numbers, one further: `(1` is `[2`, `5]` is `6)`. */
  #moved(bound: Bound<T>): Bound<T> {
    const next = bound.value === undefined ? undefined : this.#bound.next?.(bound.value);
    return next === undefined ? bound : { value: next, inclusive: !bound.inclusive };
  }

  /** Of the bounds' values; below 0 when either has no end. */
  #order({ value: lower }: Bound<T>, { value: upper }: Bound<T>): number {
    if (lower === undefined || upper === undefined) return -1;
    return compared(this.#bound.key(lower), this.#bound.key(upper));
  }

  /** The ranges in order, those that meet or overlap made one, empty ones left out. */
  union(ranges: readonly MaybeRange<T>[]): readonly Range<T>[] {
    const sorted = ranges
      .filter((range) => range !== null)
      .toSorted((a, b) => compared(this.key(a), this.key(b)));
    const merged: Range<T>[] = [];
    for (const range of sorted) {
      const last = merged.at(-1);
      if (last === undefined || !this.#meets(last, range)) merged.push(range);
      else if (compared(this.#upperKey(last.upper), this.#upperKey(range.upper)) < 0)
        merged[merged.length - 1] = { lower: last.lower, upper: range.upper };
    }
    return merged;
  }

  /** Whether `later`, which does not begin before `range`, leaves no gap behind it. */
  #meets(range: Range<T>, later: Range<T>): boolean {
    const order = this.#order(later.lower, range.upper);
    return order < 0 || (order === 0 && (later.lower.inclusive || range.upper.inclusive));
  }
}

/** What has no end is never inclusive. */
function withoutEnd<T>(bound: Bound<T>): Bound<T> {
  return bound.value === undefined ? { value: undefined, inclusive: false } : bound;
}

function compared(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Quoted where the range's own syntax would read it differently. */
function quoted(text: string): string {
  if (text !== "" && !/[\s"\\()[\],]/.test(text)) return text;
  return `"${text.replaceAll(/["\\]/g, "$&$&")}"`;
}

function readMultirangeText(text: string): readonly RangeText[] {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined) throw malformed("multirange", text, "Missing left brace.");
  if (inner.trim() === "") return [];
  const ranges: RangeText[] = [];
  for (let at = 0; ; at += 1) {
    const read = readRangeText(inner, at);
    ranges.push(read.range);
    at = read.end;
    if (at === inner.length) return ranges;
    if (inner[at] !== ",") throw malformed("multirange", text, "Expected comma or end of multirange.");
  }
}

function withLength(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readMessage<T>(bytes: Uint8Array, read: (reader: ValueReader) => T): T {
  const reader = new ValueReader(bytes);
  const value = read(reader);
  reader.endMessage();
  return value;
}

function partOf(reader: ValueReader): Uint8Array {
  return reader.bytes(reader.int32());
}

function writeCounted(parts: readonly Uint8Array[]): Uint8Array {
  const count = Buffer.alloc(4);
  count.writeInt32BE(parts.length);
  return Buffer.concat([count, ...parts.map(withLength)]);
}

function readCounted(bytes: Uint8Array): readonly Uint8Array[] {
  return readMessage(bytes, (reader) => {
    const parts: Uint8Array[] = [];
    // Each takes bytes of the value: a count that promises too many ends with them.
    for (let left = reader.uint32(); left > 0; left--) parts.push(partOf(reader));
    return parts;
  });
}
