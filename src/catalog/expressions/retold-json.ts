/**
 * A value's JSON as DuckDB makes it ⇒ as PostgreSQL's to_json() does. What differs hangs on the types of its parts, which are
 * read along with it: moments have a T and a whole offset, bytes are hex, what is kept as a key with its text is the text,
 * fields without names are f1, f2 …
 *
 *   {"at":"2020-01-01 10:00:00+00","ip":{"pg_catalog.inet":"…","text":"10.0.0.1"}}
 *     ⇒  {"at":"2020-01-01T10:00:00+00:00","ip":"10.0.0.1"}
 *
 * Limits  linear; pure; what is not as its type says stays as it is
 */
import { UNBOUNDED_NUMERIC } from "../../core/unbounded-numeric.js";
import { floatJson } from "./float-json.js";
import { scalarText } from "./retold-text.js";

type Shape =
  | { readonly kind: "scalar"; readonly type: string }
  | { readonly kind: "list"; readonly element: Shape }
  | { readonly kind: "map"; readonly value: Shape }
  | { readonly kind: "struct"; readonly fields: readonly Field[] };

interface Field {
  readonly name: string;
  readonly shape: Shape;
}

/** Types of one text are the same for all rows. */
const SHAPES = new Map<string, Shape>();
const MAX_SHAPES = 256;

/** `type` is what DuckDB's typeof() says. */
export function retoldJson(json: string, type: string): string {
  let shape = SHAPES.get(type);
  if (shape === undefined) {
    if (SHAPES.size >= MAX_SHAPES) SHAPES.clear();
    shape = new TypeReader(type).read();
    SHAPES.set(type, shape);
  }
  return new JsonWalker(json).walk(shape);
}

/** A field's name; a type of several words is none. */
const NAME = /(?!(?:TIMESTAMP|TIME) WITH )[a-z_]\w* (?=[A-Z"])/iy;

/** Reads `STRUCT(a INTEGER, "b c" DECIMAL(6,2)[])`. */
class TypeReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Shape {
    let shape = this.#readBase();
    while (this.#take(/\[\d*\]/y) !== undefined) shape = { kind: "list", element: shape };
    return shape;
  }

  #readBase(): Shape {
    if (this.#take(/STRUCT\(/y) !== undefined) return { kind: "struct", fields: this.#fields() };
    if (this.#take(/MAP\(/y) !== undefined) {
      this.read();
      this.#take(/, /y);
      const value = this.read();
      this.#take(/\)/y);
      return { kind: "map", value };
    }
    // Names of words, and what is in brackets behind them: DECIMAL(6,2), ENUM('a', 'b').
    const name = this.#take(/[^[\](),]*/y) ?? "";
    return {
      kind: "scalar",
      type: `${name}${this.#take(/\((?:'(?:[^']|'')*'|[^')(]|\([^)]*\))*\)/y) ?? ""}`,
    };
  }

  #fields(): Field[] {
    const fields: Field[] = [];
    while (this.#at < this.#text.length && this.#take(/\)/y) === undefined) {
      const quoted = this.#take(/"(?:[^"]|"")*" /y);
      const name = quoted?.slice(1, -2).replaceAll('""', '"') ?? this.#take(NAME)?.trim() ?? "";
      fields.push({ name, shape: this.read() });
      this.#take(/, /y);
    }
    return fields;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const OTHER = /[^\s,\]}:[{"]+/y;

/** Goes through JSON without blanks, as DuckDB writes it, and through JSON of others that is part of it. */
class JsonWalker {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  walk(shape: Shape): string {
    const first = this.#json.charAt(this.#at);
    if (shape.kind === "struct" && first === "{") return this.#struct(shape.fields);
    if (shape.kind === "list" && first === "[") return this.#list(shape.element);
    if (shape.kind === "map" && first === "{") return this.#members(() => shape.value);
    const raw = this.#value();
    return shape.kind === "scalar" ? scalarJson(raw, shape.type) : raw;
  }

  #struct(fields: readonly Field[]): string {
    const [first] = fields;
    if (first?.name.startsWith("pg_catalog.") !== true)
      return this.#members(
        (place) => fields[place]?.shape,
        (place) => (fields[place]?.name === "" ? `"f${place + 1}"` : undefined),
      );
    const from = this.#at;
    const text = /,"text":("(?:[^"\\]|\\.)*")\}$/.exec(
      this.#json.slice(from, from + this.#value().length),
    )?.[1];
    return text ?? this.#json.slice(from, this.#at);
  }

  #members(
    shapeOf: (place: number) => Shape | undefined,
    keyOf: (place: number) => string | undefined = () => undefined,
  ): string {
    const parts: string[] = [];
    this.#at += 1;
    while (this.#json.charAt(this.#at) === '"') {
      const key = this.#token(STRING);
      this.#at += 1;
      const shape = shapeOf(parts.length);
      const value = shape === undefined ? this.#value() : this.walk(shape);
      parts.push(`${keyOf(parts.length) ?? key}:${value}`);
      if (this.#json.charAt(this.#at) === ",") this.#at += 1;
    }
    this.#at += 1;
    return `{${parts.join(",")}}`;
  }

  #list(element: Shape): string {
    const parts: string[] = [];
    this.#at += 1;
    while (this.#at < this.#json.length && this.#json.charAt(this.#at) !== "]") {
      parts.push(this.walk(element));
      if (this.#json.charAt(this.#at) === ",") this.#at += 1;
    }
    this.#at += 1;
    return `[${parts.join(",")}]`;
  }

  /** One value as it is: of JSON that a client made blanks may be part. */
  #value(): string {
    const from = this.#at;
    let depth = 0;
    do {
      const first = this.#json.charAt(this.#at);
      if (first === '"') this.#token(STRING);
      else if (first === "{" || first === "[") {
        depth += 1;
        this.#at += 1;
      } else if (first === "}" || first === "]") {
        depth -= 1;
        this.#at += 1;
      } else if (this.#token(OTHER) === "") this.#at += 1;
    } while (depth > 0 && this.#at < this.#json.length);
    return this.#json.slice(from, this.#at);
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#json)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}

const MOMENT = /^(.*) ([\d:.]+)([+-][\d:]+)?$/;

function scalarJson(raw: string, type: string): string {
  if (raw === "null" || type === "JSON" || type === "VARCHAR") return raw;
  const isText = raw.startsWith('"');
  const text = isText ? String(JSON.parse(raw)) : raw;
  if (type === "DOUBLE" || type === "FLOAT") return floatJson(raw, type);
  if (type === "DATE" || type.startsWith("TIMESTAMP")) return JSON.stringify(momentText(text));
  const shown = decimalDigits(scalarText(text, type), type);
  // NaN and the infinities are no numbers of JSON.
  return isText || /^-?[A-Z]/.test(shown) ? JSON.stringify(shown) : shown;
}

/** `0044-03-15 (BC) 10:00:00+00` ⇒ 0044-03-15T10:00:00+00:00 BC */
function momentText(text: string): string {
  const era = text.includes("(BC)") ? " BC" : "";
  const [, date, time, offset] = MOMENT.exec(text.replace(" (BC)", "")) ?? [];
  if (date === undefined) return text.replace(" (BC)", "") + era;
  const whole = offset?.length === 3 ? `${offset}:00` : (offset ?? "");
  return `${date}T${time}${whole}${era}`;
}

/** All digits behind the point that the type has: DuckDB leaves out zeros of short decimals. */
function decimalDigits(text: string, type: string): string {
  const [, width, places] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (places === undefined || Number(width) === UNBOUNDED_NUMERIC.width) return text;
  const [, whole = text, fraction = ""] = /^(-?\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return places === "0" ? whole : `${whole}.${fraction.padEnd(Number(places), "0")}`;
}
