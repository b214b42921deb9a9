/**
 * The settings layer: SET, SHOW and RESET never reach DuckDB, whose configuration is locked. Values clients may change are
 * kept here; a change inside a transaction block goes when the block is rolled back.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { RULES } from "./setting-rules.js";
import { quoteName } from "./setting-values.js";

export { SERVER_VERSION } from "./setting-rules.js";

/** Setting names are matched without regard to case; the canonical spelling is PostgreSQL's. */
const CANONICAL: ReadonlyMap<string, string> = new Map(
  [...RULES.keys()].map((name) => [name.toLowerCase(), name]),
);

/** Names of a client's own one session may keep. */
const MAX_CUSTOM = 10_000;

/** How a transaction runs: the settings that say so, with their values. */
export type BlockModes = readonly (readonly [name: string, value: string])[];

export class Settings {
  /** What AND CHAIN gave the block under way. */
  chainedModes: BlockModes | undefined;
  /** Never changed, but replaced: transactions and savepoints keep what they may go back to. */
  #values: ReadonlyMap<string, string> = new Map();
  /** Set by SET LOCAL: in front of `#values`, and gone when the transaction ends, however it ends. */
  #local = new Map<string, string | undefined>();
  /** What RESET goes back to: the start-up values. */
  readonly #defaults = new Map<string, string>();
  /** Names with a dot that were ever set: empty from then on, not unknown. */
  readonly #custom = new Set<string>();
  #atBlockStart: { readonly values: ReadonlyMap<string, string>; readonly revision: number } | undefined;
  readonly #reported = new Map<string, string>();
  #revision = 1;
  #revisionReported = 0;

  /** Changes with every value: what depends on settings looks again when it does. */
  get revision(): number {
    return this.#revision;
  }

  /** A value given at start-up; RESET returns to it. Unknown plain names are 42704, as for SET. */
  start(name: string, value: string): void {
    const canonical = this.#canonical(name);
    const rule = RULES.get(canonical);
    if (rule?.fixed !== undefined && !this.#isOwnUser(canonical, value)) throw cannotChange(canonical, value);
    this.#defaults.set(canonical, rule?.type.read(canonical, value) ?? value);
    this.#revision++;
  }

  /** For values this server knows itself. */
  fix(name: string, value: string): void {
    this.#defaults.set(name, value);
    this.#revision++;
  }

  /** The value as kept: times in milliseconds, sizes in kilobytes. */
  get(name: string): string {
    const canonical = knownName(name) ?? name.toLowerCase();
    const local = this.#local.has(canonical) ? this.#local.get(canonical) : this.#values.get(canonical);
    const value = local ?? this.#initial(canonical);
    if (value === undefined) throw unrecognised(name);
    return value;
  }

  /** The value as SHOW gives it: times and sizes with their units. */
  shown(name: string): string {
    const value = this.get(name);
    return RULES.get(knownName(name) ?? "")?.type.show?.(value) ?? value;
  }

  /** True for a name that `get` knows. */
  has(name: string): boolean {
    return knownName(name) !== undefined || this.#initial(name.toLowerCase()) !== undefined;
  }

  /** A known name as PostgreSQL spells it. */
  spelling(name: string): string {
    return knownName(name) ?? name.toLowerCase();
  }

  /** Throws what `set` would. */
  check(name: string, value: string): void {
    RULES.get(this.#canonical(name))?.type.read(name, value);
  }

  /** SET: the values as written between its commas. Errors: 22023 for several where one is taken. */
  assign(name: string, values: readonly string[] | "default", local: boolean): void {
    const isList = RULES.get(knownName(name) ?? "")?.type.list === true;
    const takesSeveral = isList || knownName(name) === "DateStyle";
    if (values !== "default" && values.length > 1 && !takesSeveral)
      throw new SqlError(SQLSTATE.invalidParameterValue, `SET ${name} takes only one argument`);
    const value =
      values === "default" ? undefined : isList ? values.map(quoteName).join(", ") : values.join(", ");
    this.set(name, value, local);
  }

  /** Sets a value, or with undefined goes back to the default. */
  set(name: string, value: string | undefined, local = false): void {
    const canonical = this.#canonical(name);
    const rule = RULES.get(canonical);
    if (rule?.fixed !== undefined && !this.#isOwnUser(canonical, value)) throw cannotChange(canonical, value);
    const read =
      value === undefined ? undefined : (rule?.type.read(canonical, value, this.get(name)) ?? value);
    if (local || isOfTransaction(canonical)) this.#local.set(canonical, read);
    else {
      this.#local.delete(canonical);
      const values = new Map(this.#values);
      if (read === undefined) values.delete(canonical);
      else values.set(canonical, read);
      this.#values = values;
    }
    this.#revision++;
  }

  resetAll(): void {
    this.#values = new Map();
    this.#local = new Map([...this.#local].filter(([name]) => isOfTransaction(name)));
    this.#revision++;
  }

  /** From here on changes can be undone; does nothing if that began already. */
  beginBlock(): void {
    this.#atBlockStart ??= { values: this.#values, revision: this.#revision };
  }

  endBlock(committed: boolean): void {
    const before = this.#atBlockStart;
    if (before === undefined) return;
    this.#atBlockStart = undefined;
    // Most transactions set nothing, and nothing has to be looked at again.
    if (before.revision === this.#revision && this.#local.size === 0) return;
    if (!committed) this.#values = before.values;
    this.#local.clear();
    this.#revision++;
  }

  /** SET LOCAL, or its function, outside a transaction: in force for one statement, which is over. */
  endStatement(): void {
    if (this.#atBlockStart !== undefined || this.#local.size === 0) return;
    this.#local.clear();
    this.#revision++;
  }

  /** Remembers the values; calling what it gives puts them back. */
  mark(): () => void {
    const values = this.#values;
    const local = new Map(this.#local);
    return () => {
      this.#values = values;
      this.#local = new Map(local);
      this.#revision++;
    };
  }

  /** Reported settings that changed since the last call; all of them the first time. */
  takeReports(): (readonly [string, string])[] {
    if (this.#revisionReported === this.#revision) return [];
    this.#revisionReported = this.#revision;
    const changed: (readonly [string, string])[] = [];
    for (const [name, rule] of RULES) {
      if (!rule.reported) continue;
      const value = this.shown(name);
      if (this.#reported.get(name) === value) continue;
      this.#reported.set(name, value);
      changed.push([name, value]);
    }
    return changed;
  }

  /** Names and values as kept. */
  all(): (readonly [string, string])[] {
    return sortedNames().map((name) => [name, this.get(name)] as const);
  }

  /** For SHOW ALL: name, value, description. */
  described(): (readonly [string, string, string])[] {
    return sortedNames().map((name) => [name, this.shown(name), RULES.get(name)?.description ?? ""] as const);
  }

  /** SET SESSION AUTHORIZATION to whom the session is anyway. */
  #isOwnUser(canonical: string, value: string | undefined): boolean {
    return canonical === "session_authorization" && (value ?? this.get(canonical)) === this.get(canonical);
  }

  #initial(canonical: string): string | undefined {
    // A block says itself how it runs; outside of one it is what the next begins with.
    if (isOfTransaction(canonical)) return this.get(`default_${canonical}`);
    const known = this.#defaults.get(canonical) ?? RULES.get(canonical)?.initial;
    return known ?? (this.#custom.has(canonical) ? "" : undefined);
  }

  /** PostgreSQL's spelling of a known name; names with a dot and `hatidata_*` are the client's own. */
  #canonical(name: string): string {
    const known = knownName(name);
    if (known !== undefined) return known;
    const folded = name.toLowerCase();
    if (!folded.includes(".") && !folded.startsWith("hatidata_")) throw unrecognised(name);
    if (!/^[a-z_\u0080-\uffff][\w$\u0080-\uffff]*(?:\.[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)*$/.test(folded))
      throw new SqlError(SQLSTATE.invalidName, `invalid configuration parameter name "${name}"`, {
        detail: "Custom parameter names must be two or more simple identifiers separated by dots.",
      });
    if (!this.#custom.has(folded) && this.#custom.size >= MAX_CUSTOM)
      throw new SqlError(SQLSTATE.programLimitExceeded, `too many settings (${MAX_CUSTOM})`);
    this.#custom.add(folded);
    return folded;
  }
}

function knownName(name: string): string | undefined {
  return RULES.has(name) ? name : CANONICAL.get(name.toLowerCase());
}

/** RESET ALL leaves the transaction under way as it is. */
function isOfTransaction(name: string): boolean {
  return name.startsWith("transaction_");
}

function sortedNames(): string[] {
  return [...RULES.keys()].toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

function cannotChange(name: string, value: string | undefined): SqlError {
  if (name === "session_authorization")
    return new SqlError(SQLSTATE.invalidParameterValue, `role "${value ?? ""}" does not exist`);
  const when = RULES.get(name)?.fixed === "at start" ? " without restarting the server" : "";
  return new SqlError(SQLSTATE.cannotChangeRuntimeParameter, `parameter "${name}" cannot be changed${when}`);
}

function unrecognised(name: string): SqlError {
  return new SqlError(SQLSTATE.undefinedObject, `unrecognized configuration parameter "${name}"`);
}
