/**
 * What has_table_privilege() and its like answer: what `permissions.ts` would let somebody do. PostgreSQL's privileges are
 * per object; here a head is read or written as a whole, so an object counts only by what it is.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { hasScope, type Principal } from "../core/scopes.js";
import { maySee, mayWrite } from "../branch/grants.js";
import { MAIN, type HeadId } from "../branch/model.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { tokenise } from "../sql/lexer.js";
import { resolveName } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";

/** What somebody may do with the rows and definitions of a head. */
interface Rights {
  readonly sees: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly isAdmin: boolean;
}

type Rule = (rights: Rights) => boolean;

const reads: Rule = (rights) => rights.reads;
const writes: Rule = (rights) => rights.writes;
/** Which rows a statement changes is something it tells. */
const changes: Rule = (rights) => rights.reads && rights.writes;
const always: Rule = () => true;
const never: Rule = () => false;

const TABLE = { SELECT: reads, INSERT: writes, UPDATE: changes, REFERENCES: changes };
const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  table: { ...TABLE, DELETE: changes, TRUNCATE: writes, TRIGGER: writes },
  column: TABLE,
  sequence: { USAGE: writes, SELECT: reads, UPDATE: writes },
  database: { CREATE: writes, CONNECT: (rights) => rights.sees, TEMPORARY: always, TEMP: always },
  schema: { CREATE: writes, USAGE: always },
  function: { EXECUTE: reads },
  type: { USAGE: always },
  language: { USAGE: always },
  tablespace: { CREATE: writes },
  server: { USAGE: never },
  foreign_data_wrapper: { USAGE: never },
  parameter: { SET: always, "ALTER SYSTEM": never },
  role: { MEMBER: always, USAGE: always },
};
const GRANT_OPTION = /^(.*\S)\s+WITH\s+(?:GRANT|ADMIN)\s+OPTION$/;
const NUMBER = /^-?\d+$/;

const NOTHING: Rights = { sees: false, reads: false, writes: false, isAdmin: false };
/** Everybody may read the catalogue, and nobody write in it. */
const OF_CATALOGUE: Rights = { sees: true, reads: true, writes: false, isAdmin: false };
const OWN_ROLE = "10";
const DATABASE_OWNER = "6171";
/** Roles that PostgreSQL brings: nobody logs in as one, and most of what they are for is nobody's here. */
const PREDEFINED: ReadonlyMap<string, Rule> = new Map([
  ["pg_database_owner", (rights) => rights.isAdmin],
  ["pg_read_all_data", reads],
  ["pg_write_all_data", writes],
  ...["pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"].map(unheld),
  ...["pg_signal_backend", "pg_checkpoint", "pg_read_server_files", "pg_write_server_files"].map(unheld),
  unheld("pg_execute_server_program"),
]);

function unheld(role: string): [string, Rule] {
  return [role, never];
}

/**
 * `values`: whose ("" the session's user); what, as the macros of catalog/privilege-functions.ts say it; the privileges, of
 * which one is enough. Null for NULL, and for numbers of nothing.
 *
 * Errors: 22023 no such privilege; 42704, 42P01, 42703, 3D000 … for names of nothing
 */
export function heldPrivilege(core: SessionCore, values: readonly (string | null)[]): boolean | null {
  const [who = null, what = null, privileges = null] = values;
  if (who === null || what === null || privileges === null) return null;
  const object = parseObject(what);
  const holder = holderOf(core, who);
  const rules = rulesOf(object.kind, privileges);
  if (object.kind === "role") return isMember(core, object.text, holder);
  const rights = rightsOn(core, object, holder);
  return rights === null ? null : rules.some((rule) => rule(rights));
}

interface PrivilegedObject {
  readonly kind: string;
  /** What the catalogue lists it as: "" if it does not. */
  readonly found: string;
  readonly text: string;
  /** Of a column: its name or number, and whether the table has it. */
  readonly column: string;
  readonly hasColumn: boolean;
}

function parseObject(what: string): PrivilegedObject {
  const [kind = "", found = "", text = "", column = "", hasColumn = ""] = what.split("\u0001");
  return { kind, found, text, column, hasColumn: hasColumn === "true" };
}

/** Undefined for somebody who may do nothing. Errors: 42704 */
function holderOf({ identity }: SessionCore, who: string): Principal | undefined {
  const { principal } = identity;
  if (who === "" || who === OWN_ROLE || who === principal.name || who === identity.user) return principal;
  if (NUMBER.test(who) || PREDEFINED.has(who)) return undefined;
  const holder = principal.named(who);
  if (holder === undefined && who !== "public") throw undefinedObject("role", who);
  return holder;
}

function rulesOf(kind: string, privileges: string): readonly Rule[] {
  const known = RULES[kind === "any_column" ? "column" : kind] ?? {};
  return privileges.split(",").map((each) => {
    const word = each.trim().toUpperCase();
    const [, plain = word] = GRANT_OPTION.exec(word) ?? [];
    const rule = known[plain];
    if (rule === undefined)
      throw new SqlError(SQLSTATE.invalidParameterValue, `unrecognized privilege type: "${each.trim()}"`);
    // Who may give scopes to others may hand on everything.
    return plain === word ? rule : (rights) => rights.isAdmin && rule(rights);
  });
}

/** Null for what has a number and is not there. */
function rightsOn(core: SessionCore, object: PrivilegedObject, holder: Principal | undefined): Rights | null {
  const { kind, found, text } = object;
  switch (kind) {
    case "database":
      return found === "" && NUMBER.test(text) ? null : onDatabase(core, found === "" ? text : found, holder);
    case "parameter":
      return onHead(core, core.head, holder);
    case "table":
    case "any_column":
    case "sequence":
    case "column":
      return onRelation(core, object, holder);
    default:
      if (found === "" && NUMBER.test(text)) return null;
      if (found === "") throw missing(kind, text);
      return found === "system" ? OF_CATALOGUE : onHead(core, core.head, holder);
  }
}

function onRelation(
  core: SessionCore,
  { kind, found, text, column, hasColumn }: PrivilegedObject,
  holder: Principal | undefined,
): Rights | null {
  if (found === "" && NUMBER.test(text)) return null;
  if (kind === "column") {
    if (found === "") throw undefinedTableText(text);
    if (!hasColumn && NUMBER.test(column)) return null;
    if (!hasColumn)
      throw new SqlError(SQLSTATE.undefinedColumn, `column "${column}" of relation "${text}" does not exist`);
  }
  const own = onHead(core, core.head, holder);
  if (found === "user") return own;
  if (found === "temp") return { ...own, writes: true };
  return found === "system" ? OF_CATALOGUE : onUnlisted(core, text, own, holder);
}

/** What can be named in a statement and is no part of the head's catalogue: tables of this server, and of other heads. */
function onUnlisted(core: SessionCore, text: string, own: Rights, holder: Principal | undefined): Rights {
  const meaning = resolveName(core.scope(core.transactions.current), namesInText(text));
  switch (meaning.kind) {
    case "catalog":
      return OF_CATALOGUE;
    case "system":
      return meaning.name.toLowerCase() === "conflicts" ? { ...own, writes: false } : OF_CATALOGUE;
    case "relation":
      return meaning.head === core.head ? own : { ...onHead(core, meaning.head, holder), writes: false };
    case "temporary":
    case "unknown":
      throw undefinedTableText(text);
    default:
      return meaning satisfies never;
  }
}

function onHead(core: SessionCore, head: HeadId, holder: Principal | undefined): Rights {
  if (holder === undefined) return NOTHING;
  const { state } = core.services.context.registry;
  const branch = state.branches.get(head);
  const isMain = head === MAIN;
  const sees = isMain || (branch !== undefined && maySee(holder, branch, state));
  const isWriter = isMain || (branch !== undefined && mayWrite(holder, branch, state));
  return {
    sees,
    reads: sees && hasScope(holder, "data:read"),
    writes: isWriter && hasScope(holder, isMain ? "main:write" : "data:write"),
    isAdmin: hasScope(holder, "admin"),
  };
}

/** Errors: 3D000 */
function onDatabase(core: SessionCore, name: string, holder: Principal | undefined): Rights {
  const { database, databaseName, user } = core.identity;
  if (name === databaseName) return onHead(core, core.head, holder);
  const [, base = name, branch] = /^([^/@]*)[/@](.*)$/s.exec(name) ?? [];
  const isKnown = [MAIN, database, user].includes(base);
  const found = branch === undefined ? undefined : core.services.context.registry.state.findBranch(branch);
  if (!isKnown || (branch !== undefined && found === undefined))
    throw new SqlError(SQLSTATE.invalidCatalogName, `database "${name}" does not exist`);
  return onHead(core, found?.id ?? MAIN, holder);
}

/** Of themselves, and of those of PostgreSQL's roles whose rights they have. Null for a number of no role. Errors: 42704 */
function isMember(core: SessionCore, role: string, holder: Principal | undefined): boolean | null {
  const { principal } = core.identity;
  const name = role === OWN_ROLE ? principal.name : role === DATABASE_OWNER ? "pg_database_owner" : role;
  if (name === holder?.name) return true;
  const predefined = PREDEFINED.get(name);
  if (predefined !== undefined) return predefined(onHead(core, core.head, holder));
  if (NUMBER.test(name)) return null;
  if (name !== principal.name && principal.named(name) === undefined) throw undefinedObject("role", name);
  return false;
}

/** Errors for names of other kinds of objects. */
function missing(kind: string, text: string): SqlError {
  if (kind === "schema") return new SqlError(SQLSTATE.invalidSchemaName, `schema "${text}" does not exist`);
  if (kind === "function")
    return new SqlError(SQLSTATE.undefinedFunction, `function "${text}" does not exist`);
  return undefinedObject(kind === "foreign_data_wrapper" ? "foreign-data wrapper" : kind, text);
}

function undefinedObject(kind: string, name: string): SqlError {
  return new SqlError(SQLSTATE.undefinedObject, `${kind} "${name}" does not exist`);
}

/** `public."Orders"` ⇒ the parts of the name. */
function namesInText(text: string): string[] {
  return tokenise(text).flatMap(({ kind, value }) => (kind === "word" || kind === "quoted" ? [value] : []));
}

function undefinedTableText(text: string): SqlError {
  const parts = namesInText(text);
  return undefinedTable({ schema: parts.at(-2) ?? "main", name: parts.at(-1) ?? "" });
}
