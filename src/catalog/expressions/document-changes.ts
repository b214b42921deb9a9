/** What makes one jsonb of others: `||`, `-`, `#-`, jsonb_set and their kin. Pure; texts of canonical JSON in and out. */
import { canonicalJson } from "../../core/canonical-json.js";
import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextFunction } from "../../engine/text-function.js";
import { arrayElements } from "../../sql/dialect/array-literals.js";
import { arrayText, objectText, partsOf, type Parts } from "./document-parts.js";

/** `operation, document, …`: NULL where an argument is. */
export const changeDocument: TextFunction = (values) => {
  const [operation, document, first, second] = values;
  if (operation === null || operation === undefined) return null;
  const count = ARGUMENTS.get(operation) ?? 0;
  const given = [document, first, second].slice(0, count);
  if (typeof document !== "string" || given.some((value) => typeof value !== "string")) return null;
  return canonicalJson(changedBy(operation, canonicalJson(document), first ?? "", second ?? ""));
};

const ARGUMENTS: ReadonlyMap<string, number> = new Map([
  ["join", 2],
  ["delete", 2],
  ["delete path", 2],
  ["set", 3],
  ["replace", 3],
  ["insert", 3],
  ["insert after", 3],
  ["strip", 1],
]);

function changedBy(operation: string, document: string, first: string, second: string): string {
  switch (operation) {
    case "join":
      return joined(document, canonicalJson(first));
    case "delete":
      return without(document, first);
    case "delete path":
      return changedAt(document, pathOf(first), { kind: "delete" });
    case "set":
      return changedAt(document, pathOf(first), { kind: "set", value: second, create: true });
    case "replace":
      return changedAt(document, pathOf(first), { kind: "set", value: second, create: false });
    case "insert":
      return changedAt(document, pathOf(first), { kind: "insert", value: second, after: false });
    case "insert after":
      return changedAt(document, pathOf(first), { kind: "insert", value: second, after: true });
    default:
      return stripped(document);
  }
}

/** Of two objects the second's members win; anything else becomes one array. */
function joined(left: string, right: string): string {
  const [one, other] = [partsOf(left), partsOf(right)];
  if (one.kind === "object" && other.kind === "object") return objectText([...one.members, ...other.members]);
  return arrayText([...itemsOf(one, left), ...itemsOf(other, right)]);
}

function itemsOf(parts: Parts, text: string): readonly string[] {
  return parts.kind === "array" ? parts.items : [text];
}

/** `wanted`: JSON of a key, of a list of keys, or of a position. */
function without(document: string, wanted: string): string {
  const parts = partsOf(document);
  const named: unknown = JSON.parse(wanted);
  if (parts.kind === "scalar") throw invalid("cannot delete from scalar");
  if (typeof named === "number") {
    if (parts.kind === "object") throw invalid("cannot delete from object using integer index");
    return arrayText(parts.items.filter((_, at) => at !== (named < 0 ? named + parts.items.length : named)));
  }
  const keys = new Set((Array.isArray(named) ? named : [named]).map((key) => JSON.stringify(key)));
  return parts.kind === "object"
    ? objectText(parts.members.filter(([key]) => !keys.has(key)))
    : arrayText(parts.items.filter((item) => !keys.has(item)));
}

type Change =
  | { readonly kind: "delete" }
  | { readonly kind: "set"; readonly value: string; readonly create: boolean }
  | { readonly kind: "insert"; readonly value: string; readonly after: boolean };

const VERBS = { delete: "delete path in", set: "set path in", insert: "set path in" } as const;

/** `{a,1}`, or a JSON array of texts. */
function pathOf(text: string): readonly string[] {
  const items: unknown = text.startsWith("[") ? JSON.parse(text) : arrayElements(text);
  if (!Array.isArray(items))
    throw new SqlError(SQLSTATE.invalidTextRepresentation, `malformed array literal: "${text}"`);
  const path: readonly unknown[] = items;
  return path.map((step, at) => {
    if (typeof step === "string") return step;
    throw new SqlError(SQLSTATE.nullValueNotAllowed, `path element at position ${at + 1} is null`);
  });
}

function changedAt(document: string, path: readonly string[], change: Change): string {
  if (partsOf(document).kind === "scalar") throw invalid(`cannot ${VERBS[change.kind]} scalar`);
  return path.length === 0 ? document : changedWithin(document, path, change, 1);
}

function changedWithin(text: string, path: readonly string[], change: Change, level: number): string {
  const parts = partsOf(text);
  const [step = "", ...rest] = path;
  switch (parts.kind) {
    case "object":
      return changedMember(parts.members, step, rest, change, level);
    case "array":
      return changedItem(parts.items, step, rest, change, level);
    case "scalar":
      return text;
    default:
      return parts satisfies never;
  }
}

function changedMember(
  members: readonly (readonly [string, string])[],
  step: string,
  rest: readonly string[],
  change: Change,
  level: number,
): string {
  const key = JSON.stringify(step);
  const isThere = members.some(([own]) => own === key);
  if (rest.length > 0)
    return objectText(
      members.map(([own, value]) =>
        own === key ? [own, changedWithin(value, rest, change, level + 1)] : [own, value],
      ),
    );
  if (change.kind === "delete") return objectText(members.filter(([own]) => own !== key));
  if (change.kind === "insert" && isThere)
    throw new SqlError(SQLSTATE.invalidParameterValue, "cannot replace existing key", {
      hint: "Try using the function jsonb_set to replace key value.",
    });
  const isMade = change.kind === "insert" || change.create;
  return objectText(isThere || isMade ? [...members, [key, change.value]] : members);
}

function changedItem(
  items: readonly string[],
  step: string,
  rest: readonly string[],
  change: Change,
  level: number,
): string {
  if (!/^\s*[+-]?\d+$/.test(step))
    throw new SqlError(
      SQLSTATE.invalidTextRepresentation,
      `path element at position ${level} is not an integer: "${step}"`,
    );
  const wanted = Number(step);
  const at = wanted < 0 ? wanted + items.length : wanted;
  const isThere = at >= 0 && at < items.length;
  if (rest.length > 0 || change.kind === "delete") {
    if (!isThere) return arrayText(items);
    if (rest.length === 0) return arrayText(items.filter((_, index) => index !== at));
    return arrayText(
      items.map((item, index) => (index === at ? changedWithin(item, rest, change, level + 1) : item)),
    );
  }
  if (change.kind === "set" && isThere)
    return arrayText(items.map((item, index) => (index === at ? change.value : item)));
  if (change.kind === "set" && !change.create) return arrayText(items);
  // Beyond its ends a value goes to the nearer one.
  const after = change.kind === "insert" && change.after && isThere ? 1 : 0;
  const place = Math.min(Math.max(at, 0), items.length) + after;
  return arrayText([...items.slice(0, place), change.value, ...items.slice(place)]);
}

/** Without members that are null, at any depth. */
function stripped(text: string): string {
  const parts = partsOf(text);
  switch (parts.kind) {
    case "object":
      return objectText(
        parts.members
          .filter(([, value]) => value !== "null")
          .map(([key, value]) => [key, stripped(value)] as const),
      );
    case "array":
      return arrayText(parts.items.map(stripped));
    case "scalar":
      return text;
    default:
      return parts satisfies never;
  }
}

function invalid(message: string): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, message);
}
