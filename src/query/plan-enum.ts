/**
 * Plans ALTER TYPE … ADD VALUE, RENAME VALUE and RENAME TO of enums. To DuckDB a type is a name for its labels, and columns know the labels
 * alone: the type is made anew, and so are the tables that have them (decision 0061).
 */
import { MAIN } from "../branch/model.js";
import { relationsWith, retypeTables } from "../branch/retyped-tables.js";
import { commentName } from "../branch/object-comments.js";
import type { Transaction } from "../branch/transaction.js";
import { mainObjects } from "../branch/catalog-reader.js";
import { enumText, type CatalogEnum } from "../catalog/enum-catalog.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { optionalTextCell, textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference } from "../sql/analysis.js";
import type { EnumAlteration } from "../sql/definition-forms.js";
import { mentionsLabel, type EnumChange } from "../sql/enum-alterations.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, normaliseName, quoteLiteral } from "../sql/names.js";
import { followingViews } from "./following-views.js";
import { lockObject, refuseMains } from "./plan-head-objects.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { typeDefinitionsOf, TypeCatalog } from "./type-catalog.js";

const MAX_LABEL_BYTES = 63;

/** Errors: as PostgreSQL's; 0A000 where it could not be told what has the type */
export async function planEnumChange(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  alteration: EnumAlteration,
): Promise<PlannedStatement[]> {
  const { own, types } = await enumNamed(context, transaction, name, "labels");
  const labels = labelsBehind(context, own, alteration);
  if (labels === undefined) return [NOTHING_TO_RUN];
  const renamed = alteration.kind === "renameLabel" ? alteration : undefined;
  const change = { from: enumText(own.labels), to: enumText(labels), renamed };
  await refuseOthers(transaction, own, types, change);
  await refuseViews(transaction, change);
  await lockType(transaction, own.schema, own.typeName);
  const users = await relationsWith(transaction, transaction.head, change.from);
  const follow = await followingViews(
    context.services.analyse,
    transaction,
    transaction.head,
    users.map((relation) => ({ from: relation, to: relation })),
  );
  // First: what is cast in a check may say the type by its name.
  await makeType(transaction, own, own.typeName, change.to);
  await retypeTables(transaction, transaction.head, change);
  // DuckDB keeps the types of their columns.
  await follow?.();
  return [NOTHING_TO_RUN];
}

/** ALTER TYPE e RENAME TO f. Errors: 42710; 0A000 for other types, and while a view names it */
export async function planEnumRename(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  to: string,
): Promise<PlannedStatement[]> {
  const { own, types } = await enumNamed(context, transaction, name, "rename");
  const isTaken = [types.enums, types.composites, types.domains].some(
    (kind) => kind.named([own.schema, to], []) !== undefined,
  );
  if (isTaken) throw new SqlError(SQLSTATE.duplicateObject, `type "${to}" already exists`);
  for (const { name: view, definition } of await viewsOf(transaction))
    if (tokenise(definition).some(({ value }) => normaliseName(value) === normaliseName(own.typeName)))
      throw notSupported(
        `view "${view}" may name type ${own.name}, which gets another name`,
        "drop the view first",
      );
  await refuseNamed(transaction, own);
  await lockType(transaction, own.schema, own.typeName);
  await lockType(transaction, own.schema, to);
  await makeType(transaction, own, to, enumText(own.labels));
  return [NOTHING_TO_RUN];
}

/** A check or a default of a table of main may say a type by its name. */
async function refuseNamed(
  { connection, head }: Transaction,
  { name, typeName }: CatalogEnum,
): Promise<void> {
  if (head !== MAIN) return;
  const rows = await connection.rows(
    "SELECT table_name, sql FROM duckdb_tables() WHERE database_name = ? AND contains(sql, ?)",
    [DATA_CATALOG, typeName],
  );
  const user = rows.find((row) => {
    const tokens = tokenise(textCell(row, "sql"));
    return tokens.some((token, at) => {
      const isIts = token.kind !== "string" && normaliseName(token.value) === normaliseName(typeName);
      const as = tokens[at - 1]?.value === "." ? tokens[at - 3] : tokens[at - 1];
      return isIts && as?.kind === "word" && as.value === "as";
    });
  });
  if (user === undefined) return;
  throw notSupported(
    `a constraint or default of table "${textCell(user, "table_name")}" names type ${name}, which gets another name`,
    "drop it first, and make it again",
  );
}

async function enumNamed(
  { scope }: PlanContext,
  transaction: Transaction,
  { parts }: NameReference,
  use: "labels" | "rename",
): Promise<{ readonly own: CatalogEnum; readonly types: TypeCatalog }> {
  const { head, state, connection } = transaction;
  if (head !== MAIN) refuseMains(parts);
  const types = await TypeCatalog.ofHead(connection, typeDefinitionsOf(state, head));
  const own = types.enums.named(parts, scope.searchPath);
  if (own !== undefined) return { own, types };
  const written = parts.join(".");
  const isOther = [types.composites, types.domains].some(
    (kind) => kind.named(parts, scope.searchPath) !== undefined,
  );
  if (!isOther) throw new SqlError(SQLSTATE.undefinedObject, `type "${written}" does not exist`);
  if (use === "rename") throw notSupported("ALTER TYPE ... RENAME TO is supported for enums only");
  throw new SqlError(SQLSTATE.wrongObjectType, `${written} is not an enum`);
}

/** The labels afterwards; undefined where IF NOT EXISTS found the label. */
function labelsBehind(
  context: PlanContext,
  { labels }: CatalogEnum,
  alteration: EnumAlteration,
): readonly string[] | undefined {
  if (alteration.kind === "renameLabel") {
    const { label, to } = alteration;
    requireExisting(labels, label);
    requireLength(to);
    if (labels.includes(to)) throw labelExists(to);
    return labels.map((own) => (own === label ? to : own));
  }
  const { label, neighbour, isBehind, ifNotExists } = alteration;
  requireLength(label);
  if (labels.includes(label)) {
    if (!ifNotExists) throw labelExists(label);
    context.notice("NOTICE", SQLSTATE.duplicateObject, `enum label "${label}" already exists, skipping`);
    return undefined;
  }
  if (neighbour !== undefined) requireExisting(labels, neighbour);
  const at = neighbour === undefined ? labels.length : labels.indexOf(neighbour) + (isBehind ? 1 : 0);
  return [...labels.slice(0, at), label, ...labels.slice(at)];
}

function requireExisting(labels: readonly string[], label: string): void {
  if (labels.includes(label)) return;
  throw new SqlError(SQLSTATE.invalidParameterValue, `"${label}" is not an existing enum label`);
}

function labelExists(label: string): SqlError {
  return new SqlError(SQLSTATE.duplicateObject, `enum label "${label}" already exists`);
}

function requireLength(label: string): void {
  if (label !== "" && Buffer.byteLength(label) <= MAX_LABEL_BYTES) return;
  throw new SqlError(SQLSTATE.invalidName, `invalid enum label "${label}"`, {
    detail: `Labels must be ${MAX_LABEL_BYTES} bytes or less.`,
  });
}

/** Composite types, domains and temporary tables keep the labels, too, and a twin's columns could not be told from its own. */
async function refuseOthers(
  { connection }: Transaction,
  { schema, typeName, name }: CatalogEnum,
  types: TypeCatalog,
  { from }: EnumChange,
): Promise<void> {
  const keepers = [
    ...types.composites.all
      .filter(({ fields }) => fields.some(({ printed }) => printed.includes(from)))
      .map((one) => `composite type ${one.name}`),
    ...types.domains.all
      .filter(({ definition }) => definition.type.includes(from))
      .map((one) => `domain ${one.name}`),
  ];
  const columns = await connection.rows(
    "SELECT database_name FROM duckdb_columns() WHERE contains(data_type, ?) AND database_name IN ('temp', ?)",
    [from, DATA_CATALOG],
  );
  if (columns.some((row) => row["database_name"] === "temp")) keepers.push("a temporary table");
  if (columns.length > 0 && types.printedOf(schema, typeName) === undefined)
    keepers.push("another enum with the same labels");
  if (keepers.length === 0) return;
  throw notSupported(
    `the labels of type ${name} cannot be changed: ${keepers.join(", ")} has them, too`,
    "drop it first",
  );
}

/** A view says the type by its name; where it says the labels, what is meant by them the text does not say. */
async function refuseViews(transaction: Transaction, { from, renamed }: EnumChange): Promise<void> {
  for (const { name, definition } of await viewsOf(transaction))
    if (definition.includes(from) || (renamed !== undefined && mentionsLabel(definition, renamed.label)))
      throw notSupported(
        `view "${name}" has labels of the type in its text, which change`,
        "drop the view first",
      );
}

async function viewsOf({
  connection,
  state,
  head,
}: Transaction): Promise<readonly { readonly name: string; readonly definition: string }[]> {
  const all = head === MAIN ? await mainObjects(connection) : state.visible(head);
  return all.flatMap(({ name, kind, definition }) =>
    kind === "view" && definition !== null ? [{ name, definition }] : [],
  );
}

async function lockType(transaction: Transaction, schema: string, name: string): Promise<void> {
  if (transaction.head === MAIN) transaction.objects.markMain("type");
  else await lockObject(transaction, { kind: "type", schema, name });
}

/** Under its name, or another one; its comment stays. */
async function makeType(
  { connection, head, objects }: Transaction,
  { schema, typeName }: CatalogEnum,
  name: string,
  definition: string,
): Promise<void> {
  if (head !== MAIN) {
    const said =
      name === typeName ? [] : objects.dropComments(head, { kind: "type", schema, name: typeName });
    if (name !== typeName) objects.drop(head, { kind: "type", schema, name: typeName });
    objects.make(head, { kind: "type", schema, name, definition });
    for (const { comment, ...one } of said)
      objects.make(head, { ...commentName({ ...one, name }), definition: comment });
    return;
  }
  const [row] = await connection.rows(
    "SELECT comment FROM duckdb_types() WHERE database_name = ? AND schema_name = ? AND type_name = ?",
    [DATA_CATALOG, schema, typeName],
  );
  const comment = row === undefined ? null : optionalTextCell(row, "comment");
  const made = formatName([DATA_CATALOG, schema, name]);
  await connection.run(`DROP TYPE ${formatName([DATA_CATALOG, schema, typeName])}`);
  await connection.run(`CREATE TYPE ${made} AS ${definition}`);
  if (comment !== null) await connection.run(`COMMENT ON TYPE ${made} IS ${quoteLiteral(comment)}`);
}
