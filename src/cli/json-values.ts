/**
 * Values as JSON, made of the texts that the wire carries: as the HTTP API has them.
 *
 * Shape   numbers that double precision would change are strings · timestamps ISO 8601 · arrays are arrays, json is as it is ·
 *         records and values of users' own types stay texts: the wire does not say what is in them
 * Limits  no text has a line end in it: rows can be lines
 */
import { survivesDouble } from "../core/double-digits.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RemoteColumn } from "./remote.js";

type Values = readonly (string | null)[];
type WriteText = (text: string) => string;

const BOOLEAN = 16;
const NUMBERS: readonly number[] = [20, 21, 23, 26, 700, 701, 1700];
const JSONS: readonly number[] = [114, 3802];
const [TIMESTAMP, TIMESTAMPTZ] = [1114, 1184];
const TEXT = 25;
/** Array ⇒ element. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1005, 21],
  [1007, 23],
  [1016, 20],
  [1028, 26],
  [1021, 700],
  [1022, 701],
  [1231, 1700],
  [199, 114],
  [3807, 3802],
  [1115, 1114],
  [1185, 1184],
  ...[1001, 1002, 1003, 1009, 1014, 1015, 1041, 651, 1040, 1182, 1183, 1187, 1270, 1561, 1563, 2951].map(
    asText,
  ),
  ...[3905, 3907, 3909, 3911, 3913, 3927, 6150, 6151, 6152, 6153, 6155, 6157].map(asText),
]);

function asText(array: number): readonly [number, number] {
  return [array, TEXT];
}

/** An object has one value per name. 42701, as over HTTP. */
export function sameNames(columns: readonly RemoteColumn[]): SqlError | undefined {
  const names = columns.map(({ name }) => name);
  const again = names.find((name, index) => names.indexOf(name) !== index);
  if (again === undefined) return undefined;
  return new SqlError(SQLSTATE.duplicateColumn, `column name "${again}" is there more than once`, {
    detail: "The statements were run; these rows cannot be shown as JSON.",
    hint: "give the columns different names, or ask for --csv",
  });
}

/** A row as an object, its names in the order of its columns. */
export function objectText(columns: readonly RemoteColumn[], values: Values): string {
  const members = columns.map(
    ({ name, typeOid }, i) => `${JSON.stringify(name)}:${valueText(typeOid, values[i] ?? null)}`,
  );
  return `{${members.join(",")}}`;
}

function valueText(typeOid: number, value: string | null): string {
  if (value === null) return "null";
  const element = ELEMENTS.get(typeOid);
  return element === undefined ? writerOf(typeOid)(value) : arrayText(value, writerOf(element));
}

function writerOf(typeOid: number): WriteText {
  if (typeOid === BOOLEAN) return (text) => String(text === "t");
  if (NUMBERS.includes(typeOid)) return numberText;
  if (JSONS.includes(typeOid)) return jsonText;
  if (typeOid === TIMESTAMP) return (text) => JSON.stringify(text.replace(" ", "T"));
  if (typeOid === TIMESTAMPTZ) return (text) => JSON.stringify(zonedText(text));
  return (text) => JSON.stringify(text);
}

/** `{`, `}`, a comma, what stands in quotes, or a bare word. */
const ARRAY_PART = /[{},]|"((?:[^"\\]|\\.)*)"|[^{},"]+/gs;

/** `{1,{2,NULL}}` ⇒ `[1,[2,null]]` */
function arrayText(text: string, write: WriteText): string {
  // What may stand in front: bounds that JSON has none of.
  const body = text.slice(text.indexOf("{"));
  return body.replace(ARRAY_PART, (part: string, quoted: string | undefined) => {
    if (part === "{") return "[";
    if (part === "}") return "]";
    if (part === ",") return part;
    if (quoted !== undefined) return write(quoted.replaceAll(/\\(.)/gs, "$1"));
    return part === "NULL" ? "null" : write(part);
  });
}

/** NaN and infinities are no JSON numbers, and neither is `+1`. */
function numberText(text: string): string {
  return survivesDouble(text) ? text : JSON.stringify(text);
}

/** Line ends can only be blanks between the parts of a JSON text. */
function jsonText(text: string): string {
  try {
    JSON.parse(text);
    return text.replaceAll(/[\r\n]/g, " ");
  } catch {
    return JSON.stringify(text);
  }
}

/** `2024-01-02 03:04:05+00` ⇒ `2024-01-02T03:04:05+00:00` */
function zonedText(text: string): string {
  return text.replace(" ", "T").replace(/([+-]\d\d)(?= BC$|$)/, "$1:00");
}
