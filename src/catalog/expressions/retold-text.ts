/**
 * A value's text in DuckDB's form as PostgreSQL writes it. Pure; called for each row of a cast to text whose type says that
 * the two forms differ.
 */
import { canonicalJson } from "../../core/canonical-json.js";
import { isQuotient, isUnbounded, shownPlaces } from "../../core/unbounded-numeric.js";

/** Digits before the point beyond which a float is written with an exponent. */
const MOST_DIGITS = { DOUBLE: 15, FLOAT: 6 } as const;
const SPECIAL: ReadonlyMap<string, string> = new Map([
  ["nan", "NaN"],
  ["-nan", "NaN"],
  ["inf", "Infinity"],
  ["-inf", "-Infinity"],
]);

/** `text` of a list is JSON, its elements DuckDB's texts; of anything else it is DuckDB's text, or JSON to be jsonb. */
export function retoldText(text: string, type: string): string {
  if (type === "jsonb") return canonicalJson(text);
  const element = type.replace(/(?:\[\d*\])+$/, "");
  if (type === "address") return keyedText(text);
  if (element === type)
    return type.startsWith(INET) ? maskedAddress(keyedText(text)) : scalarText(text, type);
  return arrayText(JSON.parse(text), element);
}

function arrayText(value: unknown, element: string): string {
  if (Array.isArray(value)) return `{${value.map((inner) => arrayText(inner, element)).join(",")}}`;
  if (typeof value !== "string") return "NULL";
  const shown = element === "BOOLEAN" ? value.slice(0, 1) : scalarText(value, element);
  const isPlain = shown !== "" && shown.toLowerCase() !== "null" && !/[{},"\\\s]/.test(shown);
  return isPlain ? shown : `"${shown.replace(/["\\]/g, "\\$&")}"`;
}

export function scalarText(text: string, type: string): string {
  if (type === "DOUBLE" || type === "FLOAT") return floatText(text, MOST_DIGITS[type]);
  if (type === "INTERVAL") return intervalText(text);
  if (type === "BLOB") return bytesText(text);
  if (type.startsWith("DATE") || type.startsWith("TIMESTAMP")) return text.replace("(BC)", "BC");
  if (type.startsWith('STRUCT("pg_catalog.')) return keyedText(text);
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  return decimal === null
    ? text
    : decimalText(text, { width: Number(decimal[1]), scale: Number(decimal[2]) });
}

/** `10000000000.0` ⇒ 10000000000, `1000000000000000.0` ⇒ 1e+15 */
function floatText(text: string, mostDigits: number): string {
  const special = SPECIAL.get(text);
  if (special !== undefined || text.includes("e")) return special ?? text;
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole.length <= mostDigits) return fraction === "0" ? sign + whole : text;
  const digits = (whole + fraction).replace(/0+$/, "");
  const behind = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${sign}${digits.charAt(0)}${behind}e+${String(whole.length - 1).padStart(2, "0")}`;
}

/** `-1 month 1 day` ⇒ -1 mons +1 day */
function intervalText(text: string): string {
  return text
    .replaceAll(/\bmonth/g, "mon")
    .replaceAll(/(-1 (?:year|mon|day))\b/g, "$1s")
    .replaceAll(/(-\d+ (?:years|mons|days)) (?=\d)/g, "$1 +");
}

/** `\x00a\x5C` ⇒ \x00615c: DuckDB writes what can be printed as it is. */
function bytesText(text: string): string {
  const hex = text.replaceAll(/\\x([0-9A-F]{2})|([\s\S])/g, (_, escaped?: string, plain?: string) =>
    escaped === undefined ? (plain ?? "").charCodeAt(0).toString(16).padStart(2, "0") : escaped.toLowerCase(),
  );
  return `\\x${hex}`;
}

/** The text of a STRUCT of a key and a text: see core/keyed-types.ts. */
function keyedText(text: string): string {
  const found = /'text': (.*)\}$/s.exec(text)?.[1] ?? text;
  return found.replace(/^'(.*)'$/s, (_, inner: string) =>
    inner.replaceAll("\\'", "'").replaceAll("\\\\", "\\"),
  );
}

const INET = 'STRUCT("pg_catalog.inet"';

/** As text an address has the mask of all its bits: 10.0.0.1/32 */
function maskedAddress(text: string): string {
  return text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;
}

function decimalText(text: string, type: { readonly width: number; readonly scale: number }): string {
  if (!isUnbounded(type) && !isQuotient(type)) return text;
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)\.(\d+)$/.exec(text) ?? [];
  if (whole === "") return text;
  const used = fraction.replace(/0+$/, "").length;
  const isUpToOne = whole === "0" || (whole === "1" && used === 0);
  const places = shownPlaces(type, used, isUpToOne ? 0 : whole.length);
  return places === 0 ? sign + whole : `${sign}${whole}.${fraction.slice(0, places)}`;
}
