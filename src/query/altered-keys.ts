/** Foreign keys under ALTER: one that is added, and those that lead to what is dropped or gets another name. */
import { constraintsOf } from "../branch/constraint-names.js";
import { isOf, leadsTo, type ForeignKey } from "../branch/foreign-keys.js";
import type { RelationName } from "../branch/model.js";
import { headRows, refuseOrphans } from "../branch/reference-checks.js";
import type { TableChange } from "../branch/table-changes.js";
import type { TableDefinition } from "../branch/table-definition.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported } from "../core/errors.js";
import type { Alteration, RelationalStatement } from "../sql/analysis.js";
import { addedForeignKey, foreignKeyCheck, type ReferenceAction } from "../sql/foreign-keys.js";
import { tokenise } from "../sql/lexer.js";
import { nameList, nameSet, normaliseName, quoteIdentifier } from "../sql/names.js";
import { dropForeignKeys, refuseLeading } from "./drop-references.js";
import { keptForeignKey, requireForeignKeys } from "./foreign-key-form.js";
import type { PlanContext } from "./plan-context.js";
import { clientName, runNested } from "./reference-actions.js";

interface AddedKey {
  readonly change: TableChange;
  /** To be asked when the change is made: all rows have to keep it. Errors: 23503 */
  readonly guard: () => Promise<void>;
}

/** ADD [CONSTRAINT name] FOREIGN KEY. */
export async function addedKey(
  context: PlanContext,
  transaction: Transaction,
  { text }: RelationalStatement,
  { relation, definition }: { readonly relation: RelationName; readonly definition: TableDefinition },
): Promise<AddedKey> {
  const clause = addedForeignKey(tokenise(text), text);
  if (clause === undefined) throw notSupported("this form of foreign key is not supported");
  const taken = new Set(constraintsOf(definition, relation.name).map(({ name }) => name));
  const owner = { relation, primaryKey: definition.primaryKey, taken };
  const key = await keptForeignKey(
    { ...context.scope, state: transaction.state },
    transaction,
    owner,
    clause,
  );
  const { name, columns } = key;
  return {
    change: { kind: "addConstraint", type: "foreign", name, columns, text: foreignKeyCheck(key) },
    guard: async () => await askAllRows(context, transaction, relation, name),
  };
}

/** Asks a foreign key anew, of its columns and of all rows. Errors: 42804, 23503 */
async function askAllRows(
  context: PlanContext,
  transaction: Transaction,
  relation: RelationName,
  name: string,
): Promise<void> {
  const scope = { ...context.scope, state: transaction.state };
  const rows = headRows(transaction, scope.head, relation);
  for (const key of await requireForeignKeys(scope, transaction, relation, (own) => own.name === name))
    await refuseOrphans(transaction, scope.head, key, `${rows ?? ""} AS c`);
}

/**
 * Before ALTER: foreign keys that lead to a dropped column or key go under CASCADE; those that lead to what gets another name are
 * taken out, and put back under it by what this gives, to be run behind; so are those asked anew that have a column of another type.
 *
 * Errors  2BP01
 */
export async function freeForeignKeys(
  context: PlanContext,
  transaction: Transaction,
  { cascade }: RelationalStatement,
  relation: RelationName,
  alteration: Alteration,
): Promise<(() => Promise<void>) | undefined> {
  const { definitions } = transaction.context;
  const all = await definitions.foreignKeys(transaction.view, transaction.state, context.scope.head);
  const keys = all.filter((key) => leadsTo(key, relation));
  if (alteration.kind === "setType") {
    const { column } = alteration;
    const typed = [
      ...keys.filter(({ target }) => has(target, column)),
      ...all.filter((key) => isOf(key, relation) && has(key.columns, column)),
    ];
    return async () => {
      for (const { from, name } of typed) await askAllRows(context, transaction, from, name);
    };
  }
  if (keys.length === 0) return undefined;
  const { name: table } = relation;
  switch (alteration.kind) {
    case "dropColumn": {
      const { column } = alteration;
      const dependent = keys.filter(
        (key) => has(key.target, column) && !(isOf(key, relation) && has(key.columns, column)),
      );
      return await dropped(
        dependent,
        `column ${column} of table ${table}`,
        `column ${column} of table ${table}`,
      );
    }
    case "dropConstraint": {
      const columns = await uniqueColumns(transaction, relation, alteration.name);
      const dependent = keys.filter(
        ({ target }) => columns !== undefined && nameSet(target) === nameSet(columns),
      );
      return await dropped(
        dependent,
        `constraint ${alteration.name} on table ${table}`,
        `index ${alteration.name}`,
      );
    }
    case "rename":
      return await renamed(keys, (each) =>
        isSame(each, relation) ? { ...each, name: alteration.to } : each,
      );
    case "setSchema": {
      const schema = normaliseName(alteration.schema) === "public" ? "main" : alteration.schema;
      return await renamed(keys, (each) => (isSame(each, relation) ? { ...each, schema } : each));
    }
    case "renameColumn": {
      const { column, to } = alteration;
      const own = (names: readonly string[]): readonly string[] =>
        names.map((name) => (normaliseName(name) === normaliseName(column) ? to : name));
      return await renamed(
        keys.filter(({ target }) => has(target, column)),
        (each) => each,
        (key) => ({
          ...key,
          target: own(key.target),
          columns: isOf(key, relation) ? own(key.columns) : key.columns,
        }),
      );
    }
    default:
      return undefined;
  }

  async function dropped(dependent: readonly ForeignKey[], what: string, on: string): Promise<undefined> {
    if (!cascade) refuseLeading(dependent, `cannot drop ${what} because other objects depend on it`, on);
    await dropForeignKeys(context, transaction, dependent);
  }

  async function renamed(
    leading: readonly ForeignKey[],
    place: (table: RelationName) => RelationName,
    columns: (key: ForeignKey) => ForeignKey = (key) => key,
  ): Promise<() => Promise<void>> {
    for (const { name, from } of leading)
      await runNested(
        context,
        transaction,
        `ALTER TABLE ${clientName(from)} DROP CONSTRAINT ${quoteIdentifier(name)}`,
      );
    return async () => {
      for (const key of leading) {
        const added = columns({ ...key, from: place(key.from), to: place(key.to) });
        await runNested(
          context,
          transaction,
          `ALTER TABLE ${clientName(added.from)} ADD ${foreignKeyText(added)}`,
        );
      }
    };
  }
}

function has(names: readonly string[], name: string): boolean {
  return names.some((each) => normaliseName(each) === normaliseName(name));
}

function isSame(one: RelationName, other: RelationName): boolean {
  return (
    normaliseName(one.schema) === normaliseName(other.schema) &&
    normaliseName(one.name) === normaliseName(other.name)
  );
}

async function uniqueColumns(
  transaction: Transaction,
  relation: RelationName,
  name: string,
): Promise<readonly string[] | undefined> {
  const version = transaction.state.find(transaction.head, relation);
  if (version?.kind !== "table") return undefined;
  const found = constraintsOf(await transaction.definitionOf(version), relation.name).find(
    (own) => own.name === name,
  );
  return found?.type === "primary" || found?.type === "unique" ? found.columns : undefined;
}

const ACTIONS: Readonly<Record<ReferenceAction, string>> = {
  a: "NO ACTION",
  r: "RESTRICT",
  c: "CASCADE",
  n: "SET NULL",
  d: "SET DEFAULT",
};

function foreignKeyText({
  name,
  columns,
  to,
  target,
  full,
  onDelete,
  onUpdate,
  deferrable,
}: ForeignKey): string {
  return [
    `CONSTRAINT ${quoteIdentifier(name)} FOREIGN KEY (${nameList(columns)}) REFERENCES ${clientName(to)} (${nameList(target)})`,
    full ? "MATCH FULL" : "",
    `ON DELETE ${ACTIONS[onDelete]} ON UPDATE ${ACTIONS[onUpdate]}`,
    deferrable === "not" ? "" : `DEFERRABLE INITIALLY ${deferrable}`,
  ].join(" ");
}
