/** What may not be done to materialized views, or by their name to anything else, in PostgreSQL's words. */
import { viewNote, viewNoteOf } from "../branch/materialized-views.js";
import { MAIN, type RelationName } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Alteration, NameReference, RelationalStatement } from "../sql/analysis.js";
import { kindsOf } from "./existing-objects.js";
import type { PlanContext } from "./plan-context.js";
import { resolveName } from "./relation-names.js";
import { searchPathOf } from "./resolve.js";
import { writableName } from "./writable-names.js";

/** Errors: 42809 where a statement takes a materialized view for something else, or something else for one */
export async function requireKinds(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<void> {
  const form = statement.materialized?.kind;
  if (form === "filled") return;
  const isNamed = form === "named";
  if (!isNamed && !transaction.context.registry.materialized.any) return;
  for (const name of statement.names) {
    if (!CHANGING_ROLES.has(name.role) || (name.object !== undefined && !RELATIONS.has(name.object)))
      continue;
    const meaning = writableName(context.scope, name);
    const relation = meaning.kind === "temporary" ? undefined : meaning.relation;
    const isView = relation !== undefined && (await viewNoteOf(transaction, relation)) !== undefined;
    if (isView) refuse(statement, name, isNamed);
    else if (isNamed) await refuseOther(context, transaction, statement, name);
  }
}

const CHANGING_ROLES: ReadonlySet<NameReference["role"]> = new Set(["write", "alter", "drop"]);
const RELATIONS: ReadonlySet<NameReference["object"]> = new Set(["table", "view"]);

function refuse(statement: RelationalStatement, { parts, object }: NameReference, isNamed: boolean): void {
  const name = parts.at(-1) ?? "";
  const isNo = (kind: string, hint?: string): SqlError =>
    new SqlError(SQLSTATE.wrongObjectType, `"${name}" is not a ${kind}`, hint === undefined ? {} : { hint });
  switch (statement.verb) {
    case "drop":
      if (isNamed) return;
      throw isNo(object ?? "table", "Use DROP MATERIALIZED VIEW to remove a materialized view.");
    case "comment":
      if (!isNamed && (statement.note?.kind === "table" || object === "view")) throw isNo(object ?? "table");
      return;
    case "alterTable":
      if (object === "view") throw isNo("view");
      return refuseAction(statement.alteration, name);
    case "createIndex":
      return;
    case "truncate":
      throw isNo("table");
    case "merge":
      throw notOf(notSupported(`cannot execute MERGE on relation "${name}"`));
    default:
      throw new SqlError(SQLSTATE.wrongObjectType, `cannot change materialized view "${name}"`);
  }
}

function notOf({ code, message }: SqlError): SqlError {
  return new SqlError(code, message, { detail: "This operation is not supported for materialized views." });
}

/** What ALTER does to them, too. */
const TAKEN: ReadonlySet<Alteration["kind"]> = new Set([
  "rename",
  "renameColumn",
  "setSchema",
  "owner",
  "storage",
]);

const ACTIONS: Readonly<Partial<Record<Alteration["kind"], string>>> = {
  addColumn: "ADD COLUMN",
  dropColumn: "DROP COLUMN",
  setType: "ALTER COLUMN ... SET DATA TYPE",
  setDefault: "ALTER COLUMN ... SET DEFAULT",
  setNotNull: "ALTER COLUMN ... SET NOT NULL",
  dropNotNull: "ALTER COLUMN ... DROP NOT NULL",
  addConstraint: "ADD CONSTRAINT",
  dropConstraint: "DROP CONSTRAINT",
  validateConstraint: "VALIDATE CONSTRAINT",
  addIdentity: "ALTER COLUMN ... ADD IDENTITY",
  dropIdentity: "ALTER COLUMN ... DROP IDENTITY",
  setPolicy: "ALTER COLUMN ... SET",
};

function refuseAction(alteration: Alteration | undefined, name: string): void {
  if (alteration !== undefined && TAKEN.has(alteration.kind)) return;
  const action = ACTIONS[alteration?.kind ?? "storage"] ?? "of this form";
  const message = `ALTER action ${action} cannot be performed on relation "${name}"`;
  throw notOf(new SqlError(SQLSTATE.wrongObjectType, message));
}

/** Something else has the name; of what is not there others say so. */
async function refuseOther(
  { scope }: PlanContext,
  transaction: Transaction,
  { verb }: RelationalStatement,
  name: NameReference,
): Promise<void> {
  const meaning = writableName(scope, name);
  const kind =
    meaning.kind === "temporary"
      ? "table"
      : scope.head === MAIN
        ? await kindOnMain(transaction, meaning.relation)
        : meaning.kind === "relation"
          ? meaning.version.kind
          : undefined;
  if (kind === undefined) return;
  const hint = `Use DROP ${kind.toUpperCase()} to remove a ${kind}.`;
  const message = `"${name.parts.at(-1)}" is not a materialized view`;
  throw new SqlError(SQLSTATE.wrongObjectType, message, verb === "drop" ? { hint } : {});
}

async function kindOnMain(
  { connection }: Transaction,
  relation: RelationName,
): Promise<"table" | "view" | undefined> {
  const kinds = await kindsOf(connection, { catalog: DATA_CATALOG, ...relation });
  return kinds.has("view") ? "view" : kinds.has("table") ? "table" : undefined;
}

/** COPY. Errors: 42809 */
export async function refuseMaterialized(
  { scope }: PlanContext,
  transaction: Transaction,
  { parts }: NameReference,
  direction: "from" | "to",
): Promise<void> {
  const meaning = resolveName(scope, parts);
  if (meaning.kind !== "relation" && meaning.kind !== "unknown") return;
  if (meaning.head !== scope.head || (await viewNoteOf(transaction, meaning.relation)) === undefined) return;
  throw new SqlError(
    SQLSTATE.wrongObjectType,
    `cannot copy ${direction} materialized view "${meaning.relation.name}"`,
    direction === "from" ? { hint: "Try the COPY (SELECT ...) TO variant." } : {},
  );
}

/**
 * What reads one without data fails where it runs, also through views. Errors: 55000
 */
export async function requirePopulated(
  context: PlanContext,
  transaction: Transaction,
  { names }: RelationalStatement,
  seen: ReadonlySet<number> = new Set(),
): Promise<void> {
  if (!transaction.context.registry.materialized.unpopulated) return;
  for (const { role, parts } of names) {
    const meaning = role === "read" ? resolveName(context.scope, parts) : undefined;
    if (meaning?.kind === "unknown" && meaning.head === MAIN)
      requireData((await viewNoteOf(transaction, meaning.relation))?.populated, meaning.relation);
    if (meaning?.kind !== "relation") continue;
    const { version, head } = meaning;
    requireData((await viewNote(transaction, version))?.populated, version);
    if (version.kind !== "view" || seen.has(version.id)) continue;
    const [view] = await context.services.analyse(version.definition ?? "");
    if (view?.kind !== "relational") continue;
    const scope = { ...context.scope, head, temporary: new Set<string>(), searchPath: searchPathOf(version) };
    await requirePopulated({ ...context, scope }, transaction, view, new Set([...seen, version.id]));
  }
}

function requireData(populated: boolean | undefined, { name }: RelationName): void {
  if (populated !== false) return;
  throw new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `materialized view "${name}" has not been populated`,
    { hint: "Use the REFRESH MATERIALIZED VIEW command." },
  );
}
