/** A foreign key as a statement writes it, made into the one that the table's definition keeps: names resolved, rules checked. */
import { physicalDefinition } from "../branch/catalog-reader.js";
import { constraintsOf } from "../branch/constraint-names.js";
import { foreignKeysIn, type ForeignKey } from "../branch/foreign-keys.js";
import { MAIN, relationKey, type RelationName } from "../branch/model.js";
import { ReferenceNotes } from "../branch/reference-races.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { indexParts } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { typeName } from "../engine/failure-rule.js";
import { defaultConstraintName } from "../sql/constraint-labels.js";
import type { ForeignKeyClause, KeptForeignKey } from "../sql/foreign-keys.js";
import { nameSet, normaliseName } from "../sql/names.js";
import { resolveName, type NameScope } from "./relation-names.js";

/** The table that gets the key, and what of it is known before it is there. */
export interface KeyOwner {
  readonly relation: RelationName;
  readonly primaryKey: readonly string[];
  /** Names of constraints that are taken. */
  readonly taken: ReadonlySet<string>;
}

/**
 * What the definition keeps.
 *
 * Errors  42P01, 42809, 42P16 for what it leads to, 42704 where that has no primary key, 42830 for lists of different lengths
 */
export async function keptForeignKey(
  scope: NameScope,
  transaction: Transaction,
  owner: KeyOwner,
  clause: ForeignKeyClause,
): Promise<KeptForeignKey> {
  const to = parentOf(scope, owner, clause);
  const isSelf = relationKey(to) === relationKey(owner.relation);
  const definition = isSelf ? undefined : await parentDefinition(scope, transaction, to);
  const target = clause.target.length > 0 ? clause.target : (definition?.primaryKey ?? owner.primaryKey);
  if (target.length === 0)
    throw new SqlError(SQLSTATE.undefinedObject, `there is no primary key for referenced table "${to.name}"`);
  if (target.length !== clause.columns.length) {
    if (definition !== undefined) requireUnique(definition, to, target);
    throw new SqlError(
      SQLSTATE.invalidForeignKey,
      "number of referencing and referenced columns for foreign key disagree",
    );
  }
  const { columns, onDelete, onUpdate, full, deferrable } = clause;
  const name = clause.name ?? freeName(owner, columns);
  return { name, columns, schema: to.schema, table: to.name, target, onDelete, onUpdate, full, deferrable };
}

function freeName({ relation, taken }: KeyOwner, columns: readonly string[]): string {
  for (let n = 0; ; n++) {
    const name = defaultConstraintName(relation.name, "foreign", columns, n);
    if (!taken.has(name)) return name;
  }
}

function parentOf(scope: NameScope, { relation }: KeyOwner, { parent }: ForeignKeyClause): RelationName {
  const isSelf = parent.length === 1 && normaliseName(parent[0] ?? "") === normaliseName(relation.name);
  if (isSelf) return relation;
  const meaning = resolveName(scope, parent);
  const shown = parent.join(".");
  if (meaning.kind === "temporary")
    throw new SqlError(
      SQLSTATE.invalidTableDefinition,
      "constraints on permanent tables may reference only permanent tables",
    );
  if (meaning.kind === "catalog" || meaning.kind === "system")
    throw new SqlError(SQLSTATE.insufficientPrivilege, `permission denied for table "${shown}"`);
  if (meaning.head !== scope.head)
    throw notSupported(`a foreign key cannot lead to "${shown}", which belongs to another head`);
  return meaning.kind === "relation"
    ? { schema: meaning.version.schema, name: meaning.version.name }
    : meaning.relation;
}

async function parentDefinition(
  { head }: NameScope,
  transaction: Transaction,
  table: RelationName,
): Promise<TableDefinition> {
  const version = transaction.state.find(head, table);
  if (version?.kind === "view")
    throw new SqlError(SQLSTATE.wrongObjectType, `referenced relation "${table.name}" is not a table`);
  const definition =
    head === MAIN
      ? await physicalDefinition(transaction.connection, table)
      : version && (await transaction.definitionOf(version));
  if (definition === undefined) throw undefinedTable(table);
  return definition;
}

/**
 * What can be asked when the table is there. The keys hold from now on.
 *
 * Errors  42703 for columns, 42830 where no unique key has the target's columns, 42804 for types that cannot be compared
 */
export async function requireForeignKeys(
  scope: NameScope,
  transaction: Transaction,
  relation: RelationName,
  isNew: (key: ForeignKey) => boolean = () => true,
): Promise<readonly ForeignKey[]> {
  const definition = await parentDefinition(scope, transaction, relation);
  const keys = foreignKeysIn(definition, relation).filter(isNew);
  for (const key of keys) {
    const isSelf = relationKey(key.to) === relationKey(relation);
    const parent = isSelf ? definition : await parentDefinition(scope, transaction, key.to);
    requireColumns(definition, key.columns);
    requireColumns(parent, key.target);
    requireUnique(parent, key.to, key.target);
    requireComparable(definition, parent, key);
    new ReferenceNotes(transaction, scope.head).led(key.to);
  }
  return keys;
}

function typeOf({ columns }: TableDefinition, name: string): string | undefined {
  return columns.find((own) => normaliseName(own.name) === normaliseName(name))?.type;
}

function requireColumns(definition: TableDefinition, names: readonly string[]): void {
  const missing = names.find((name) => typeOf(definition, name) === undefined);
  if (missing !== undefined) throw undefinedKeyColumn(missing);
}

export function undefinedKeyColumn(name: string): SqlError {
  return new SqlError(
    SQLSTATE.undefinedColumn,
    `column "${name}" referenced in foreign key constraint does not exist`,
  );
}

function requireUnique(parent: TableDefinition, to: RelationName, target: readonly string[]): void {
  const wanted = nameSet(target);
  const keys = constraintsOf(parent, to.name)
    .filter(({ type }) => type === "primary" || type === "unique")
    .map(({ columns }) => columns);
  const indexes = parent.indexes
    .filter((sql) => /^create unique/i.test(sql))
    .map((sql) => indexParts(sql).map(({ column }) => column ?? ""));
  if ([...keys, ...indexes].some((columns) => nameSet(columns) === wanted)) return;
  throw new SqlError(
    SQLSTATE.invalidForeignKey,
    `there is no unique constraint matching given keys for referenced table "${to.name}"`,
  );
}

function requireComparable(child: TableDefinition, parent: TableDefinition, key: ForeignKey): void {
  for (const [at, column] of key.columns.entries()) {
    const target = key.target[at] ?? "";
    const [own, other] = [typeOf(child, column) ?? "", typeOf(parent, target) ?? ""];
    if (isComparable(own, other)) continue;
    throw new SqlError(
      SQLSTATE.datatypeMismatch,
      `foreign key constraint "${key.name}" cannot be implemented`,
      {
        detail: `Key columns "${column}" and "${target}" are of incompatible types: ${typeName(own)} and ${typeName(other)}.`,
      },
    );
  }
}

/** PostgreSQL compares them as they are, or takes the first for the second without being asked to. */
function isComparable(own: string, other: string): boolean {
  const [rank, otherRank] = [numberRank(own), numberRank(other)];
  if (rank !== undefined && otherRank !== undefined) return rank <= otherRank;
  return own === other || (isMoment(own) && isMoment(other));
}

function isMoment(type: string): boolean {
  return /^(?:DATE|TIMESTAMP.*)$/.test(type);
}

/** Whole numbers, numeric, double precision. */
function numberRank(type: string): number | undefined {
  if (/^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(type)) return 0;
  if (/^DECIMAL\(.*$/.test(type)) return 1;
  return type === "FLOAT" || type === "DOUBLE" ? 2 : undefined;
}
