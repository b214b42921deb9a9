/**
 * Values of settings as PostgreSQL reads and shows them: booleans, numbers with units, words, lists of names. Each reader
 * gives the value as it is kept, or throws 22023.
 */
import { isInternalSchema } from "../branch/system-names.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { clientSchema, normaliseName } from "../sql/names.js";

/** How values of one setting are read, and how what is kept is shown. */
export interface SettingType {
  /** `now` is what the setting is: a value may say a part of it. */
  readonly read: (name: string, value: string, now?: string) => string;
  readonly show?: (value: string) => string;
  /** SET takes several values: a list of names, each quoted where it must be. */
  readonly list?: true;
}

export function invalidValue(
  name: string,
  value: string,
  fields: { detail?: string; hint?: string } = {},
): SqlError {
  return new SqlError(
    SQLSTATE.invalidParameterValue,
    `invalid value for parameter "${name}": "${value}"`,
    fields,
  );
}

/** Any beginning of these words that no other shares. */
const TRUE = /^(?:t|tr|tru|true|y|ye|yes|on|1)$/i;
const FALSE = /^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i;

export const BOOLEAN: SettingType = {
  read: (name, value) => {
    if (TRUE.test(value)) return "on";
    if (FALSE.test(value)) return "off";
    throw new SqlError(SQLSTATE.invalidParameterValue, `parameter "${name}" requires a Boolean value`);
  },
};

export const TEXT: SettingType = { read: (_, value) => value };

/** One of some words, in any case. */
export function oneOf(...words: readonly string[]): SettingType {
  return {
    read: (name, value) => {
      const folded = value.toLowerCase();
      if (words.includes(folded)) return folded;
      throw invalidValue(name, value, { hint: `Available values: ${words.join(", ")}.` });
    },
  };
}

interface Units {
  /** As PostgreSQL names the unit a bare number has. */
  readonly base: string;
  /** How many base units each is, the largest last. */
  readonly factors: ReadonlyMap<string, number>;
  readonly hint: string;
}

export const MILLISECONDS: Units = {
  base: "ms",
  factors: new Map([
    ["us", 0.001],
    ["ms", 1],
    ["s", 1000],
    ["min", 60_000],
    ["h", 3_600_000],
    ["d", 86_400_000],
  ]),
  hint: 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".',
};

export const KILOBYTES: Units = {
  base: "kB",
  factors: new Map([
    ["B", 1 / 1024],
    ["kB", 1],
    ["MB", 1024],
    ["GB", 1024 ** 2],
    ["TB", 1024 ** 3],
  ]),
  hint: 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".',
};

const MAX_INT = 2_147_483_647;

/** A whole number between two bounds, with a unit if it has one; kept without. */
export function integer(min = 0, max = MAX_INT, units?: Units): SettingType {
  return {
    read: (name, value) => {
      const match = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([A-Za-z]*)\s*$/i.exec(value);
      const factor = match === null ? undefined : factorOf(match[2] ?? "", units);
      if (match === null || factor === undefined)
        throw invalidValue(name, value, units === undefined ? {} : { hint: units.hint });
      const number = Math.round(Number(match[1]) * factor);
      if (number >= min && number <= max) return String(number);
      const unit = units === undefined ? "" : ` ${units.base}`;
      const range = `(${min} .. ${max})`;
      throw new SqlError(
        SQLSTATE.invalidParameterValue,
        `${number}${unit} is outside the valid range for parameter "${name}" ${range}`,
      );
    },
    ...(units === undefined ? {} : { show: (value: string) => withUnit(Number(value), units) }),
  };
}

function factorOf(unit: string, units: Units | undefined): number | undefined {
  return unit === "" ? 1 : units?.factors.get(unit);
}

/** In the largest unit that gives a whole number. */
function withUnit(value: number, units: Units): string {
  if (value <= 0) return String(value);
  const [unit, factor] = [...units.factors].findLast(([, size]) => size >= 1 && value % size === 0) ?? [
    "",
    1,
  ];
  return `${value / factor}${unit}`;
}

/** Names between commas, as in `search_path`. */
export const NAMES: SettingType = {
  list: true,
  read: (name, value) => {
    if (splitNames(value) === undefined)
      throw invalidValue(name, value, { detail: "List syntax is invalid." });
    return value;
  },
};

/** Of `search_path`: DuckDB would find a branch's tables by its schema where the session is on main, and main's where it wrote. */
export const PATH: SettingType = {
  list: true,
  read: (name, value) => {
    const path = NAMES.read(name, value);
    // One text may be a whole list: HatiData's tools write it so.
    const internal = schemasOf(path)
      .flatMap((schema) => splitNames(schema) ?? schema)
      .find(isInternalSchema);
    if (internal === undefined) return path;
    throw notSupported(
      `schema "${internal}" cannot be in search_path beside others`,
      "choose a branch by USE BRANCH, by the database name, or by SET search_path with the branch's schema first",
    );
  },
};

/** The names of a list, unquoted ones folded; undefined for what is none. */
function splitNames(value: string): string[] | undefined {
  if (value.trim() === "") return [];
  const name = /\s*(?:"((?:[^"]|"")+)"|([^",\s][^",\s]*))\s*(,|$)/gy;
  const names: string[] = [];
  for (let match = name.exec(value); match !== null; match = name.exec(value)) {
    names.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? "").toLowerCase());
    if (match[3] !== ",") return name.lastIndex === value.length ? names : undefined;
  }
  // `""` is a name nobody has; PostgreSQL's way to write an empty path.
  return value.trim() === '""' ? [] : undefined;
}

/** A name as it must be written to mean itself. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Schemas of search_path in DuckDB's spelling; `$user` and catalogue schemas say nothing here. */
export function schemasOf(setting: string): readonly string[] {
  const schemas = namedSchemas(setting);
  return schemas.length === 0 ? ["main"] : schemas;
}

/** As clients see them: none of an empty path, where the catalogue qualifies every name (pg_dump reads it so). */
export function shownSchemas(setting: string): readonly string[] {
  return namedSchemas(setting).map(clientSchema);
}

function namedSchemas(setting: string): readonly string[] {
  return (splitNames(setting) ?? [])
    .filter((name) => name !== "$user" && name !== "pg_catalog")
    .map((name) => (normaliseName(name) === "public" ? "main" : name));
}
