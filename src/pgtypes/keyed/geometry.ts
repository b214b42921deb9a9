/**
 * Geometric types: point, line, lseg, box, path, polygon, circle.
 *
 * Shape   binary: coordinates as float8; a path has u8 closed and i32 count in front, a polygon the count
 * Limits  PostgreSQL's < compares boxes and circles by area, segments by length, paths by their number of points: so do
 *         the keys, but without its tolerance of 1e-6. Its = does, too, but for segments; here it means the same value. For
 *         points, lines and polygons it has neither
 * Source  https://www.postgresql.org/docs/15/datatype-geometric.html
 */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import { doubleText } from "../float-text.js";
import { badBinary, invalidSyntax } from "../input-errors.js";
import { parseFloat8 } from "../parse-numbers.js";
import { readWhole, type ValueReader } from "../value-reader.js";
import type { KeyedType, KeyedValue } from "./keyed-type.js";

const NUMBER = String.raw`[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)`;
const PAIR = String.raw`\(\s*${NUMBER}\s*,\s*${NUMBER}\s*\)`;
const PAIRS = new RegExp(String.raw`^\s*${PAIR}(?:\s*,\s*${PAIR})*\s*$`, "i");
const BARE = new RegExp(String.raw`^\s*${NUMBER}(?:\s*,\s*${NUMBER})*\s*$`, "i");
const NUMBERS = new RegExp(NUMBER, "gi");
const CIRCLE = new RegExp(String.raw`^(?:${PAIR}|${NUMBER}\s*,\s*${NUMBER})\s*,\s*${NUMBER}$`, "i");

/** What one type does with its numbers; `isOpen` is said of paths alone. */
interface Shape {
  /** Reads the numbers of a text; undefined for what is none. */
  readonly numbers: (text: string) => readonly number[] | undefined;
  readonly write: (numbers: readonly number[], isOpen: boolean) => string;
  /** What PostgreSQL's < compares by. */
  readonly measure?: (numbers: readonly number[]) => number;
  /** How many numbers a value has; undefined for any number of points. */
  readonly size?: number;
}

/** `(1,2),(3,4)` or `1,2,3,4`, inside brackets of these kinds or none. */
function points(
  text: string,
  brackets: readonly (readonly [open: string, close: string])[],
): number[] | undefined {
  const trimmed = text.trim();
  const inner = brackets
    .filter(([open, close]) => trimmed.startsWith(open) && trimmed.endsWith(close))
    .map(() => trimmed.slice(1, -1));
  const list = [trimmed, ...inner].find((candidate) => PAIRS.test(candidate) || BARE.test(candidate));
  const numbers = list?.match(NUMBERS)?.map(parseFloat8) ?? [];
  return numbers.length === 0 || numbers.length % 2 === 1 ? undefined : numbers;
}

const ROUND = ["(", ")"] as const;
const SQUARE = ["[", "]"] as const;

function pair(numbers: readonly number[], at: number): string {
  return `(${doubleText(numbers[at] ?? 0)},${doubleText(numbers[at + 1] ?? 0)})`;
}

function pairs(numbers: readonly number[]): string {
  return Array.from({ length: numbers.length / 2 }, (_, i) => pair(numbers, 2 * i)).join(",");
}

function counted(numbers: readonly number[] | undefined, count: number): readonly number[] | undefined {
  return numbers?.length === count ? numbers : undefined;
}

/** Upper right corner first. */
function corners([x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[]): number[] {
  return [Math.max(x1, x2), Math.max(y1, y2), Math.min(x1, x2), Math.min(y1, y2)];
}

function circleNumbers(text: string): readonly number[] | undefined {
  const trimmed = text.trim();
  const isAngled = trimmed.startsWith("<") && trimmed.endsWith(">");
  const isRound = /^\(\s*\(/.test(trimmed) && trimmed.endsWith(")");
  const inner = isAngled || isRound ? trimmed.slice(1, -1).trim() : trimmed;
  const numbers = CIRCLE.test(inner) ? inner.match(NUMBERS)?.map(parseFloat8) : undefined;
  return (numbers?.[2] ?? -1) < 0 ? undefined : numbers;
}

/** `{A,B,C}`, or through two points. */
function lineNumbers(text: string): readonly number[] | undefined {
  const [, inner] = /^\s*\{(.*)\}\s*$/s.exec(text) ?? [];
  if (inner !== undefined) {
    const numbers = BARE.test(inner) ? counted(inner.match(NUMBERS)?.map(parseFloat8), 3) : undefined;
    if (numbers?.[0] !== 0 || numbers[1] !== 0) return numbers;
    const message = "invalid line specification: A and B cannot both be zero";
    throw new SqlError(SQLSTATE.invalidTextRepresentation, message);
  }
  const through = counted(points(text, [SQUARE, ROUND]), 4);
  if (through === undefined) return undefined;
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = through;
  if (x1 === x2) return y1 === y2 ? undefined : [-1, 0, x1];
  if (y1 === y2) return [0, -1, y1];
  const slope = (y1 - y2) / (x1 - x2);
  return [slope, -1, y1 - slope * x1];
}

const SHAPES = {
  point: {
    size: 2,
    numbers: (text) => counted(points(text, []), 2),
    write: pairs,
  },
  lseg: {
    size: 4,
    numbers: (text) => counted(points(text, [SQUARE, ROUND]), 4),
    write: (numbers) => `[${pairs(numbers)}]`,
    measure: ([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => Math.hypot(x2 - x1, y2 - y1),
  },
  box: {
    size: 4,
    numbers: (text) => {
      const read = counted(points(text, [ROUND]), 4);
      return read && corners(read);
    },
    write: pairs,
    measure: ([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => (x1 - x2) * (y1 - y2),
  },
  path: {
    numbers: (text) => points(text, [SQUARE, ROUND]),
    write: (numbers, isOpen) => (isOpen ? `[${pairs(numbers)}]` : `(${pairs(numbers)})`),
    measure: (numbers) => numbers.length,
  },
  polygon: {
    numbers: (text) => points(text, [ROUND]),
    write: (numbers) => `(${pairs(numbers)})`,
  },
  circle: {
    size: 3,
    numbers: circleNumbers,
    write: (numbers) => `<${pair(numbers, 0)},${doubleText(numbers[2] ?? 0)}>`,
    measure: ([, , radius = 0]) => Math.PI * radius * radius,
  },
  line: {
    size: 3,
    numbers: lineNumbers,
    write: (numbers) => `{${numbers.map(doubleText).join(",")}}`,
  },
} as const satisfies Record<string, Shape>;

export function geometricType(name: keyof typeof SHAPES): KeyedType {
  const shape: Shape = SHAPES[name];
  const read = (text: string): readonly number[] => {
    const numbers = shape.numbers(text);
    if (numbers === undefined) throw invalidSyntax(name, text);
    return numbers;
  };
  const isOpenPath = (text: string): boolean => name === "path" && text.trimStart().startsWith("[");
  return {
    read: (text) => stored(shape, read(text), isOpenPath(text)),
    readBinary: (bytes) => fromBytes(name, shape, bytes),
    writeBinary: (text) =>
      Buffer.concat([head(name, read(text).length / 2, isOpenPath(text)), floats(read(text))]),
  };
}

function stored(shape: Shape, numbers: readonly number[], isOpen: boolean): KeyedValue {
  const text = shape.write(numbers, isOpen);
  const measure = shape.measure && floats([shape.measure(numbers)]).toString("hex");
  return { key: measure === undefined ? text : `${measure} ${text}`, text };
}

function floats(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  numbers.forEach((number, index) => bytes.writeDoubleBE(number, 8 * index));
  return bytes;
}

/** In front of the coordinates. */
function head(name: keyof typeof SHAPES, count: number, isOpen: boolean): Buffer {
  const counts = Buffer.alloc(4);
  counts.writeInt32BE(count);
  if (name === "path") return Buffer.concat([Buffer.of(isOpen ? 0 : 1), counts]);
  return name === "polygon" ? counts : Buffer.alloc(0);
}

function fromBytes(name: keyof typeof SHAPES, shape: Shape, bytes: Uint8Array): KeyedValue {
  return readWhole(bytes, (reader) => {
    const isOpen = name === "path" && reader.uint8() === 0;
    const size = shape.size ?? 2 * pointsOf(reader, name);
    const numbers: number[] = [];
    while (numbers.length < size) numbers.push(reader.float64());
    requireShape(name, numbers);
    return stored(shape, name === "box" ? corners(numbers) : numbers, isOpen);
  });
}

function pointsOf(reader: ValueReader, name: string): number {
  const count = reader.int32();
  if (count <= 0) throw badBinary(`invalid number of points in external "${name}" value`);
  return count;
}

function requireShape(name: keyof typeof SHAPES, numbers: readonly number[]): void {
  const [first, second, third = 0] = numbers;
  if (name === "circle" && third < 0) throw badBinary('invalid radius in external "circle" value');
  if (name === "line" && first === 0 && second === 0)
    throw badBinary("invalid line specification: A and B cannot both be zero");
}
