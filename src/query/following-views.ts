/**
 * Views that go on reading what has got another name. PostgreSQL's know what they read by its OID; here a view is a text, so the
 * text is changed with the name, in the same transaction, and goes on calling things by the names they had.
 *
 *   ALTER TABLE t RENAME TO u:         SELECT t.a FROM t  ⇒  SELECT t.a FROM u AS "t"
 *   ALTER TABLE t RENAME a TO b:       SELECT t.a FROM t  ⇒  SELECT t.a FROM (SELECT "b" AS "a" FROM t) AS "t"
 */
import { commentsOf, mainObjects, physicalDefinition } from "../branch/catalog-reader.js";
import type { Follow, NewName, RenamedColumns } from "../branch/definition-texts.js";
import { MAIN, relationKey, type HeadId, type RelationKey, type RelationName } from "../branch/model.js";
import { materializedViews, viewText } from "../branch/materialized-views.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { giveViewComments } from "../branch/view-comments.js";
import { notSupported } from "../core/errors.js";
import type { NameReference, RelationalStatement, StatementAnalysis, TextEdit } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { clientSchema, formatName, isSameName, normaliseName, quoteIdentifier } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import type { ViewNote } from "../sql/table-notes.js";
import { ownText } from "./main-texts.js";
import { writeViewNote } from "./plan-table-notes.js";
import { columnsUnderOldNames } from "./old-column-names.js";

interface ViewText extends RelationName {
  readonly definition: string;
  readonly head: HeadId;
  /** Of a materialized view: its text names schemas as clients do, on every head. */
  readonly note?: ViewNote | undefined;
}

interface Rewritten extends RelationName {
  readonly definition: string;
  readonly note: ViewNote | undefined;
  /** Other views that it reads. */
  readonly reads: ReadonlySet<RelationKey>;
}

type Analyse = (text: string) => Promise<readonly StatementAnalysis[]>;

/**
 * Rewrites the views of a head that read what gets another name; undefined where none does.
 *
 * Atomic  the caller's transaction
 * Errors  0A000 for a view that may read it, in a way that could not be read
 */
export async function followingViews(
  analyse: Analyse,
  transaction: Transaction,
  head: HeadId,
  renamed: readonly NewName[],
  which?: "own",
): Promise<Follow | undefined> {
  const relations =
    head === MAIN
      ? (await mainObjects(transaction.connection)).map((one) => ({ ...one, head: MAIN }))
      : transaction.state.visible(head);
  const names = new Set<RelationKey>(relations.map(relationKey));
  const rewritten: Rewritten[] = [];
  const views = relations.flatMap(({ schema, name, kind, definition, head: from }): ViewText[] =>
    kind === "view" && definition !== null ? [{ schema, name, definition, head: from }] : [],
  );
  const materialized = (await materializedViews(transaction, head)).map((view): ViewText => {
    return { ...view, definition: viewText(view.name, view.note) };
  });
  for (const view of [...views, ...materialized]) {
    if (which === "own" && view.head !== head) continue;
    const found = await rewrite(analyse, view, { head, names, renamed });
    if (found !== undefined) rewritten.push(found);
  }
  if (rewritten.length === 0) return undefined;
  return async () => {
    const plain = rewritten.filter(({ note }) => note === undefined);
    if (head === MAIN) await replaceOnMain(transaction, plain);
    else await replaceOnBranch(transaction, head, plain);
    for (const { note, ...view } of rewritten)
      if (note !== undefined) await writeViewNote(transaction, view, note);
  };
}

interface Heads {
  readonly head: HeadId;
  /** What there is on it, before. */
  readonly names: ReadonlySet<RelationKey>;
  readonly renamed: readonly NewName[];
}

async function rewrite(
  analyse: Analyse,
  view: ViewText,
  { head, names, renamed }: Heads,
): Promise<Rewritten | undefined> {
  const text = normaliseName(view.definition);
  // Reading a text costs more than looking whether the name is in it at all.
  const isIn = (name: string): boolean => text.includes(normaliseName(name).replaceAll('"', '""'));
  const isNamed = ({ from, columns = [] }: NewName): boolean =>
    isIn(from.name) && columns.every(([was, is]) => was !== "" || isIn(is) || isIn("natural"));
  const mentioned = renamed.filter(isNamed);
  if (mentioned.length === 0) return undefined;
  const { note } = view;
  const isAsKept = head === MAIN || note !== undefined;
  const definition = isAsKept ? view.definition : await ownText(analyse, view);
  const [statement] = await analyse(definition);
  if (statement?.kind !== "relational" || !statement.certain)
    throw notSupported(
      `whether view "${view.name}" reads "${mentioned[0]?.from.name}" could not be determined`,
      "drop the view first",
    );
  const meaning = (name: NameReference): RelationName | undefined => meantBy(name, view, head, names);
  const edits = statement.names.flatMap((name) => {
    const meant = meaning(name);
    const change = mentioned.find(({ from }) => meant !== undefined && isSame(from, meant));
    if (change !== undefined) return renamedEdits(statement, name, view, head, change);
    return head === MAIN && note === undefined ? inFull(name, view, meant) : [];
  });
  const isChanged = statement.names.some((name) => {
    const meant = meaning(name);
    return meant !== undefined && mentioned.some(({ from }) => isSame(from, meant));
  });
  if (!isChanged || edits.length === 0) return undefined;
  const made = head === MAIN && note === undefined ? madeAnew(statement, view) : [];
  const read = statement.names.flatMap((name) => meaning(name) ?? []);
  const changed = applyEdits(definition, [...edits, ...made]);
  return {
    schema: view.schema,
    name: view.name,
    definition: changed,
    note: note && { ...note, query: changed.slice(viewText(view.name, { ...note, query: "" }).length) },
    reads: new Set(read.map(relationKey)),
  };
}

/** What a name in a view's text is on the view's head. */
function meantBy(
  { role, parts }: NameReference,
  view: RelationName,
  head: HeadId,
  names: ReadonlySet<RelationKey>,
): RelationName | undefined {
  if (role !== "read" && role !== "columnQualifier") return undefined;
  const [name = "", qualifier, ...more] = parts.toReversed();
  if (more.length > 0) return undefined;
  if (qualifier === undefined) {
    const isBeside = names.has(relationKey({ schema: view.schema, name }));
    return { schema: isBeside ? view.schema : "main", name };
  }
  const written = normaliseName(qualifier);
  // On a branch it is the head main.
  if (written === "main" && head !== MAIN) return undefined;
  return { schema: written === "public" ? "main" : qualifier, name };
}

function renamedEdits(
  statement: RelationalStatement,
  name: NameReference,
  view: ViewText,
  head: HeadId,
  { from, to, columns }: NewName,
): readonly TextEdit[] {
  const old = name.parts.at(-1) ?? "";
  const { start, end } = name;
  if (name.role === "columnQualifier") return [{ start, end, text: quoteIdentifier(old) }];
  const tokens = tokenise(statement.text);
  const plain = nameFrom(
    view,
    head,
    to,
    tokens.some(({ value }) => normaliseName(value) === normaliseName(to.name)),
  );
  const rows = columns && columnsUnderOldNames(tokens, name, columns, plain);
  if (columns !== undefined && rows === undefined && isSame(from, to)) return [];
  const isCalled = tokens.filter(({ value }) => normaliseName(value) === normaliseName(old)).length > 1;
  const keepsName = normaliseName(to.name) === normaliseName(old) && rows === undefined;
  const needsAlias = name.alias === undefined && !keepsName && (isCalled || rows !== undefined);
  const replaced = { start, end, text: rows ?? plain };
  if (!needsAlias || name.aliasAt === undefined) return [replaced];
  const alias = ` AS ${quoteIdentifier(old)}`;
  if (name.aliasAt === end) return [{ start, end, text: `${replaced.text}${alias}` }];
  return [replaced, { start: name.aliasAt, end: name.aliasAt, text: alias }];
}

/** As the view's text calls it: with its schema where a query of WITH might have the name. */
function nameFrom(
  view: Omit<ViewText, "definition" | "head">,
  head: HeadId,
  { schema, name }: RelationName,
  isTaken: boolean,
): string {
  if (view.note !== undefined) return formatName([clientSchema(schema), name]);
  if (normaliseName(schema) !== "main") return formatName([schema, name]);
  const isPlain = normaliseName(view.schema) === "main" && !isTaken;
  return formatName(isPlain ? [name] : [head === MAIN ? "main" : "public", name]);
}

/** DuckDB looks the names of a view that it makes up where the session does. */
function inFull(
  { role, parts, start, end }: NameReference,
  view: RelationName,
  meant: RelationName | undefined,
): readonly TextEdit[] {
  if (role !== "read" || parts.length > 1 || meant === undefined) return [];
  if (normaliseName(meant.schema) === "main" || !isSameName(meant.schema, view.schema)) return [];
  return [{ start, end, text: formatName([meant.schema, meant.name]) }];
}

/** `CREATE VIEW v AS …` ⇒ `CREATE OR REPLACE VIEW data.main.v AS …` */
function madeAnew({ text, names }: RelationalStatement, view: RelationName): readonly TextEdit[] {
  const [create] = tokenise(text);
  const created = names.find(({ role }) => role === "create");
  if (create === undefined || created === undefined)
    throw notSupported(`view "${view.name}" could not be made to follow a new name`, "drop the view first");
  const { start, end } = created;
  return [
    { start: create.end, end: create.end, text: " OR REPLACE" },
    { start, end, text: physicalName({ schema: view.schema, name: view.name }) },
  ];
}

async function replaceOnMain(transaction: Transaction, views: readonly Rewritten[]): Promise<void> {
  const { connection } = transaction;
  for (const view of inOrder(views)) {
    transaction.markReplaced(view);
    const comments = await commentsOf(connection, view, "view");
    await connection.run(view.definition);
    await giveViewComments(connection, view, comments);
  }
  transaction.markDefinitionsChanged();
}

/** Each behind those that it reads. */
function inOrder(views: readonly Rewritten[]): readonly Rewritten[] {
  const ordered: Rewritten[] = [];
  const add = (view: Rewritten): void => {
    if (ordered.includes(view)) return;
    for (const other of views) if (other !== view && view.reads.has(relationKey(other))) add(other);
    ordered.push(view);
  };
  for (const view of views) add(view);
  return ordered;
}

async function replaceOnBranch(
  transaction: Transaction,
  head: HeadId,
  views: readonly Rewritten[],
): Promise<void> {
  for (const { schema, name, definition } of views) {
    await transaction.lock({ schema, name }, head);
    const objectId = transaction.state.find(head, { schema, name })?.objectId;
    const own = transaction.state.own(head, { schema, name });
    if (own !== undefined) transaction.endVersion(own);
    const identity = objectId === undefined ? {} : { objectId };
    transaction.addVersion({ head, schema, name, kind: "view", physical: null, definition, ...identity });
  }
  transaction.markDefinitionsChanged();
}

/** The columns of a relation one of which gets another name, or, if there is no such one, comes. */
export async function renamedColumns(
  transaction: Transaction,
  head: HeadId,
  relation: RelationName,
  { column, to }: { readonly column: string; readonly to: string },
): Promise<RenamedColumns> {
  const version = transaction.state.find(head, relation);
  const definition =
    version?.kind === "table" && head !== MAIN
      ? await transaction.definitionOf(version)
      : await physicalDefinition(transaction.connection, relation);
  const columns = definition?.columns ?? [];
  const renamed = columns.map(({ name }) => [name, isSameName(name, column) ? to : name] as const);
  const isThere = columns.some(({ name }) => isSameName(name, column) || isSameName(name, to));
  return isThere ? renamed : [...renamed, ["", to]];
}

function isSame(one: RelationName, other: RelationName): boolean {
  return relationKey(one) === relationKey(other);
}
