/** Functions and operators of jsonpath, and jsonb_pretty(): a document is read, and another text made of it. */
import { canonicalJson } from "../../core/canonical-json.js";
import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextFunction } from "../../engine/text-function.js";
import { any, fail, type Definitions, type Overload } from "./definition.js";
import { arrayText, partsOf } from "./document-parts.js";
import { readJsonPath, type JsonPath } from "./json-path-grammar.js";
import { kindOf } from "./json-items.js";
import { isForgiven, PathRun } from "./json-path.js";
import { LruCache } from "../../sql/lru-cache.js";

/** The function of this program: what to do, a document, a jsonpath, its variables, and whether it says nothing of errors. */
export const QUERIED_DOCUMENT = "duckbranch_queried";

const MAX_PATHS = 256;
/** Characters. */
const MAX_REMEMBERED_PATH = 1_000;
const paths = new LruCache<JsonPath>(MAX_PATHS);

export const queryDocument: TextFunction = ([operation, document, path, variables, silent]) => {
  if (typeof operation !== "string" || typeof document !== "string") return null;
  const root = canonicalJson(document);
  if (operation === "pretty") return pretty(root, "");
  if (typeof path !== "string" || typeof variables !== "string" || typeof silent !== "string") return null;
  const run = new PathRun(pathNamed(path), root, variablesOf(variables));
  try {
    return answerOf(operation, run.items());
  } catch (error) {
    if (silent === "true" && isForgiven(error)) return operation === "all" ? "[]" : null;
    throw error;
  }
};

function pathNamed(text: string): JsonPath {
  const known = paths.get(text);
  if (known !== undefined) return known;
  const path = readJsonPath(text);
  if (text.length <= MAX_REMEMBERED_PATH) paths.set(text, path);
  return path;
}

function variablesOf(text: string): string {
  const variables = canonicalJson(text);
  if (kindOf(variables) === "object") return variables;
  throw new SqlError(SQLSTATE.invalidParameterValue, '"vars" argument is not an object');
}

function answerOf(operation: string, items: readonly string[]): string | null {
  switch (operation) {
    case "exists":
      return String(items.length > 0);
    case "first":
      return items[0] ?? null;
    case "match": {
      const [item] = items;
      if (items.length === 1 && item === "null") return null;
      if (items.length === 1 && (item === "true" || item === "false")) return item;
      throw new SqlError(SQLSTATE.singletonSqlJsonItemRequired, "single boolean result is expected");
    }
    default:
      return arrayText(items);
  }
}

/** Four blanks for each level; what is empty stays in one line. */
function pretty(item: string, indent: string): string {
  const parts = partsOf(item);
  const inner = `${indent}    `;
  if (parts.kind === "scalar" || item.length === 2) return emptied(item, indent);
  const lines =
    parts.kind === "object"
      ? parts.members.map(([key, value]) => `${inner}${key}: ${pretty(value, inner)}`)
      : parts.items.map((value) => inner + pretty(value, inner));
  return `${item.charAt(0)}\n${lines.join(",\n")}\n${indent}${item.at(-1) ?? ""}`;
}

/** PostgreSQL breaks a line in what is empty as well. */
function emptied(item: string, indent: string): string {
  return item === "{}" || item === "[]" ? `${item.charAt(0)}\n${indent}${item.charAt(1)}` : item;
}

const asked = (operation: string, variables: string, silent: string): string =>
  `${QUERIED_DOCUMENT}('${operation}', CAST(_1 AS VARCHAR), CAST(_2 AS VARCHAR), CAST(${variables} AS VARCHAR), CAST(${silent} AS VARCHAR))`;
/** With and without variables, and whether errors are told. */
const overloads = (operation: string, made: (answer: string) => string): readonly Overload[] => [
  any(2, made(asked(operation, "'{}'", "'false'"))),
  any(3, made(asked(operation, "_3", "'false'"))),
  any(4, made(asked(operation, "_3", "_4"))),
];
const asBoolean = (answer: string): string => `CAST(${answer} AS BOOLEAN)`;
const asDocument = (answer: string): string => `CAST(${answer} AS JSON)`;

const NO_SEARCH = fail(SQLSTATE.featureNotSupported, "text search is not supported");
const noSearch = (...counts: readonly number[]): readonly Overload[] =>
  counts.map((count) => any(count, NO_SEARCH));

export const DOCUMENT_QUERIES: Definitions = {
  // Called inside unnest() by the dialect.
  jsonb_path_query: overloads(
    "all",
    (answer) => `CAST(json_extract(${asDocument(answer)}, '$[*]') AS JSON[])`,
  ),
  jsonb_path_query_array: overloads("all", asDocument),
  jsonb_path_query_first: overloads("first", asDocument),
  jsonb_path_exists: overloads("exists", asBoolean),
  jsonb_path_match: overloads("match", asBoolean),
  // What the dialect makes of `@?`, which says nothing of errors; nor does `@@`.
  "@|~": [any(2, asBoolean(asked("exists", "'{}'", "'true'")))],
  "@@": [
    any(
      2,
      `CASE WHEN typeof(_1) = 'JSON' THEN ${asBoolean(asked("match", "'{}'", "'true'"))} ELSE CAST(${NO_SEARCH} AS BOOLEAN) END`,
    ),
  ],
  jsonb_pretty: [any(1, `${QUERIED_DOCUMENT}('pretty', CAST(_1 AS VARCHAR), NULL, NULL, NULL)`)],
  to_tsvector: noSearch(1, 2),
  to_tsquery: noSearch(1, 2),
  plainto_tsquery: noSearch(1, 2),
  phraseto_tsquery: noSearch(1, 2),
  websearch_to_tsquery: noSearch(1, 2),
  ts_rank: noSearch(2, 3, 4),
  ts_headline: noSearch(2, 3, 4),
};
