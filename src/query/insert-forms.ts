/**
 * INSERT as PostgreSQL means it: fewer values than columns, a constraint as the target of ON CONFLICT, identity columns
 * that take no value, and the row that ON CONFLICT would change twice.
 */
import { MAIN } from "../branch/model.js";
import { constraintsOf } from "../branch/constraint-names.js";
import { storedColumns, type TableDefinition } from "../branch/table-definition.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import type { InsertForm, NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { mergeSpans } from "../sql/merge-spans.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { assignedEdits, type AssignedEdits } from "./assigned-values.js";
import { storedValues } from "../sql/stored-values.js";
import { conflictEdits } from "./conflict-rows.js";
import { withDescribedTargets } from "./describe-targets.js";
import { excludedEdits } from "./excluded-columns.js";
import { readOwnedDefault } from "./owned-sequences.js";
import { resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";
import { tableBehind } from "./table-behind.js";
import type { BoundParameter } from "./types.js";

const identities = new WeakMap<TableDefinition, readonly string[]>();

/** The statement as DuckDB takes it; `parameters` once they are bound. Errors: 428C9 a value for an identity or a generated column, 42704 an unknown constraint */
export async function withInsertForm(
  core: SessionCore,
  statement: RelationalStatement,
  parameters?: readonly BoundParameter[],
): Promise<RelationalStatement> {
  const { insert } = statement;
  const name = statement.names.find(({ role }) => role === "write");
  const assigns = statement.assignments.some(({ isDefault }) => !isDefault);
  if (statement.verb === "merge") return await withMergeForm(core, statement, name);
  const inserts = statement.verb === "insert" && insert?.hasSource !== false;
  if (name === undefined || !(inserts || assigns)) return statement;
  const definition = await tableBehind(core, name.parts);
  if (definition === undefined) return statement;
  const always = alwaysColumns(definition);
  const generated = definition.columns.filter((column) => column.generated).map((column) => column.name);
  refuseIdentityChanges(statement, always);
  refuseGeneratedChanges(statement, generated);
  if (!inserts) return withAssigned(statement, assignedEdits(statement, definition, []), []);
  if (insert === undefined) {
    refuseUnreadValues(statement, name.end, always);
    const columns = storedValues(statement).columns ?? storedColumns(definition).map((column) => column.name);
    return withAssigned(statement, assignedEdits(statement, definition, columns), []);
  }
  const table = name.parts.at(-1) ?? "";
  // As many as DuckDB stores where it has nothing to say of their number.
  const stored = definition.columns.length - generated.length;
  const width = insert.width ?? (await sourceWidth(core, statement)) ?? stored;
  const columns = insert.columns.length > 0 ? insert.columns : givenColumns(width, definition);
  refuseIdentityValues(insert, columns, always);
  refuseGeneratedValues(insert, columns, generated);
  const edits: TextEdit[] = [...excludedEdits(statement, definition)];
  let { conflictColumns } = insert;
  if (insert.columns.length === 0 && columns.length < definition.columns.length) {
    const list = columns.map(quoteIdentifier).join(", ");
    edits.push({ start: insert.columnsAt, end: insert.columnsAt, text: ` (${list})` });
  }
  if (insert.constraint !== undefined) {
    const { start, end } = insert.constraint;
    conflictColumns = constraintColumns(insert.constraint, definition, table);
    edits.push({ start, end, text: `(${conflictColumns.map(quoteIdentifier).join(", ")})` });
  }
  const idle = idleConflict(statement, definition, table);
  if (idle !== undefined) edits.push(idle);
  const form: InsertForm = {
    ...insert,
    conflictColumns,
    ...(idle === undefined ? {} : { conflict: "none", conflictAt: undefined }),
  };
  const rows = isOneRow(statement.text, insert) ? 1 : insert.rows;
  edits.push(...conflictEdits({ ...form, rows }, columns, definition, table, parameters));
  const formed =
    form.constraint === undefined && idle === undefined ? statement : { ...statement, insert: form };
  return withAssigned(formed, assignedEdits(statement, definition, columns), edits);
}

/** ON CONFLICT DO NOTHING where nothing can conflict is taken out: DuckDB fails for a table without keys. */
function idleConflict(
  { text, insert }: RelationalStatement,
  definition: TableDefinition,
  table: string,
): TextEdit | undefined {
  const at = insert?.conflictAt;
  if (insert?.conflict !== "nothing" || at === undefined) return undefined;
  const hasKeys =
    constraintsOf(definition, table).some(({ type }) => type === "primary" || type === "unique") ||
    definition.indexes.some((index) => /^CREATE UNIQUE/i.test(index));
  const start = text.slice(0, at).search(/\bon\s+conflict$/i);
  const action = /^\s*do\s+nothing\b/i.exec(text.slice(at))?.[0];
  return hasKeys || start < 0 || action === undefined
    ? undefined
    : { start, end: at + action.length, text: "" };
}

const CONSTANT = String.raw`(?:\$\d+(?:::\w+)?|'(?:[^']|'')*'|-?\d+(?:\.\d+)?|null|true|false)`;
const ONE_ROW = new RegExp(String.raw`^\s*select\s+${CONSTANT}(?:\s*,\s*${CONSTANT})*\s*$`, "i");

/** `SELECT $1, 2`: in a query around it parameters would have no types. */
function isOneRow(text: string, { source }: InsertForm): boolean {
  return source !== undefined && ONE_ROW.test(text.slice(source.start, source.end));
}

/** Where edits meet, what closes last was opened first. */
function withAssigned(
  statement: RelationalStatement,
  assigned: AssignedEdits | undefined,
  edits: readonly TextEdit[],
): RelationalStatement {
  if (assigned === undefined && edits.length === 0) return statement;
  const { opening = [], closing = [], query } = assigned ?? {};
  const [open, close] = query === undefined ? [[], []] : [[query[0]], [query[1]]];
  return {
    ...statement,
    edits: [...opening, ...statement.edits, ...closing, ...close, ...edits, ...open],
  };
}

/** INSERT of a MERGE: DuckDB wants a value for each column. What its actions store is as that of other statements. */
async function withMergeForm(
  core: SessionCore,
  statement: RelationalStatement,
  name: NameReference | undefined,
): Promise<RelationalStatement> {
  const inserts = mergeSpans(statement)?.clauses.filter(({ action }) => action === "insert") ?? [];
  const definition = name === undefined ? undefined : await tableBehind(core, name.parts);
  if (definition === undefined) return statement;
  const edits: TextEdit[] = [];
  for (const { bareInsert, columns } of inserts) {
    const given = bareInsert === undefined ? columns : givenColumns(bareInsert.values, definition);
    const always = alwaysColumns(definition).find((column) => given.includes(column));
    if (always !== undefined)
      throw notSupported(`MERGE with a value for identity column "${always}" is not supported`);
    if (bareInsert === undefined || bareInsert.values >= definition.columns.length) continue;
    const list = given.map(quoteIdentifier).join(", ");
    edits.push({ start: bareInsert.at, end: bareInsert.at, text: ` (${list})` });
  }
  const columns = storedColumns(definition).map((column) => column.name);
  return withAssigned(statement, assignedEdits(statement, definition, columns), edits);
}

/** How many columns a query with a star gives: DuckDB says so when they are not as many as the table's. */
async function sourceWidth(core: SessionCore, statement: RelationalStatement): Promise<number | undefined> {
  if (statement.insert?.columns.length !== 0 || (!statement.certain && core.head !== MAIN)) return undefined;
  const scope = core.scope(core.transactions.current);
  return await withDescribedTargets(core, scope, statement, async (targets) => {
    return await suppliedColumns(
      core.connection,
      await resolveStatement(core.resolveServices, scope, statement, targets),
    );
  });
}

async function suppliedColumns(connection: Connection, sql: string): Promise<number | undefined> {
  try {
    (await connection.prepare(sql)).close();
  } catch (error) {
    const cause = error instanceof SqlError && error.cause instanceof Error ? error.cause.message : "";
    const given = SUPPLIED.exec(cause);
    if (given !== null) return Number(given[1] ?? given[2]);
  }
  // All columns, or a statement that is wrong, which says so when it runs.
  return undefined;
}

const SUPPLIED = /has \d+ columns but (\d+) values were supplied|"excluded" has (\d+) columns available/;

/** The first columns, as many as there are values; all of them for too many. */
function givenColumns(width: number | undefined, { columns }: TableDefinition): readonly string[] {
  return columns.slice(0, width ?? columns.length).map(({ name }) => name);
}

function refuseIdentityValues(
  insert: InsertForm,
  columns: readonly string[],
  always: readonly string[],
): void {
  if (insert.overriding) return;
  for (const [index, column] of columns.entries()) {
    const isAlways = isAmong(always, column);
    const isDefault = insert.rows > 0 && insert.values.every((row) => row[index]?.kind === "default");
    if (!isAlways || isDefault) continue;
    throw new SqlError(
      SQLSTATE.generatedAlways,
      `cannot insert a non-DEFAULT value into column "${column}"`,
      {
        detail: `Column "${column}" is an identity column defined as GENERATED ALWAYS.`,
        hint: "Use OVERRIDING SYSTEM VALUE to override.",
      },
    );
  }
}

/** UPDATE, and ON CONFLICT DO UPDATE. */
function refuseIdentityChanges({ assignments }: RelationalStatement, always: readonly string[]): void {
  const changed = assignments.find(({ column, isDefault }) => !isDefault && isAmong(always, column));
  if (changed === undefined) return;
  throw new SqlError(SQLSTATE.generatedAlways, `column "${changed.column}" can only be updated to DEFAULT`, {
    detail: `Column "${changed.column}" is an identity column defined as GENERATED ALWAYS.`,
  });
}

function refuseGeneratedValues(
  insert: InsertForm,
  columns: readonly string[],
  generated: readonly string[],
): void {
  for (const [index, column] of columns.entries()) {
    if (!isAmong(generated, column)) continue;
    if (insert.rows > 0 && insert.values.every((row) => row[index]?.kind === "default"))
      throw notSupported(
        `DEFAULT for the generated column "${column}" is not supported`,
        "leave the column out",
      );
    throw new SqlError(
      SQLSTATE.generatedAlways,
      `cannot insert a non-DEFAULT value into column "${column}"`,
      { detail: `Column "${column}" is a generated column.` },
    );
  }
}

function refuseGeneratedChanges({ assignments }: RelationalStatement, generated: readonly string[]): void {
  const changed = assignments.find(({ column }) => isAmong(generated, column));
  if (changed === undefined) return;
  if (changed.isDefault)
    throw notSupported(
      `DEFAULT for the generated column "${changed.column}" is not supported`,
      "leave the column out",
    );
  throw new SqlError(SQLSTATE.generatedAlways, `column "${changed.column}" can only be updated to DEFAULT`, {
    detail: `Column "${changed.column}" is a generated column.`,
  });
}

function isAmong(names: readonly string[], name: string): boolean {
  return names.some((own) => normaliseName(own) === normaliseName(name));
}

/** A statement too large for a parser, or in DuckDB's dialect: what it gives an identity column was not read. */
function refuseUnreadValues(
  { text }: RelationalStatement,
  behindTarget: number,
  always: readonly string[],
): void {
  if (always.length === 0) return;
  const list = /^[^(]*\(([^()]*)\)/.exec(text.slice(behindTarget, behindTarget + 10_000))?.[1];
  const listed = list === undefined ? undefined : tokenise(list).map(({ value }) => normaliseName(value));
  if (listed !== undefined && !always.some((column) => listed.includes(normaliseName(column)))) return;
  throw notSupported(
    "this form of INSERT into a table with GENERATED ALWAYS AS IDENTITY is not supported",
    "list the other columns",
  );
}

function constraintColumns(
  { name }: NonNullable<InsertForm["constraint"]>,
  definition: TableDefinition,
  table: string,
): readonly string[] {
  const found = constraintsOf(definition, table).find((constraint) => constraint.name === name);
  if (found === undefined)
    throw new SqlError(SQLSTATE.undefinedObject, `constraint "${name}" for table "${table}" does not exist`);
  if (found.type !== "primary" && found.type !== "unique")
    throw new SqlError(SQLSTATE.wrongObjectType, "constraint in ON CONFLICT clause has no associated index");
  return found.columns;
}

/** Columns GENERATED ALWAYS AS IDENTITY. */
function alwaysColumns(definition: TableDefinition): readonly string[] {
  const known = identities.get(definition);
  if (known !== undefined) return known;
  const found = definition.elements.flatMap(({ column, text }) => {
    if (column === undefined) return [];
    const written = /DEFAULT\((.*)\)/s.exec(text)?.[1] ?? "";
    return readOwnedDefault(written)?.kind === "always" ? [column.name] : [];
  });
  identities.set(definition, found);
  return found;
}
