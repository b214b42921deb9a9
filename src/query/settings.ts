/**
 * The settings layer: SET, SHOW and RESET never reach DuckDB, whose configuration is locked. Values clients may change are
 * kept here; a change inside a transaction block goes when the block is rolled back.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";

/** The release whose behaviour and catalogue this server imitates. */
export const SERVER_VERSION = "15.13";

interface SettingRule {
  readonly initial: string;
  /** Sent to the client as ParameterStatus at start and on change. */
  readonly reported?: true;
  /** Cannot be changed by SET. */
  readonly fixed?: true;
  /** Checks and normalises a value; throws 22023 or 0A000. */
  readonly read?: (value: string) => string;
}

const boolean = (value: string): string => {
  const folded = value.toLowerCase();
  if (["on", "true", "yes", "1"].includes(folded)) return "on";
  if (["off", "false", "no", "0"].includes(folded)) return "off";
  throw new SqlError(SQLSTATE.invalidParameterValue, `parameter requires a Boolean value: "${value}"`);
};

const only =
  (name: string, accepted: RegExp, result: string) =>
  (value: string): string => {
    if (accepted.test(value)) return result;
    throw notSupported(`${name} "${value}" is not supported: this server uses ${result}`);
  };

const milliseconds = (value: string): string => {
  const match = /^(\d+)\s*(ms|s|min|h)?$/.exec(value.trim());
  if (match === null)
    throw new SqlError(SQLSTATE.invalidParameterValue, `invalid value for a time: "${value}"`);
  const factor = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }[match[2] ?? "ms"] ?? 1;
  return String(Number(match[1]) * factor);
};

const RULES: ReadonlyMap<string, SettingRule> = new Map<string, SettingRule>([
  ["server_version", { initial: SERVER_VERSION, reported: true, fixed: true }],
  ["server_version_num", { initial: "150013", fixed: true }],
  ["server_encoding", { initial: "UTF8", reported: true, fixed: true }],
  [
    "client_encoding",
    {
      initial: "UTF8",
      reported: true,
      read: only("client_encoding", /^["']?(utf-?8|unicode|sql_ascii)["']?$/i, "UTF8"),
    },
  ],
  ["DateStyle", { initial: "ISO, MDY", reported: true, read: only("DateStyle", /^iso\b/i, "ISO, MDY") }],
  [
    "IntervalStyle",
    { initial: "postgres", reported: true, read: only("IntervalStyle", /^postgres$/i, "postgres") },
  ],
  ["TimeZone", { initial: "UTC", reported: true }],
  ["integer_datetimes", { initial: "on", reported: true, fixed: true }],
  [
    "standard_conforming_strings",
    { initial: "on", reported: true, read: only("standard_conforming_strings", /^(on|true|1|yes)$/i, "on") },
  ],
  ["is_superuser", { initial: "off", reported: true, fixed: true }],
  ["session_authorization", { initial: "", reported: true, fixed: true }],
  ["application_name", { initial: "", reported: true }],
  ["default_transaction_read_only", { initial: "off", reported: true, read: boolean }],
  ["in_hot_standby", { initial: "off", reported: true, fixed: true }],
  ["transaction_read_only", { initial: "off", read: boolean }],
  ["transaction_isolation", { initial: "repeatable read" }],
  ["default_transaction_isolation", { initial: "repeatable read" }],
  ["transaction_deferrable", { initial: "off", read: boolean }],
  ["search_path", { initial: '"$user", public' }],
  ["statement_timeout", { initial: "0", read: milliseconds }],
  ["lock_timeout", { initial: "0", read: milliseconds }],
  ["idle_in_transaction_session_timeout", { initial: "0", read: milliseconds }],
  ["idle_session_timeout", { initial: "0", read: milliseconds }],
  ["client_min_messages", { initial: "notice" }],
  ["extra_float_digits", { initial: "1" }],
  ["bytea_output", { initial: "hex", read: only("bytea_output", /^hex$/i, "hex") }],
  ["row_security", { initial: "on", read: boolean }],
  ["check_function_bodies", { initial: "on", read: boolean }],
  ["default_tablespace", { initial: "" }],
  ["default_table_access_method", { initial: "heap" }],
  ["synchronous_commit", { initial: "on" }],
  ["synchronize_seqscans", { initial: "on", read: boolean }],
  ["xmloption", { initial: "content" }],
  ["escape_string_warning", { initial: "on", read: boolean }],
  ["backslash_quote", { initial: "safe_encoding" }],
  ["jit", { initial: "off", read: boolean }],
  ["work_mem", { initial: "4096" }],
  ["max_parallel_workers_per_gather", { initial: "0" }],
  ["enable_seqscan", { initial: "on", read: boolean }],
  ["enable_indexscan", { initial: "on", read: boolean }],
  ["enable_nestloop", { initial: "on", read: boolean }],
  ["enable_hashjoin", { initial: "on", read: boolean }],
  ["enable_mergejoin", { initial: "on", read: boolean }],
  ["max_identifier_length", { initial: "63", fixed: true }],
  ["max_index_keys", { initial: "32", fixed: true }],
  ["block_size", { initial: "262144", fixed: true }],
  ["lc_collate", { initial: "C", fixed: true }],
  ["lc_ctype", { initial: "C", fixed: true }],
  ["lc_messages", { initial: "C" }],
  ["lc_monetary", { initial: "C" }],
  ["lc_numeric", { initial: "C" }],
  ["lc_time", { initial: "C" }],
  ["wal_level", { initial: "replica", fixed: true }],
  ["role", { initial: "none", read: only("role", /^none$/i, "none") }],
  ["ssl", { initial: "off", fixed: true }],
  ["max_connections", { initial: "100", fixed: true }],
]);

/** Setting names are matched without regard to case; the canonical spelling is PostgreSQL's. */
const CANONICAL: ReadonlyMap<string, string> = new Map(
  [...RULES.keys()].map((name) => [name.toLowerCase(), name]),
);

export class Settings {
  readonly #values = new Map<string, string>();
  /** What RESET goes back to: the start-up values. */
  readonly #defaults = new Map<string, string>();
  #atBlockStart: Map<string, string> | undefined;
  /** Set by SET LOCAL: they end with the block, however it ends. */
  readonly #local = new Set<string>();
  #unreported = new Set([...RULES].filter(([, rule]) => rule.reported).map(([name]) => name));

  /** A value given at start-up; RESET returns to it. Unknown plain names are 42704, as for SET. */
  start(name: string, value: string): void {
    const canonical = canonicalName(name);
    const rule = RULES.get(canonical);
    this.#defaults.set(canonical, rule?.read?.(value) ?? value);
  }

  /** For values this server knows itself. */
  fix(name: string, value: string): void {
    this.#defaults.set(name, value);
  }

  get(name: string): string {
    const canonical = canonicalName(name);
    const value =
      this.#values.get(canonical) ?? this.#defaults.get(canonical) ?? RULES.get(canonical)?.initial;
    if (value === undefined) throw unrecognised(name);
    return value;
  }

  /** What SET has put there; undefined where the default is in force. */
  changed(name: string): string | undefined {
    return this.#values.get(canonicalName(name));
  }

  /** Sets a value, or with undefined goes back to the default. */
  set(name: string, value: string | undefined, local = false): void {
    const canonical = canonicalName(name);
    if (local) this.#local.add(canonical);
    else this.#local.delete(canonical);
    const rule = RULES.get(canonical);
    if (rule?.fixed)
      throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `parameter "${canonical}" cannot be changed`);
    if (value === undefined) this.#values.delete(canonical);
    else this.#values.set(canonical, rule?.read?.(value) ?? value);
    if (rule?.reported) this.#unreported.add(canonical);
  }

  resetAll(): void {
    for (const name of this.#values.keys()) if (RULES.get(name)?.reported) this.#unreported.add(name);
    this.#values.clear();
  }

  /** From here on changes can be undone; does nothing if that began already. */
  beginBlock(): void {
    this.#atBlockStart ??= new Map(this.#values);
  }

  /** Remembers the values; calling what it gives puts them back. */
  mark(): () => void {
    const values = new Map(this.#values);
    const local = new Set(this.#local);
    return () => {
      for (const name of new Set([...this.#values.keys(), ...values.keys()])) {
        if (RULES.get(name)?.reported && this.#values.get(name) !== values.get(name))
          this.#unreported.add(name);
      }
      replace(this.#values, values);
      this.#local.clear();
      for (const name of local) this.#local.add(name);
    };
  }

  endBlock(committed: boolean): void {
    const before = this.#atBlockStart;
    if (before === undefined) return;
    const restored = committed ? [...this.#local] : new Set([...this.#values.keys(), ...before.keys()]);
    for (const name of restored) {
      const value = before.get(name);
      if (RULES.get(name)?.reported && this.#values.get(name) !== value) this.#unreported.add(name);
      if (value === undefined) this.#values.delete(name);
      else this.#values.set(name, value);
    }
    this.#local.clear();
    this.#atBlockStart = undefined;
  }

  /** Reported settings that changed since the last call; all of them the first time. */
  takeReports(): (readonly [string, string])[] {
    const reports = [...this.#unreported].map((name) => [name, this.get(name)] as const);
    this.#unreported = new Set();
    return reports;
  }

  /** For SHOW ALL. */
  all(): (readonly [string, string])[] {
    return [...RULES.keys()].toSorted().map((name) => [name, this.get(name)] as const);
  }
}

function replace<K, V>(target: Map<K, V>, source: ReadonlyMap<K, V>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}

/** PostgreSQL's spelling of a known name; names with a dot and `hatidata_*` are the client's own. */
function canonicalName(name: string): string {
  const folded = name.toLowerCase();
  const known = CANONICAL.get(folded);
  if (known !== undefined) return known;
  if (folded.includes(".") || folded.startsWith("hatidata_")) return folded;
  throw unrecognised(name);
}

function unrecognised(name: string): SqlError {
  return new SqlError(SQLSTATE.undefinedObject, `unrecognized configuration parameter "${name}"`);
}
