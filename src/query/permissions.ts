/**
 * What statements need of whoever sends them. Derived from what reading them found out and from what their names mean on the
 * session's head, never from their text; every way to a relation comes by here, on both ports (decision 0041).
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { hasScope, requireScope, type Scope } from "../core/scopes.js";
import { requireSeen, requireWriter } from "../branch/grants.js";
import { MAIN } from "../branch/model.js";
import { isInternalSchema } from "../branch/system-schema.js";
import type { NameReference, RelationalStatement, SessionStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { headFunction } from "./head-functions.js";
import { resolveName, type NameMeaning, type NameScope } from "./relation-names.js";
import { searchPathOf } from "./resolve.js";
import type { SessionCore } from "./session-core.js";
import type { TemporaryDefinition } from "./temporary-definitions.js";

const WRITE_ROLES: ReadonlySet<NameReference["role"]> = new Set(["write", "create", "drop", "alter"]);
/** What they change depends on the rows there are, and their tags tell how many. */
const READING_WRITES: ReadonlySet<RelationalStatement["verb"]> = new Set([
  "update",
  "delete",
  "merge",
  "explain",
]);
/** DuckDB's own catalogue knows the tables of all heads, and statistics of their values. */
const ENGINE_CATALOG =
  /^(?:(?:duckdb|pragma|sqlite)_|(?:sql_auto_complete|stats|which_secret|json_serialize_plan)$)/;
/** These compute with the rows that are there, and a failure would show them, or what they lack. */
const READING_DEFINITIONS: ReadonlySet<string> = new Set(["setType", "addConstraint", "setNotNull"]);
const MAX_DEPTH = 64;

/** The scope that writing on the session's head takes. */
function writeScope(core: Pick<SessionCore, "head">): Scope {
  return core.head === MAIN ? "main:write" : "data:write";
}

/** Errors: 42501, which says what is missing; 28000 for somebody who is not let in any more */
export async function requireRelational(core: SessionCore, statement: RelationalStatement): Promise<void> {
  const { principal } = core.identity;
  const scope = core.scope(core.transactions.current);
  core.temporaryDefinitions.remember(scope, statement);
  if (hasScope(principal, "admin")) return;
  if (!statement.certain) throw uncertain();
  const needs = { reads: false, writes: false };
  await collectNeeds(core, scope, statement, needs, 0);
  if (needs.writes) requireScope(principal, writeScope(core));
  if (needs.reads) requireScope(principal, "data:read");
  // Also where no table is named: a cast to a type or to regclass tells what there is.
  requireHead(core, needs.writes);
}

/** A branch may have been closed while the session is on it: then its catalogue is as well. Errors: 42501 */
function requireHead(core: SessionCore, writes: boolean): void {
  const { state } = core.services.context.registry;
  const branch = state.branches.get(core.head);
  if (branch === undefined) return;
  if (writes) requireWriter(core.identity.principal, branch, state);
  else requireSeen(core.identity.principal, branch, state);
}

export function requireCopyIn(core: SessionCore, target: NameReference | undefined): void {
  const scope = core.scope(core.transactions.current);
  const isTemporary = target !== undefined && resolveName(scope, target.parts).kind === "temporary";
  if (isTemporary) return void core.identity.principal.scopes();
  requireScope(core.identity.principal, writeScope(core));
  requireHead(core, true);
}

/** Statements about the session that reach further. What they run is asked for where it runs. */
export function requireSession(core: SessionCore, statement: SessionStatement): void {
  const { principal } = core.identity;
  switch (statement.verb) {
    case "lock":
      return requireScope(principal, "data:read", "data:write", "main:write");
    case "maintenance":
      return requireScope(principal, statement.tag === "CHECKPOINT" ? "admin" : writeScope(core));
    case "listen":
      return requireScope(principal, "data:read");
    case "notify":
      return requireScope(principal, "data:write", "main:write");
    case "show":
      principal.scopes();
      return statement.name === "tables" ? requireHead(core, false) : undefined;
    case "rollback":
      // Also for somebody who is not let in any more.
      return;
    default:
      principal.scopes();
  }
}

interface Needs {
  reads: boolean;
  writes: boolean;
}

async function collectNeeds(
  core: SessionCore,
  scope: NameScope,
  statement: RelationalStatement,
  needs: Needs,
  depth: number,
): Promise<void> {
  if (depth > MAX_DEPTH) throw uncertain();
  for (const part of statement.parts ?? []) await collectNeeds(core, scope, part, needs, depth + 1);
  for (const step of statement.steps ?? []) await collectNeeds(core, scope, step.statement, needs, depth + 1);
  const isWhole = statement.parts === undefined && statement.steps === undefined;
  if (isWhole && writesHead(scope, statement)) needs.writes = true;
  const writes = statement.names.some(({ role }) => WRITE_ROLES.has(role));
  const returns = statement.returning || (statement.insert?.conflict ?? "none") !== "none";
  if (writes && (returns || READING_WRITES.has(statement.verb))) needs.reads = true;
  if (statement.verb === "createIndex" || READING_DEFINITIONS.has(statement.alteration?.kind ?? ""))
    needs.reads = true;
  for (const name of statement.names) await collectName(core, scope, name, needs, depth);
}

async function collectName(
  core: SessionCore,
  scope: NameScope,
  { role, parts }: NameReference,
  needs: Needs,
  depth: number,
): Promise<void> {
  if (role === "read") {
    const meaning = resolveName(scope, parts);
    refuseInternal(scope, meaning);
    const name = normaliseName(parts.at(-1) ?? "");
    // Views of the same: no table of that name is there.
    if (meaning.kind === "unknown" && ENGINE_CATALOG.test(name)) throw engineCatalog(name);
    if (meaning.kind === "catalog") return;
    if (meaning.kind === "system" && normaliseName(meaning.name) !== "conflicts") return;
    needs.reads = true;
    if (meaning.kind === "temporary")
      return await collectTemporary(core, scope, core.temporaryDefinitions.named(name), needs, depth);
    if (meaning.kind !== "relation" || meaning.version.kind !== "view") return;
    const inside = { ...within(scope, meaning.version), head: meaning.head };
    await collectDefinition(core, inside, meaning.version.definition, needs, depth);
  } else if (role === "function") {
    const name = normaliseName(parts.at(-1) ?? "");
    if (ENGINE_CATALOG.test(name)) throw engineCatalog(name);
    if (name === "pg_notify") requireScope(core.identity.principal, "data:write", "main:write");
    await collectTemporary(core, scope, core.temporaryDefinitions.named(name), needs, depth);
    const found = headFunction(scope, parts);
    if (found === undefined) return;
    needs.reads = true;
    const isMains = parts.length > 1 && normaliseName(parts[0] ?? "") === "main";
    const inside = { ...within(scope, found), head: isMains ? MAIN : scope.head };
    await collectDefinition(core, inside, found.definition, needs, depth);
  }
}

/** What temporary views and macros read, of the heads as they may be seen now. Errors: 42501 */
async function collectTemporary(
  core: SessionCore,
  scope: NameScope,
  definitions: readonly TemporaryDefinition[],
  needs: Needs,
  depth: number,
): Promise<void> {
  for (const { scope: made, statement } of definitions) {
    const { state } = core.services.context.registry;
    const branch = state.branches.get(made.head);
    if (branch !== undefined) requireSeen(core.identity.principal, branch, state);
    await collectNeeds(core, { ...scope, ...made }, asRead(statement), needs, depth + 1);
  }
}

/** Names in a definition are looked up where it was made. */
function within(scope: NameScope, definition: { readonly schema: string }): NameScope {
  return { ...scope, temporary: new Set(), searchPath: searchPathOf(definition) };
}

/** On main DuckDB looks names up along search_path, and would find a branch's own tables there. */
function refuseInternal(scope: NameScope, meaning: NameMeaning): void {
  if (meaning.kind !== "unknown" && meaning.kind !== "relation") return;
  if (scope.head === MAIN && scope.searchPath.some(isInternalSchema)) throw internalSchema();
}

/** What a view or function does when it is used: it may draw from a sequence, or call another one that does. */
async function collectDefinition(
  core: SessionCore,
  scope: NameScope,
  definition: string | null,
  needs: Needs,
  depth: number,
): Promise<void> {
  const [statement] = await core.services.analyse(definition ?? "");
  if (statement?.kind !== "relational") throw uncertain();
  await collectNeeds(core, scope, asRead(statement), needs, depth + 1);
}

/** The body of what makes a view or function. */
function asRead(statement: RelationalStatement): RelationalStatement {
  const names = statement.names.filter(({ role }) => role !== "create");
  return { ...statement, names, verb: "select", writes: drawsFrom(statement) };
}

/** False for what leaves the head as it is: of branches that take no writes it may still be asked. */
export function changesHead(scope: NameScope, statement: RelationalStatement): boolean {
  const isWhole = statement.parts === undefined && statement.steps === undefined;
  return statement.writes && (!isWhole || writesHead(scope, statement));
}

/** False for what changes nothing, and for what changes nothing but the session's own temporary tables. */
function writesHead(scope: NameScope, statement: RelationalStatement): boolean {
  const targets = statement.names.filter(({ role }) => WRITE_ROLES.has(role));
  if (!statement.writes && targets.length === 0) return false;
  if (targets.length === 0 || drawsFrom(statement)) return true;
  const onTable = targets.some(({ role }) => role === "alter");
  return targets.some((target) => {
    // An index is where its table is.
    if (target.role === "create" && target.object === "index" && onTable) return false;
    if (target.role === "create") return !statement.temporary;
    const isRelation = target.object === undefined || ["table", "view"].includes(target.object);
    return !isRelation || resolveName(scope, target.parts).kind !== "temporary";
  });
}

/** nextval() and setval() change a sequence wherever they stand. */
function drawsFrom({ names }: RelationalStatement): boolean {
  return names.some(
    ({ role, parts }) =>
      role === "function" && ["nextval", "setval"].includes(normaliseName(parts.at(-1) ?? "")),
  );
}

function uncertain(): SqlError {
  return new SqlError(SQLSTATE.insufficientPrivilege, "permission denied: missing scope admin", {
    detail: "The tables that this statement uses could not be determined safely.",
    hint: "name them in the statement itself",
  });
}

function internalSchema(): SqlError {
  return new SqlError(
    SQLSTATE.insufficientPrivilege,
    "permission denied for the schemas in search_path: missing scope admin",
    { hint: "use USE BRANCH" },
  );
}

function engineCatalog(name: string): SqlError {
  return new SqlError(SQLSTATE.insufficientPrivilege, `permission denied for ${name}: missing scope admin`, {
    hint: "information_schema and pg_catalog are there for everyone",
  });
}
