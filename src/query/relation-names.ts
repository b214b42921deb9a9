/**
 * What a name in a statement means for one head. Pure lookups on a registry state: no SQL text is touched here.
 * DuckDB's schema `main` is `public` to clients; `main` as a qualifier is the head main, as of now.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type Branch, type HeadId, type RelationName, type Version } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import { isInternalSchema } from "../branch/system-schema.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { requireReadable } from "../branch/branch-rules.js";
import { catalogRelation } from "../catalog/resolve.js";
import { COPIES_CATALOG, DATA_CATALOG, VOID_CATALOG } from "../engine/database.js";
import { normaliseName } from "../sql/names.js";
import type { BranchSight } from "./branch-access.js";
import type { ChangingTable } from "./changing-table.js";
import { isSystemRelation } from "./system-relations.js";

/** Where a session looks names up. */
export interface NameScope {
  readonly state: RegistryState;
  readonly head: HeadId;
  /** Folded names of the session's temporary tables: they come before everything else. */
  readonly temporary: ReadonlySet<string>;
  /** Schemas for unqualified names, DuckDB's spelling. */
  readonly searchPath: readonly string[];
  readonly nowMs: number;
  /** Undefined where nobody in particular reads. */
  readonly sight?: BranchSight;
  /** True for a relation of the head that this transaction changed in an earlier statement. */
  readonly isWritten: (relation: RelationName) => boolean;
  /** True for a table that this transaction made on main: the registry learns of it at commit. */
  readonly isNew: (relation: RelationName) => boolean;
  /** True for the name of the database the session is connected to. */
  readonly isDatabase: (name: string) => boolean;
  /** True for a name of the session's head as a database. */
  readonly isOwnDatabase: (name: string) => boolean;
  /** The table that the statement changes while it reads it. */
  readonly changing?: ChangingTable | undefined;
  /** Folded names in the text of a SELECT, to tell scans by; undefined where rows may be asked for by what stands elsewhere. */
  readonly mentioned?: ReadonlySet<string> | undefined;
}

export type NameMeaning =
  | { readonly kind: "temporary"; readonly name: string }
  /** A table of this server: `_hatidata_branches`, `duckbranch.merges` … */
  | { readonly kind: "system"; readonly name: string }
  /** A relation of pg_catalog or information_schema: `sql` names the view that shows it for the session's head. */
  | { readonly kind: "catalog"; readonly sql: string }
  /** A relation of a head: the session's own, or main's or another branch's named explicitly. */
  | {
      readonly kind: "relation";
      readonly head: HeadId;
      readonly relation: RelationName;
      readonly version: Version;
    }
  /** Nothing of that name is there. */
  | { readonly kind: "unknown"; readonly head: HeadId; readonly relation: RelationName };

const ENGINE_SCHEMAS = new Set(["pg_catalog", "information_schema"]);
/** DuckDB's catalogues in this process: as a qualifier they would lead around the registry. */
const CATALOGS = new Set([COPIES_CATALOG, DATA_CATALOG, VOID_CATALOG, "system"]);
const TEMPORARY_SCHEMAS = new Set(["temp", "pg_temp"]);

/** Resolves a possibly qualified name. Never falls back from a branch to main. */
export function resolveName(scope: NameScope, parts: readonly string[]): NameMeaning {
  const [first = "", second = "", third] = parts;
  if (parts.length === 1) return resolveUnqualified(scope, first);
  if (parts.length === 2) return resolveTwoParts(scope, first, second);
  if (parts.length === 3 && third !== undefined) return resolveThreeParts(scope, first, second, third);
  throw new SqlError(
    SQLSTATE.syntaxError,
    `improper relation name (too many dotted names): ${parts.join(".")}`,
  );
}

function resolveUnqualified(scope: NameScope, name: string): NameMeaning {
  if (scope.temporary.has(normaliseName(name))) return { kind: "temporary", name };
  // As in PostgreSQL, pg_catalog is searched before every schema of search_path.
  const catalog = catalogRelation([name]);
  if (catalog !== undefined) return { kind: "catalog", sql: catalog };
  if (isSystemRelation(["_", name]) && normaliseName(name).startsWith("_hatidata"))
    return { kind: "system", name };
  for (const schema of scope.searchPath) {
    if (scope.isNew({ schema, name }))
      return { kind: "unknown", head: scope.head, relation: { schema, name } };
    const version = scope.state.find(scope.head, { schema, name });
    if (version !== undefined)
      return { kind: "relation", head: scope.head, relation: { schema, name }, version };
  }
  return { kind: "unknown", head: scope.head, relation: { schema: scope.searchPath[0] ?? "main", name } };
}

function resolveTwoParts(scope: NameScope, qualifier: string, name: string): NameMeaning {
  const folded = normaliseName(qualifier);
  if (ENGINE_SCHEMAS.has(folded)) return catalogMeaning([qualifier, name]);
  if (TEMPORARY_SCHEMAS.has(folded)) return { kind: "temporary", name };
  refuseCatalogs([qualifier, name]);
  if (folded === "public") {
    if (normaliseName(name).startsWith("_hatidata") && isSystemRelation(["_", name]))
      return { kind: "system", name };
    return onHead(scope, scope.head, { schema: "main", name });
  }
  if (folded === "main") return onHead(scope, MAIN, { schema: "main", name });
  if (folded === "duckbranch") {
    if (isSystemRelation([folded, name])) return { kind: "system", name };
    throw undefinedTable({ schema: "duckbranch", name });
  }
  const own = onHead(scope, scope.head, { schema: qualifier, name });
  if (own.kind === "relation") return own;
  const branch = branchOfQualifier(scope.state, qualifier);
  if (branch !== undefined) return onBranch(scope, branch, { schema: "main", name });
  if (isInternalSchema(qualifier)) throw undefinedTable({ schema: qualifier, name });
  return own;
}

/** A qualified catalogue name. Errors: 42P01 for one PostgreSQL 15 does not have. */
function catalogMeaning(parts: readonly [string, string]): NameMeaning {
  const sql = catalogRelation(parts);
  if (sql === undefined) throw undefinedTable({ schema: parts[0], name: parts[1] });
  return { kind: "catalog", sql };
}

function resolveThreeParts(scope: NameScope, catalog: string, schema: string, name: string): NameMeaning {
  const relation = { schema: normaliseName(schema) === "public" ? "main" : schema, name };
  const folded = normaliseName(catalog);
  if (folded !== MAIN && scope.isOwnDatabase(catalog)) return resolveTwoParts(scope, schema, name);
  if (folded === "temp" && normaliseName(schema) === "main") return { kind: "temporary", name };
  const branch = folded === "main" ? undefined : branchOfQualifier(scope.state, catalog);
  const isOwn = (branch?.id ?? MAIN) === scope.head || scope.isDatabase(catalog);
  if (isOwn && ENGINE_SCHEMAS.has(normaliseName(schema))) return catalogMeaning([schema, name]);
  if (folded === "main") return onHead(scope, MAIN, relation);
  if (branch !== undefined) return onBranch(scope, branch, relation);
  throw crossDatabase([catalog, schema, name]);
}

/** 0A000 for a name qualified with one of DuckDB's own catalogues. */
export function refuseCatalogs(parts: readonly string[]): void {
  if (parts.length > 1 && CATALOGS.has(normaliseName(parts[0] ?? ""))) throw crossDatabase(parts);
}

/** PostgreSQL's own words for a name of another database, which it cannot reach either. */
function crossDatabase(parts: readonly string[]): SqlError {
  return notSupported(`cross-database references are not implemented: "${parts.join(".")}"`);
}

function onBranch(scope: NameScope, branch: Branch, relation: RelationName): NameMeaning {
  scope.sight?.requireSeen(branch);
  requireReadable(scope.state, branch, scope.nowMs);
  return onHead(scope, branch.id, relation);
}

function onHead(scope: NameScope, head: HeadId, relation: RelationName): NameMeaning {
  const version = scope.state.find(head, relation);
  return version === undefined
    ? { kind: "unknown", head, relation }
    : { kind: "relation", head, relation, version };
}

/** `branch_<id>`, a branch's name, or its name with `_` for `-` (the spelling of published clients). */
function branchOfQualifier(state: RegistryState, qualifier: string): Branch | undefined {
  const ofSchema = state.branches.ofSchema(normaliseName(qualifier));
  if (ofSchema !== undefined && ofSchema.status !== "discarded") return ofSchema;
  const named = state.branches.named(qualifier);
  if (named !== undefined) return named;
  return [...state.branches.inUse()].find(({ name }) => name.replaceAll("-", "_") === qualifier);
}
