/** Reads the arguments of branch statements: options, durations, strategies per table. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { ACCESSES, type BranchAccess } from "../branch/grants.js";
import type { BranchChange } from "../branch/lifecycle.js";
import type { RelationName } from "../branch/model.js";
import { readStrategy, type Strategy } from "../branch/strategy.js";
import type { Terms } from "../branch/terms.js";
import type {
  Argument,
  BranchCommand,
  BranchOption,
  Page,
  TableName,
  MergeException,
  TableStrategy,
} from "../sql/branch-command.js";
import type { ColumnStrategy, MergeRequest } from "../branch/merge-types.js";
import type { Resolutions } from "../branch/merge-resolve.js";
import type { RowChoice } from "../branch/merge-settle.js";
import { normaliseName } from "../sql/names.js";
import { parseDuration } from "./duration.js";

/** The value of an argument: a literal's, or the bound parameter's. */
export type ArgumentReader = (argument: Argument) => string | null;

function tableStrategy(
  entry: TableStrategy,
  read: ArgumentReader,
): { table: RelationName; strategy: ReturnType<typeof readStrategy> } {
  return {
    table: relationOf(entry.table),
    strategy: readStrategy(required(read(entry.strategy), "strategy")),
  };
}

/** Errors: 22023, 42601 a column without its table */
export function mergeExceptions(
  entries: readonly MergeException[],
  read: ArgumentReader,
): Required<Pick<MergeRequest, "exceptions" | "schemas" | "columns">> {
  const exceptions: MergeRequest["exceptions"][number][] = [];
  const schemas: { schema: string; strategy: Strategy }[] = [];
  const columns: ColumnStrategy[] = [];
  for (const entry of entries) {
    const strategy = readStrategy(required(read(entry.strategy), "strategy"));
    const [last = "", ...owner] = entry.table.toReversed();
    if (entry.of === undefined) exceptions.push({ table: relationOf(entry.table), strategy });
    else if (entry.of === "schema") schemas.push({ schema: last === "public" ? "main" : last, strategy });
    else if (owner.length === 0)
      throw new SqlError(SQLSTATE.syntaxError, `column "${last}" needs its table: COLUMN table.${last}`);
    else columns.push({ table: relationOf(owner.toReversed()), column: last, strategy });
  }
  return { exceptions, schemas, columns };
}

/** Errors: 22023 */
export function readResolutions(
  { resolutions, resolutionsJson }: Extract<BranchCommand, { readonly verb: "resolve" }>,
  read: ArgumentReader,
): Resolutions {
  const tables: Resolutions["tables"][number][] = [];
  const rows: RowChoice[] = [];
  for (const entry of resolutions) {
    const { table, strategy } = tableStrategy(entry, read);
    if (entry.key === undefined) tables.push({ table, strategy });
    else rows.push({ table, strategy, key: keyText(required(read(entry.key), "key")) });
  }
  const json = resolutionsFromJson(resolutionsJson, read);
  return { tables: [...tables, ...json.tables], rows: [...rows, ...json.rows] };
}

/** `{"products": "branch_wins"}` of the function form; for single rows `{"products": [{"key": {"id": 1}, "strategy": "main_wins"}]}`. */
function resolutionsFromJson(argument: Argument | undefined, read: ArgumentReader): Resolutions {
  const text = optional(argument, read);
  if (text === undefined) return { tables: [], rows: [] };
  const parsed = parseJson(text);
  if (!isObject(parsed)) throw malformedResolutions();
  const tables: Resolutions["tables"][number][] = [];
  const rows: RowChoice[] = [];
  for (const [name, said] of Object.entries(parsed)) {
    const table = relationOf(name.split("."));
    if (typeof said === "string") tables.push({ table, strategy: readStrategy(said) });
    else if (Array.isArray(said)) rows.push(...said.map((row) => rowChoice(table, row)));
    else throw malformedResolutions();
  }
  return { tables, rows };
}

function rowChoice(table: RelationName, row: unknown): RowChoice {
  if (!isObject(row) || typeof row["strategy"] !== "string" || !isObject(row["key"]))
    throw malformedResolutions();
  // Read as another number it might be another row's.
  if (Object.values(row["key"]).some((value) => Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw new SqlError(
      SQLSTATE.invalidParameterValue,
      "the key of a row is a number that JSON cannot hold exactly",
      {
        hint: "use RESOLVE MERGE … WITH (table ROW '…' strategy)",
      },
    );
  return { table, key: JSON.stringify(row["key"]), strategy: readStrategy(row["strategy"]) };
}

/** Errors: 22P02, 22023 for JSON that is no object */
function keyText(text: string): string {
  if (isObject(parseJson(text))) return text;
  throw new SqlError(SQLSTATE.invalidParameterValue, "the key of a row must be a JSON object of its columns");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformedResolutions(): SqlError {
  return new SqlError(
    SQLSTATE.invalidParameterValue,
    "resolutions must be a JSON object of table names and strategies",
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new SqlError(SQLSTATE.invalidTextRepresentation, "invalid input syntax for type json", {
      cause: error,
    });
  }
}

/** A table named in a branch statement, in DuckDB's spelling. */
export function relationOf(name: TableName): RelationName {
  const [first = "", second] = name;
  if (name.length > 2) throw new SqlError(SQLSTATE.syntaxError, `improper table name "${name.join(".")}"`);
  if (second === undefined) return { schema: "main", name: first };
  return { schema: normaliseName(first) === "public" ? "main" : first, name: second };
}

export function readChange(options: readonly BranchOption[], read: ArgumentReader): BranchChange {
  const values = readOptions(options, read, [
    "description",
    "agent",
    "agent_id",
    "access",
    ...TTL_OPTIONS,
    ...TERMS_OPTIONS,
  ]);
  const agent = values.get("agent") ?? values.get("agent_id");
  const ttlMs = values.get("ttl") === NONE ? null : readTtl(values);
  return {
    ...(TERMS_OPTIONS.some((name) => values.has(name)) ? { terms: readTerms(values) } : {}),
    ...(values.has("description") ? { description: values.get("description") ?? null } : {}),
    ...(agent === undefined ? {} : { agent }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...readAccess(values),
  };
}

/** Errors: 22023 */
export function readAccess(options: ReadonlyMap<string, string>): { readonly access?: BranchAccess } {
  const written = options.get("access");
  const access = ACCESSES.find((one) => one === written?.toLowerCase());
  if (access !== undefined) return { access };
  if (written === undefined) return {};
  throw new SqlError(SQLSTATE.invalidParameterValue, `unknown access "${written}"`, {
    hint: "use 'open' or 'private'",
  });
}

export const TERMS_OPTIONS: readonly string[] = ["idle_ttl", "max_rows", "max_bytes", "max_seconds"];
/** Takes a time or a limit away. */
const NONE = "none";

/** Those that are said. Errors: 22023 */
export function readTerms(options: ReadonlyMap<string, string>): Partial<Terms> {
  const idle = options.get("idle_ttl");
  const seconds = readLimit(options, "max_seconds");
  const maxRows = readLimit(options, "max_rows");
  const maxBytes = readLimit(options, "max_bytes");
  return {
    ...(idle === undefined ? {} : { idleMs: idle === NONE ? null : parseDuration(idle) }),
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(seconds === undefined ? {} : { maxMs: seconds === null ? null : seconds * 1000 }),
  };
}

/** A whole number; null for none. */
function readLimit(options: ReadonlyMap<string, string>, name: string): number | null | undefined {
  const text = options.get(name);
  if (text === undefined || text === NONE) return text === undefined ? undefined : null;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit <= MAX_LIMIT) return limit;
  throw new SqlError(SQLSTATE.invalidParameterValue, `invalid value for "${name}": "${text}"`, {
    hint: `a whole number up to ${MAX_LIMIT}, or none`,
  });
}

/** Part of a list, as positions; from the first on and all where nothing is said. */
export interface PageRange {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Errors: 22023 */
export function readPage({ limit, offset }: Page, read: ArgumentReader): PageRange {
  const given = { limit: optional(limit, read), offset: optional(offset, read) };
  const values = new Map(
    Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
  const first = readLimit(values, "offset") ?? 0;
  return { first, end: first + (readLimit(values, "limit") ?? Number.POSITIVE_INFINITY) };
}

/** As milliseconds still a whole number. */
const MAX_LIMIT = 1_000_000_000_000;

export const TTL_OPTIONS: readonly string[] = ["ttl", "ttl_hours", "ttl_seconds"];

export function readTtl(options: ReadonlyMap<string, string>): number | undefined {
  const hours = options.get("ttl_hours");
  const seconds = options.get("ttl_seconds");
  const text =
    options.get("ttl") ??
    (hours === undefined ? undefined : `${hours} hours`) ??
    (seconds === undefined ? undefined : `${seconds} seconds`);
  return text === undefined ? undefined : parseDuration(text);
}

/** Options by name; NULL counts as not given. 22023 for a name that is not accepted here. */
export function readOptions(
  options: readonly BranchOption[],
  read: ArgumentReader,
  accepted: readonly string[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const option of options) {
    if (!accepted.includes(option.name)) {
      throw new SqlError(SQLSTATE.invalidParameterValue, `unknown option "${option.name}"`, {
        hint: `accepted: ${accepted.join(", ")}`,
      });
    }
    const value = read(option.value);
    if (value !== null) values.set(option.name, value);
  }
  return values;
}

export function required(value: string | null, what: string): string {
  if (value === null) throw new SqlError(SQLSTATE.invalidParameterValue, `${what} must not be null`);
  return value;
}

export function optional(argument: Argument | undefined, read: ArgumentReader): string | undefined {
  return argument === undefined ? undefined : (read(argument) ?? undefined);
}
