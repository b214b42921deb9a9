/** The settings there are: PostgreSQL's names, defaults and texts, and what each takes. */
import { charsetName } from "../core/charset.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { readZone } from "../pgtypes/time-zone-names.js";
import {
  BOOLEAN,
  integer,
  invalidValue,
  KILOBYTES,
  MILLISECONDS,
  NAMES,
  PATH,
  oneOf,
  TEXT,
  type SettingType,
} from "./setting-values.js";

/** The release whose behaviour and catalogue this server imitates. */
export const SERVER_VERSION = "15.13";

export interface SettingRule {
  readonly initial: string;
  readonly type: SettingType;
  readonly description: string;
  /** Sent to the client as ParameterStatus at start and on change. */
  readonly reported?: true;
  /** Cannot be changed by SET: at all, or only by restarting the server. */
  readonly fixed?: "always" | "at start";
}

/**
 * What DuckDB gives every transaction is a snapshot: repeatable read, which is also good for the weaker levels, and for
 * the strongest with a check at COMMIT (decision 0018). Promised by default is what PostgreSQL promises: a rollback to a
 * savepoint may begin with a newer snapshot (decision 0009).
 */
const ISOLATION = oneOf("serializable", "repeatable read", "read committed", "read uncommitted");

/** A format of output that has only one value here. */
function only(accepted: string, ...others: readonly string[]): SettingType {
  return {
    read: (name, value) => {
      const read = oneOf(accepted, ...others).read(name, value);
      if (read === accepted) return accepted;
      throw notSupported(`${name} "${read}" is not supported`, `it is always ${accepted}`);
    },
  };
}

const UTF8 = new Set(["utf8", "unicode"]);
/** Encodings PostgreSQL converts to and this server does not. */
const OTHER_ENCODINGS =
  /^(?:latin\d+|iso8859\d*|win\d+|windows\d+|koi8\w*|euc\w*|sjis\w*|big5|gbk|gb18030|uhc|johab|muleinternal|abc|tcvn\w*|alt)$/;

/** SQL_ASCII means: no conversion. What is stored is UTF-8, and goes out and comes in as it is. */
const CLIENT_ENCODING: SettingType = {
  read: (name, value) => {
    const folded = value.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
    if (UTF8.has(folded)) return "UTF8";
    if (folded === "sqlascii") return "SQL_ASCII";
    const known = charsetName(value);
    if (known !== undefined) return known;
    if (OTHER_ENCODINGS.test(folded))
      throw notSupported(`client_encoding "${value}" is not supported`, "use UTF8");
    throw invalidValue(name, value);
  },
};

const DATE_STYLES: ReadonlyMap<string, string> = new Map([
  ["iso", "ISO"],
  ["sql", "SQL"],
  ["german", "German"],
]);

/** How dates are written, and the order of day and month: what is not said stays; German has an order of its own. */
const DATE_STYLE: SettingType = {
  read: (name, value, now = "ISO, MDY") => {
    const said: { style?: string; order?: string } = {};
    const say = (kind: "style" | "order", word: string): void => {
      if (said[kind] !== undefined && said[kind] !== word)
        throw invalidValue(name, value, { detail: 'Conflicting "datestyle" specifications.' });
      said[kind] = word;
    };
    for (const word of value.split(",").map((part) => part.trim().toLowerCase())) {
      if (word === "mdy" || word === "us" || word.startsWith("noneuro")) say("order", "MDY");
      else if (word === "dmy" || word.startsWith("euro")) say("order", "DMY");
      else if (word === "ymd") say("order", "YMD");
      else if (word === "default") {
        said.style ??= "ISO";
        said.order ??= "MDY";
      } else {
        const style = word.startsWith("postgres") ? "Postgres" : DATE_STYLES.get(word);
        if (style === undefined)
          throw invalidValue(name, value, { detail: `Unrecognized key word: "${word}".` });
        say("style", style);
      }
    }
    const [style = "ISO", order = "MDY"] = now.split(", ");
    return `${said.style ?? style}, ${said.order ?? (said.style === "German" ? "DMY" : order)}`;
  },
};

const TIME_ZONE: SettingType = {
  read: (name, value) => {
    const zone = readZone(value.trim());
    if (zone === undefined) throw invalidValue(name, value);
    if (zone === "parts of an hour")
      throw notSupported("time zones with an offset in parts of an hour are not supported", "name a place");
    return zone.shown;
  },
};

/** One and more mean the shortest text that reads back as the same number, which is the only form here. */
const FLOAT_DIGITS: SettingType = {
  read: (name, value) => {
    const digits = integer(-15, 3).read(name, value);
    if (Number(digits) >= 1) return digits;
    throw notSupported(`extra_float_digits ${digits} is not supported`, "numbers are always sent in full");
  },
};

const ALWAYS_ON: SettingType = {
  read: (name, value) => {
    if (BOOLEAN.read(name, value) === "on") return "on";
    throw notSupported(`${name} = off is not supported`);
  },
};

const NO_ROLE: SettingType = {
  read: (name, value) => {
    if (value === "none") return "none";
    throw new SqlError(SQLSTATE.invalidParameterValue, `${name} "${value}" does not exist`);
  },
};

const timeout = integer(0, undefined, MILLISECONDS);
const memory = integer(64, undefined, KILOBYTES);

const setting = (initial: string, type: SettingType, description: string): SettingRule => ({
  initial,
  type,
  description,
});
const reported = (initial: string, type: SettingType, description: string): SettingRule => ({
  ...setting(initial, type, description),
  reported: true,
});
const fixed = (initial: string, description: string): SettingRule => ({
  ...setting(initial, TEXT, description),
  fixed: "always",
});
const planner = (what: string): SettingRule =>
  setting("on", BOOLEAN, `Enables the planner's use of ${what} plans.`);

export const RULES: ReadonlyMap<string, SettingRule> = new Map<string, SettingRule>([
  ["server_version", { ...fixed(SERVER_VERSION, "Shows the server version."), reported: true }],
  ["server_version_num", fixed("150013", "Shows the server version as an integer.")],
  [
    "server_encoding",
    { ...fixed("UTF8", "Shows the server (database) character set encoding."), reported: true },
  ],
  ["client_encoding", reported("UTF8", CLIENT_ENCODING, "Sets the client's character set encoding.")],
  ["DateStyle", reported("ISO, MDY", DATE_STYLE, "Sets the display format for date and time values.")],
  [
    "IntervalStyle",
    reported(
      "postgres",
      oneOf("postgres", "postgres_verbose", "sql_standard", "iso_8601"),
      "Sets the display format for interval values.",
    ),
  ],
  ["TimeZone", reported("UTC", TIME_ZONE, "Sets the time zone for displaying and interpreting time stamps.")],
  ["integer_datetimes", { ...fixed("on", "Shows whether datetimes are integer based."), reported: true }],
  [
    "standard_conforming_strings",
    reported("on", BOOLEAN, "Causes '...' strings to treat backslashes literally."),
  ],
  ["is_superuser", { ...fixed("off", "Shows whether the current user is a superuser."), reported: true }],
  ["session_authorization", { ...fixed("", "Sets the session user name."), reported: true }],
  [
    "application_name",
    reported("", TEXT, "Sets the application name to be reported in statistics and logs."),
  ],
  [
    "default_transaction_read_only",
    reported("off", BOOLEAN, "Sets the default read-only status of new transactions."),
  ],
  ["in_hot_standby", { ...fixed("off", "Shows whether hot standby is currently active."), reported: true }],
  ["transaction_read_only", setting("off", BOOLEAN, "Sets the current transaction's read-only status.")],
  [
    "transaction_isolation",
    setting("read committed", ISOLATION, "Sets the current transaction's isolation level."),
  ],
  [
    "default_transaction_isolation",
    setting("read committed", ISOLATION, "Sets the transaction isolation level of each new transaction."),
  ],
  [
    "transaction_deferrable",
    setting(
      "off",
      BOOLEAN,
      "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.",
    ),
  ],
  [
    "default_transaction_deferrable",
    setting("off", BOOLEAN, "Sets the default deferrable status of new transactions."),
  ],
  [
    "search_path",
    setting('"$user", public', PATH, "Sets the schema search order for names that are not schema-qualified."),
  ],
  ["statement_timeout", setting("0", timeout, "Sets the maximum allowed duration of any statement.")],
  ["lock_timeout", setting("0", timeout, "Sets the maximum allowed duration of any wait for a lock.")],
  [
    "idle_in_transaction_session_timeout",
    setting("0", timeout, "Sets the maximum allowed idle time between queries, when in a transaction."),
  ],
  [
    "idle_session_timeout",
    setting("0", timeout, "Sets the maximum allowed idle time between queries, when not in a transaction."),
  ],
  [
    "client_min_messages",
    setting(
      "notice",
      oneOf("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"),
      "Sets the message levels that are sent to the client.",
    ),
  ],
  [
    "extra_float_digits",
    setting("1", FLOAT_DIGITS, "Sets the number of digits displayed for floating-point values."),
  ],
  ["bytea_output", setting("hex", only("hex", "escape"), "Sets the output format for bytea.")],
  [
    "password_encryption",
    setting("scram-sha-256", only("scram-sha-256", "md5"), "Chooses the algorithm for encrypting passwords."),
  ],
  ["row_security", setting("on", BOOLEAN, "Enable row security.")],
  [
    "check_function_bodies",
    setting("on", BOOLEAN, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."),
  ],
  ["default_tablespace", setting("", TEXT, "Sets the default tablespace to create tables and indexes in.")],
  [
    "temp_tablespaces",
    setting("", NAMES, "Sets the tablespace(s) to use for temporary tables and sort files."),
  ],
  [
    "default_table_access_method",
    setting("heap", TEXT, "Sets the default table access method for new tables."),
  ],
  [
    "synchronous_commit",
    setting("on", { read: readSynchronousCommit }, "Sets the current transaction's synchronization level."),
  ],
  ["synchronize_seqscans", setting("on", BOOLEAN, "Enable synchronized sequential scans.")],
  [
    "xmloption",
    setting(
      "content",
      oneOf("content", "document"),
      "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.",
    ),
  ],
  [
    "xmlbinary",
    setting("base64", oneOf("base64", "hex"), "Sets how binary values are to be encoded in XML."),
  ],
  [
    "escape_string_warning",
    setting("on", BOOLEAN, "Warn about backslash escapes in ordinary string literals."),
  ],
  ["backslash_quote", setting("safe_encoding", TEXT, `Sets whether "\\'" is allowed in string literals.`)],
  ["array_nulls", setting("on", ALWAYS_ON, "Enable input of NULL elements in arrays.")],
  ["transform_null_equals", setting("off", only("off", "on"), 'Treats "expr=NULL" as "expr IS NULL".')],
  ["quote_all_identifiers", setting("off", BOOLEAN, "When generating SQL fragments, quote all identifiers.")],
  [
    "plan_cache_mode",
    setting(
      "auto",
      oneOf("auto", "force_generic_plan", "force_custom_plan"),
      "Controls the planner's selection of custom or generic plan.",
    ),
  ],
  ["jit", setting("off", BOOLEAN, "Allow JIT compilation.")],
  ["geqo", setting("on", BOOLEAN, "Enables genetic query optimization.")],
  ["work_mem", setting("4096", memory, "Sets the maximum memory to be used for query workspaces.")],
  [
    "maintenance_work_mem",
    setting("65536", memory, "Sets the maximum memory to be used for maintenance operations."),
  ],
  [
    "max_parallel_workers_per_gather",
    setting("0", integer(0, 1024), "Sets the maximum number of parallel processes per executor node."),
  ],
  [
    "from_collapse_limit",
    setting("8", integer(1), "Sets the FROM-list size beyond which subqueries are not collapsed."),
  ],
  [
    "join_collapse_limit",
    setting("8", integer(1), "Sets the FROM-list size beyond which JOIN constructs are not flattened."),
  ],
  ["enable_seqscan", planner("sequential-scan")],
  ["enable_indexscan", planner("index-scan")],
  ["enable_bitmapscan", planner("bitmap-scan")],
  ["enable_nestloop", planner("nested-loop join")],
  ["enable_hashjoin", planner("hash join")],
  ["enable_mergejoin", planner("merge join")],
  ["enable_hashagg", planner("hashed aggregation")],
  ["enable_sort", setting("on", BOOLEAN, "Enables the planner's use of explicit sort steps.")],
  ["max_identifier_length", fixed("63", "Shows the maximum identifier length.")],
  ["max_index_keys", fixed("32", "Shows the maximum number of index keys.")],
  ["block_size", fixed("262144", "Shows the size of a disk block.")],
  ["lc_collate", fixed("C", "Shows the collation order locale.")],
  ["lc_ctype", fixed("C", "Shows the character classification and case conversion locale.")],
  ["lc_messages", setting("C", TEXT, "Sets the language in which messages are displayed.")],
  ["lc_monetary", setting("C", TEXT, "Sets the locale for formatting monetary amounts.")],
  ["lc_numeric", setting("C", TEXT, "Sets the locale for formatting numbers.")],
  ["lc_time", setting("C", TEXT, "Sets the locale for formatting date and time values.")],
  [
    "wal_level",
    { ...fixed("replica", "Sets the level of information written to the WAL."), fixed: "at start" },
  ],
  ["role", setting("none", NO_ROLE, "Sets the current role.")],
  ["ssl", { ...fixed("off", "Enables SSL connections."), fixed: "at start" }],
  [
    "max_connections",
    { ...fixed("100", "Sets the maximum number of concurrent connections."), fixed: "at start" },
  ],
  [
    "max_prepared_transactions",
    {
      ...fixed("0", "Sets the maximum number of simultaneously prepared transactions."),
      fixed: "at start",
    },
  ],
]);

function readSynchronousCommit(name: string, value: string): string {
  const words = ["local", "remote_write", "remote_apply"];
  return words.includes(value.toLowerCase()) ? value.toLowerCase() : BOOLEAN.read(name, value);
}
