/**
 * Splices the names of a statement for a session's head: the client's own text, each relation's name replaced by what holds
 * its rows. Main's statements keep their text but for `public` and names of other heads. On a branch every relation is replaced
 * by a full name; a name that is missed leads into the void catalogue, never to main.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { HeadObject } from "../branch/head-objects.js";
import { MAIN, type AnyView, type Version } from "../branch/model.js";
import type { TableStorage } from "../branch/storage.js";
import { FunctionCatalog } from "../catalog/function-catalog.js";
import { readsCatalog, relationFor } from "../catalog/resolve.js";
import { DATA_CATALOG, VOID_CATALOG } from "../engine/database.js";
import type {
  NameReference,
  RelationalStatement,
  StatementAnalysis,
  TextEdit,
  TextSpan,
} from "../sql/analysis.js";
import { formatName, normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { applyEdits, applyEditsWithin } from "../sql/splice.js";
import { mayReadTemporary } from "./bound-views.js";
import { insideView, isReadAhead, readAhead } from "./changing-table.js";
import { mainRelationText, refuseChangedHere } from "./head-relations.js";
import { headFunction, headObject } from "./head-functions.js";
import { inheritedFrom, readableText } from "./main-texts.js";
import { sequenceSql } from "./owned-sequences.js";
import { sequenceRow, type FoundSequence } from "./sequence-names.js";
import { MACRO_PREFIX } from "./session-macros.js";
import { refuseCatalogs, resolveName, type NameMeaning, type NameScope } from "./relation-names.js";
import { mentionedNames, readingOf } from "./scans.js";
import { systemRelation, type BranchSize } from "./system-relations.js";

const MAX_VIEW_DEPTH = 64;

export interface ResolveServices {
  readonly storage: TableStorage;
  readonly analyse: (text: string) => Promise<readonly StatementAnalysis[]>;
  /** Measures the sizes of branches, for `_hatidata_branches`. */
  readonly sizes: () => Promise<readonly BranchSize[]>;
  /** Replacement for a function's name, or undefined to leave the call as it is. */
  readonly functionName: (parts: readonly string[]) => string | undefined;
  /** Called before a statement that reads the catalogue: sets what it shows. `sql` is what DuckDB is given. */
  readonly showCatalog: (scope: NameScope, sql: string) => Promise<void>;
  /** Makes a macro of what stands behind the name in CREATE MACRO; its name. */
  readonly macro: (body: string) => Promise<string>;
  readonly findSequence: (scope: NameScope, parts: readonly string[]) => Promise<FoundSequence | undefined>;
}

/** Where a write goes, decided by the caller before names are spliced. Key: position of the reference. */
export type WriteTargets = ReadonlyMap<number, string>;

const NO_TARGETS: WriteTargets = new Map();

/** A statement that names nothing but main's own relations can run on main without the registry. */
export function readsOtherHeads(scope: NameScope, statement: RelationalStatement): boolean {
  return statement.names.some((name) => {
    if (name.role !== "read" || name.parts.length < 2) return false;
    const meaning = resolveName(scope, name.parts);
    return meaning.kind === "relation" && meaning.head !== MAIN;
  });
}

/** The statement's text for DuckDB. `targets` gives the text for names that are written, created, altered or dropped. */
export async function resolveStatement(
  services: ResolveServices,
  scope: NameScope,
  statement: RelationalStatement,
  targets: WriteTargets = NO_TARGETS,
): Promise<string> {
  const inText = { ...scope, mentioned: mentionedNames(scope, statement) };
  const sql = applyEdits(statement.text, await statementEdits(services, inText, statement, targets, 0));
  refuseKept(statement, sql);
  if (!readsCatalog(sql)) return sql;
  await services.showCatalog(scope, sql);
  return sql;
}

/**
 * Parts of a statement's text for DuckDB. Nothing that is replaced may lie across a part's border; what is put in at a
 * part's end belongs to the next one.
 */
export async function resolvedSlices(
  services: ResolveServices,
  scope: NameScope,
  statement: RelationalStatement,
  targets: WriteTargets,
): Promise<(span: TextSpan | undefined) => string> {
  const edits = await statementEdits(services, scope, statement, targets, 0);
  const whole = applyEdits(statement.text, edits);
  if (whole.includes(MACRO_PREFIX)) refuseKept(statement, whole);
  if (readsCatalog(whole)) await services.showCatalog(scope, whole);
  return (span) => (span === undefined ? "" : applyEditsWithin(statement.text, edits, span));
}

/** The catalogue is no part of the user's file, so nothing kept there may lean on it. */
const KEPT_IN_FILE = new Set(["createView", "createMacro", "createTable", "createIndex", "alterTable"]);

function refuseKept({ verb, tag }: RelationalStatement, sql: string): void {
  if (!KEPT_IN_FILE.has(verb)) return;
  // A branch's view is kept as it was written.
  if (verb !== "createView" && sql.includes(MACRO_PREFIX))
    throw notSupported(`${tag} with a function of a branch is not supported`);
  if (readsCatalog(sql) || sql.includes(`${VOID_CATALOG}.main.`))
    throw notSupported(`${tag} over the system catalogues or the session's own functions is not supported`);
}

/** The query a view of a branch stands for, for DuckDB. */
export async function viewQuery(services: ResolveServices, scope: NameScope, view: AnyView): Promise<string> {
  return await viewSql(services, scope, view, 0);
}

async function statementEdits(
  services: ResolveServices,
  scope: NameScope,
  statement: RelationalStatement,
  targets: WriteTargets,
  depth: number,
): Promise<TextEdit[]> {
  const edits: TextEdit[] = [...statement.edits];
  for (const name of statement.names) {
    const target = targets.get(name.start);
    if (target !== undefined) edits.push({ start: name.start, end: name.end, text: target });
    else edits.push(...(await nameEdits(services, scope, statement.text, name, depth)));
  }
  return edits;
}

async function nameEdits(
  services: ResolveServices,
  scope: NameScope,
  text: string,
  name: NameReference,
  depth: number,
): Promise<TextEdit[]> {
  const replace = (by: string | undefined): TextEdit[] =>
    by === undefined ? [] : [{ start: name.start, end: name.end, text: by }];
  switch (name.role) {
    case "read":
      return await readEdits(services, scope, text, name, depth);
    case "columnQualifier":
      return replace(qualifierText(scope, name, /^\s*\.\s*\*/.test(text.slice(name.end, name.end + 16))));
    case "function":
      refuseCatalogs(name.parts);
      return replace(
        services.functionName(name.parts) ??
          (scope.head === MAIN ? publicToMain(name.parts) : await macroText(services, scope, name, depth)),
      );
    case "type":
      return replace(scope.head === MAIN ? publicToMain(name.parts) : typeText(scope, name.parts));
    case "sequence":
      return replace(await sequenceText(services, scope, name));
    case "write":
    case "create":
    case "drop":
    case "alter":
      throw new SqlError(SQLSTATE.internalError, `no target was decided for "${name.parts.join(".")}"`);
    default:
      return name.role satisfies never;
  }
}

async function readEdits(
  services: ResolveServices,
  scope: NameScope,
  text: string,
  name: NameReference,
  depth: number,
): Promise<TextEdit[]> {
  const relation = await relationSql(services, scope, text, name, depth);
  if (relation === undefined) return [];
  const isNamed = name.alias !== undefined || !relation.aliased || name.aliasAt === undefined;
  const alias = isNamed ? "" : ` AS ${quoteIdentifier(name.parts.at(-1) ?? "")}`;
  if (alias !== "" && name.aliasAt !== name.end) {
    return [
      { start: name.start, end: name.end, text: relation.sql },
      { start: name.aliasAt ?? name.end, end: name.aliasAt ?? name.end, text: alias },
    ];
  }
  return [{ start: name.start, end: name.end, text: relation.sql + alias }];
}

interface RelationSql {
  readonly sql: string;
  /** The SQL does not end in the name the statement used: without an alias of its own it needs one. */
  readonly aliased: boolean;
}

async function relationSql(
  services: ResolveServices,
  scope: NameScope,
  text: string,
  name: NameReference,
  depth: number,
): Promise<RelationSql | undefined> {
  const meaning = resolveName(scope, name.parts);
  switch (meaning.kind) {
    case "catalog":
      return { sql: relationFor(meaning.sql, text), aliased: false };
    case "temporary":
      return { sql: `temp.main.${quoteIdentifier(meaning.name)}`, aliased: false };
    case "system":
      return {
        sql: await systemRelation(meaning.name, services.sizes, scope.sight?.hidden() ?? []),
        aliased: true,
      };
    case "unknown":
      return (await sequenceRelation(services, scope, name)) ?? unknownRelation(scope, name, meaning);
    case "relation":
      return await versionSql(services, scope, name, meaning.head, meaning.version, depth);
    default:
      return meaning satisfies never;
  }
}

/** FROM a sequence: its state. */
async function sequenceRelation(
  services: ResolveServices,
  scope: NameScope,
  { parts }: NameReference,
): Promise<RelationSql | undefined> {
  const sequence = await services.findSequence(scope, parts);
  return sequence === undefined ? undefined : { sql: sequenceRow(sequence), aliased: true };
}

/** An unknown name stays as it is, for DuckDB's own views and its error; but a name that says "main" or a branch is final. */
function unknownRelation(
  scope: NameScope,
  name: NameReference,
  meaning: Extract<NameMeaning, { kind: "unknown" }>,
): RelationSql | undefined {
  if (name.parts.length === 1) return undefined;
  if (scope.head === MAIN && meaning.head === MAIN) {
    // Not in the registry yet if this very transaction made it: DuckDB knows.
    return { sql: mainRelationText(scope, meaning.relation), aliased: false };
  }
  throw new SqlError(SQLSTATE.undefinedTable, `relation "${name.parts.join(".")}" does not exist`);
}

async function versionSql(
  services: ResolveServices,
  scope: NameScope,
  name: NameReference,
  head: NameScope["head"],
  version: Version,
  depth: number,
): Promise<RelationSql | undefined> {
  const readsAhead = isReadAhead(scope, name, version);
  if (head === MAIN) {
    if (readsAhead) return { sql: readAhead(mainRelationText(scope, version)), aliased: true };
    const isInView = scope.head === MAIN && depth > 0;
    if (version.kind === "view" && (isInView || mayReadTemporary(scope)))
      return { sql: await viewSql(services, scope, version, depth), aliased: true };
    if (isInView) return { sql: `${DATA_CATALOG}.${mainRelationText(scope, version)}`, aliased: false };
    if (scope.head === MAIN && name.parts.length === 1) return undefined;
    return { sql: mainRelationText(scope, version), aliased: false };
  }
  refuseChangedHere(scope, head, version);
  if (version.kind === "view") {
    const inside = { ...scope, head, changing: insideView(scope, name) };
    return { sql: await viewSql(services, inside, version, depth), aliased: true };
  }
  const physical = version.physical?.name ?? "";
  const sql = services.storage.relation(scope.state, version, readingOf(scope, version));
  if (readsAhead) return { sql: readAhead(sql), aliased: true };
  return {
    sql,
    aliased: version.layer !== null || normaliseName(physical) !== normaliseName(name.parts.at(-1) ?? ""),
  };
}

/** A view read on a branch: its own query, resolved for that branch, in parentheses. */
async function viewSql(
  services: ResolveServices,
  scope: NameScope,
  view: AnyView,
  depth: number,
): Promise<string> {
  if (depth >= MAX_VIEW_DEPTH)
    throw new SqlError(SQLSTATE.programLimitExceeded, `view "${view.name}" is nested too deeply`);
  const [statement] = await services.analyse(readableText(view));
  if (statement?.kind !== "relational" || statement.query === undefined || !statement.certain) {
    throw notSupported(
      `view "${view.name}" cannot be read on a branch: its definition could not be resolved safely`,
    );
  }
  const { start, end, columns } = statement.query;
  const inner = {
    ...scope,
    temporary: new Set<string>(),
    searchPath: searchPathOf(view),
    mentioned: undefined,
  };
  const reads = inheritedFrom(view.head, statement).names.filter(({ role }) => role !== "create");
  const edits = await statementEdits(services, inner, { ...statement, names: reads }, NO_TARGETS, depth + 1);
  const body = applyEditsWithin(statement.text, edits, { start, end });
  if (columns.length === 0) return `(${body})`;
  return `(SELECT * FROM (${body}) AS view_query(${columns.map(quoteIdentifier).join(", ")}))`;
}

/** Unqualified names in a view's text were resolved in its own schema, then in main. */
export function searchPathOf(view: { readonly schema: string }): readonly string[] {
  return normaliseName(view.schema) === "main" ? ["main"] : [view.schema, "main"];
}

/** `public.orders.id` ⇒ `"orders".id`; names of main keep their full qualification. */
function qualifierText(scope: NameScope, name: NameReference, followedByStar: boolean): string | undefined {
  if (name.parts.length === 1) return undefined;
  const meaning = resolveName(scope, name.parts);
  if (meaning.kind === "catalog") return quoteIdentifier(name.parts.at(-1) ?? "");
  if (meaning.kind === "relation" && meaning.head === MAIN) {
    // DuckDB's parser takes no schema before `.*`.
    if (followedByStar) return quoteIdentifier(meaning.relation.name);
    return mainRelationText(scope, meaning.relation);
  }
  return quoteIdentifier(name.parts.at(-1) ?? "");
}

/** A function of the branch: its definition, resolved for the branch, as a macro of the session's. */
async function macroText(
  services: ResolveServices,
  scope: NameScope,
  name: NameReference,
  depth: number,
): Promise<string | undefined> {
  const found = headFunction(scope, name.parts);
  if (found === undefined) return undefined;
  const head = isMainsOwn(scope, found, name) ? MAIN : scope.head;
  return await macroOf(services, { ...scope, head, changing: insideView(scope, name) }, found, depth);
}

/** `main.f(…)` on a branch: of CREATE FUNCTION, which reads no tables. Errors: 0A000 for a macro, which might */
function isMainsOwn(scope: NameScope, found: HeadObject, { parts }: NameReference): boolean {
  if (scope.head === MAIN || parts.length === 1 || normaliseName(parts[0] ?? "") !== "main") return false;
  if (FunctionCatalog.of([found]).all[0]?.declaration === undefined)
    throw notSupported(`macro "${parts.join(".")}" of main cannot be called on a branch`);
  return true;
}

/**
 * The name to call a function by on the scope's head.
 *
 * Errors  0A000 for a definition that could not be read, 54001 for one that calls itself
 */
export async function macroOf(
  services: ResolveServices,
  scope: NameScope,
  { name, schema, definition, head }: Pick<HeadObject, "name" | "schema" | "definition" | "head">,
  depth = 0,
): Promise<string> {
  if (depth >= MAX_VIEW_DEPTH)
    throw new SqlError(SQLSTATE.programLimitExceeded, `function "${name}" is nested too deeply`);
  const [statement] = await services.analyse(readableText({ head: MAIN, definition }));
  const created =
    statement?.kind === "relational" ? statement.names.find(({ role }) => role === "create") : undefined;
  if (statement?.kind !== "relational" || !statement.certain || created === undefined) {
    throw notSupported(
      `function "${name}" cannot be called on a branch: its definition could not be resolved safely`,
    );
  }
  const inner = { ...scope, temporary: new Set<string>(), searchPath: searchPathOf({ schema }) };
  const names = inheritedFrom(head, statement).names.filter(({ role }) => role !== "create");
  const edits = await statementEdits(services, inner, { ...statement, names }, NO_TARGETS, depth + 1);
  const behind = { start: created.end, end: statement.text.length };
  return await services.macro(applyEditsWithin(statement.text, edits, behind));
}

/** A type of the branch is what it stands for. Errors: 42704 */
function typeText(scope: NameScope, parts: readonly string[]): string {
  const found = headObject(scope, "type", parts)?.definition;
  if (found != null) return found;
  throw new SqlError(SQLSTATE.undefinedObject, `type "${parts.join(".")}" does not exist`);
}

function publicToMain(parts: readonly string[]): string | undefined {
  return parts.length > 1 && normaliseName(parts[0] ?? "") === "public"
    ? formatName(["main", ...parts.slice(1)])
    : undefined;
}

/** On main a plain name is left to DuckDB where it can mean but one sequence. */
async function sequenceText(
  services: ResolveServices,
  scope: NameScope,
  name: NameReference,
): Promise<string | undefined> {
  const { head, temporary, searchPath } = scope;
  const isPlain = name.parts.length === 1 && temporary.size === 0 && searchPath.length === 1;
  // DuckDB looks for nextval's; currval() and setval() know nothing of schemas.
  const isDuckDbs = name.object === undefined && isPlain && searchPath[0] === "main";
  if (head === MAIN && isDuckDbs) return undefined;
  const sequence = await services.findSequence(scope, name.parts);
  if (sequence === undefined)
    throw new SqlError(SQLSTATE.undefinedTable, `relation "${name.parts.join(".")}" does not exist`);
  const { catalog, schema } = sequence;
  // A definition on main that names the sequence keeps the text.
  const isKept = head === MAIN && catalog === DATA_CATALOG;
  return quoteLiteral(isKept ? formatName([schema, sequence.name]) : sequenceSql(sequence));
}
