/** One table under ALTER: what its definition says, what is in the way of DuckDB's own ALTER, and the plan for an action. */
import { policyOf } from "../branch/column-policies.js";
import { constraintsOf, mentionedColumns, type TableConstraint } from "../branch/constraint-names.js";
import { MAIN, type PhysicalTable, type RelationName } from "../branch/model.js";
import type { DefinedOverlay } from "../branch/overlay-alter.js";
import { physicalName } from "../branch/system-schema.js";
import { changedDefinition, isColumn, isNotNull, type TableChange } from "../branch/table-changes.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { markCopied } from "../branch/copied-tables.js";
import { PENDING } from "../branch/final-changes.js";
import { rebuildTable } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Alteration, NameReference, RelationalStatement, TextSpan } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import { writtenTypeOf } from "../sql/held-types.js";
import { isComputedColumn, isSameForAllRows } from "../sql/constant-defaults.js";
import { dropOwnedSql, ownedSequences } from "./owned-sequences.js";
import { newSequence, ownedBy, withOwnedSequence } from "./sequence-owners.js";
import { addedKey } from "./altered-keys.js";
import { policyChange, requireFittingType } from "./column-policy.js";
import { assignedDefault } from "./held-columns.js";
import { keptUsing } from "./kept-numeric.js";
import { nativeAlteration } from "./native-alteration.js";
import { staysOverlay } from "./altered-overlay.js";
import { planRename } from "./plan-rename.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { resolveStatement } from "./resolve.js";
import { explainRows } from "./row-violations.js";
import { sliceStatement } from "./slice-statement.js";

/** What changes a table. */
export type TableAlteration = Exclude<Alteration, { kind: "owner" | "storage" | "addLabel" | "renameLabel" }>;

export interface TableToAlter {
  readonly relation: RelationName;
  readonly physical: PhysicalTable;
  readonly definition: TableDefinition;
  /** DuckDB cannot commit its own ALTER of a table whose rows the transaction has changed. */
  readonly wasWritten: boolean;
  /** Where not all rows of the table are in it. */
  readonly overlay: DefinedOverlay | undefined;
}

export class AlteredTable {
  private readonly context: PlanContext;
  private readonly transaction: Transaction;
  private readonly statement: RelationalStatement;
  readonly relation: RelationName;
  private readonly physical: PhysicalTable;
  readonly definition: TableDefinition;
  private wasWritten: boolean;
  private overlay: DefinedOverlay | undefined;

  constructor(
    context: PlanContext,
    transaction: Transaction,
    statement: RelationalStatement,
    table: TableToAlter,
  ) {
    this.context = context;
    this.transaction = transaction;
    this.statement = statement;
    this.relation = table.relation;
    this.physical = table.physical;
    this.definition = table.definition;
    this.wasWritten = table.wasWritten;
    this.overlay = table.overlay;
  }

  async plan(alteration: TableAlteration): Promise<PlannedStatement[]> {
    switch (alteration.kind) {
      case "addColumn":
        return await this.addColumn(alteration);
      case "dropColumn":
        return await this.dropColumn(alteration);
      case "setType": {
        this.requireColumn(alteration.column);
        const type = await this.text(alteration.type);
        const policy = policyOf(this.definition, alteration.column);
        await requireFittingType(this.transaction.connection, policy, type);
        const using = alteration.using && (await this.text(alteration.using));
        return await this.change({
          ...alteration,
          type,
          held: writtenTypeOf(this.statement.text.slice(alteration.type.start, alteration.type.end)),
          using: keptUsing(this.definition, alteration.column, type, using),
        });
      }
      case "setDefault": {
        this.requireColumn(alteration.column);
        const { column, expression } = alteration;
        const written = expression && (await this.text(expression));
        const { context, transaction, physical } = this;
        const drawn = written && (await withOwnedSequence(context, transaction, physical, column, written));
        return await this.change({
          ...alteration,
          expression: drawn && assignedDefault(this.definition, column, drawn),
        });
      }
      case "ownSequence": {
        this.requireColumn(alteration.column);
        const change = await ownedBy(this.context, this.transaction, this.physical, alteration);
        return change === undefined ? [NOTHING_TO_RUN] : await this.change(change);
      }
      case "setNotNull":
        this.requireColumn(alteration.column);
        if (isNotNull(this.definition, alteration.column)) return [NOTHING_TO_RUN];
        return await this.change(alteration);
      case "dropNotNull":
        return await this.dropNotNull(alteration);
      case "setPolicy": {
        this.requireColumn(alteration.column);
        const change = await policyChange(this.transaction.connection, this.definition, alteration);
        return change === undefined ? [NOTHING_TO_RUN] : await this.rebuild(change);
      }
      case "addConstraint":
        return await this.addConstraint(alteration);
      case "dropConstraint": {
        const constraint = this.constraint(alteration.name, alteration.ifExists);
        return constraint === undefined
          ? [NOTHING_TO_RUN]
          : await this.change({ kind: "dropConstraint", constraint });
      }
      case "validateConstraint":
        this.constraint(alteration.name, false);
        return [NOTHING_TO_RUN];
      case "renameConstraint": {
        const constraint = this.constraint(alteration.name, false);
        if (constraint === undefined) return [NOTHING_TO_RUN];
        return await this.change({ kind: "renameConstraint", constraint, to: alteration.to });
      }
      case "renameColumn":
        this.requireColumn(alteration.column, "");
        if (this.definition.elements.some((element) => isColumn(element, alteration.to)))
          throw this.duplicateColumn(alteration.to);
        return await this.change(alteration);
      case "rename":
        return await planRename(this.context, this.transaction, this.relation, {
          ...this.relation,
          name: alteration.to,
        });
      case "setSchema": {
        const schema = normaliseName(alteration.schema) === "public" ? "main" : alteration.schema;
        return await planRename(this.context, this.transaction, this.relation, { ...this.relation, schema });
      }
      case "addIdentity":
        return await this.addIdentity(alteration.column);
      case "dropIdentity":
        return await this.dropIdentity(alteration);
      case "sequence":
        throw notSupported("this form of ALTER TABLE is not supported");
      default:
        return alteration satisfies never;
    }
  }

  private async addColumn(
    alteration: Extract<Alteration, { kind: "addColumn" }>,
  ): Promise<PlannedStatement[]> {
    const { column, ifNotExists } = alteration;
    if (this.definition.elements.some((element) => isColumn(element, column))) {
      const error = this.duplicateColumn(column);
      if (!ifNotExists) throw error;
      this.context.notice("NOTICE", SQLSTATE.duplicateColumn, `${error.message}, skipping`);
      return [{ ...NOTHING_TO_RUN, skipped: column }];
    }
    const sequences: string[] = [];
    const edits = [...this.statement.edits];
    for (const own of this.statement.sequenceColumns) {
      const { sql, expression } = await newSequence(this.transaction, this.physical, this.relation.name, own);
      sequences.push(sql);
      const type = own.kind === "serial" ? `${own.type} ` : "";
      edits.splice(
        edits.findIndex(({ start }) => start === own.start),
        1,
        {
          start: own.start,
          end: own.end,
          text: `${type}DEFAULT ${expression}`,
        },
      );
    }
    const statement = { ...this.statement, edits };
    const { start, end } = this.clauseBehind("add", statement);
    const text = await this.textOf(sliceStatement(statement, { start, end }));
    const change = { kind: "addColumn", text } as const;
    const isConstant = sequences.length === 0 && isSameForAllRows(statement);
    if (await this.isChangedAsOverlay(change, isConstant)) return [NOTHING_TO_RUN];
    // DuckDB fills the rows of a default that is called per row in steps of its own, which need another configuration.
    const isComputed = sequences.length > 0 || isComputedColumn(text);
    if (!this.wasWritten && !isComputed) return [step(await this.native(statement))];
    for (const sql of sequences) await this.transaction.connection.run(sql);
    return await this.rebuild(change);
  }

  /** From behind ADD [COLUMN] [IF NOT EXISTS] to the end. */
  private clauseBehind(word: string, { text }: RelationalStatement): TextSpan {
    const match = new RegExp(`\\b${word}\\s+(?:column\\s+)?(?:if\\s+not\\s+exists\\s+)?`, "i").exec(
      text.slice(this.target.end),
    );
    if (match === null) throw notSupported("this form of ALTER TABLE is not supported");
    return { start: this.target.end + match.index + match[0].length, end: text.length };
  }

  private get target(): NameReference {
    const name = this.statement.names.find((candidate) => candidate.role === "alter");
    if (name === undefined) throw undefinedTable(this.relation);
    return name;
  }

  private async dropColumn(
    alteration: Extract<Alteration, { kind: "dropColumn" }>,
  ): Promise<PlannedStatement[]> {
    const { column, ifExists } = alteration;
    if (!this.definition.elements.some((element) => isColumn(element, column))) {
      const message = `column "${column}" of relation "${this.relation.name}" does not exist`;
      if (!ifExists) throw new SqlError(SQLSTATE.undefinedColumn, message);
      this.context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
      return [NOTHING_TO_RUN];
    }
    const owned = await ownedSequences(this.transaction.connection, {
      catalog: DATA_CATALOG,
      ...this.physical,
    });
    const own = owned.filter((candidate) => normaliseName(candidate.column) === normaliseName(column));
    return [...(await this.change(alteration)), ...dropOwnedSql(this.transaction, own).map(step)];
  }

  private async dropNotNull(
    alteration: Extract<Alteration, { kind: "setNotNull" | "dropNotNull" }>,
  ): Promise<PlannedStatement[]> {
    this.requireColumn(alteration.column);
    if (this.definition.primaryKey.some((name) => normaliseName(name) === normaliseName(alteration.column)))
      throw new SqlError(
        SQLSTATE.invalidTableDefinition,
        `column "${alteration.column}" is in a primary key`,
      );
    if (!isNotNull(this.definition, alteration.column)) return [NOTHING_TO_RUN];
    return await this.change(alteration);
  }

  private async addConstraint(
    alteration: Extract<Alteration, { kind: "addConstraint" }>,
  ): Promise<PlannedStatement[]> {
    const { name, type, columns } = alteration;
    const { name: table } = this.relation;
    for (const column of columns) this.requireColumn(column, " named in key");
    if (type === "primary" && this.definition.primaryKey.length > 0)
      throw new SqlError(
        SQLSTATE.invalidTableDefinition,
        `multiple primary keys for table "${table}" are not allowed`,
      );
    if (name !== undefined && constraintsOf(this.definition, table).some((other) => other.name === name))
      throw new SqlError(
        SQLSTATE.duplicateObject,
        `constraint "${name}" for relation "${table}" already exists`,
      );
    if (type === "foreign") {
      const { change, guard } = await addedKey(this.context, this.transaction, this.statement, this);
      const planned = await this.rebuild(change);
      return [...planned, { ...NOTHING_TO_RUN, guard }];
    }
    const text = await this.text(alteration.text);
    // PostgreSQL names a check after the column it mentions.
    const mentioned = type === "check" ? mentionedColumns(tokenise(text), this.definition) : columns;
    return await this.rebuild({ kind: "addConstraint", type, name, columns: mentioned, text });
  }

  private async addIdentity(
    column: Extract<Alteration, { kind: "addIdentity" }>["column"],
  ): Promise<PlannedStatement[]> {
    this.requireColumn(column.column);
    const { name: table } = this.relation;
    if (!isNotNull(this.definition, column.column)) {
      throw new SqlError(
        SQLSTATE.objectNotInPrerequisiteState,
        `column "${column.column}" of relation "${table}" must be declared NOT NULL before identity can be added`,
      );
    }
    const definition = this.definition.columns.find(
      (own) => normaliseName(own.name) === normaliseName(column.column),
    );
    const type = (["smallint", "integer", "bigint"] as const).find(
      (known) => known.toUpperCase() === definition?.type,
    );
    if (type === undefined) {
      throw new SqlError(
        SQLSTATE.invalidParameterValue,
        "identity column type must be smallint, integer, or bigint",
      );
    }
    const { sql, expression } = await newSequence(this.transaction, this.physical, this.relation.name, {
      ...column,
      type,
    });
    await this.transaction.connection.run(sql);
    return await this.change({ kind: "setDefault", column: column.column, expression });
  }

  private async dropIdentity(
    alteration: Extract<Alteration, { kind: "dropIdentity" }>,
  ): Promise<PlannedStatement[]> {
    this.requireColumn(alteration.column);
    const owned = await ownedSequences(this.transaction.connection, {
      catalog: DATA_CATALOG,
      ...this.physical,
    });
    const own = owned.filter(
      ({ column, kind }) => kind !== "serial" && normaliseName(column) === normaliseName(alteration.column),
    );
    if (own.length === 0) {
      const message = `column "${alteration.column}" of relation "${this.relation.name}" is not an identity column`;
      if (!alteration.ifExists) throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, message);
      this.context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
      return [NOTHING_TO_RUN];
    }
    const changed = await this.change({
      kind: "setDefault",
      column: alteration.column,
      expression: undefined,
    });
    return [...changed, ...dropOwnedSql(this.transaction, own).map(step)];
  }

  /** DuckDB's own ALTER where nothing stands in its way. */
  private async change(change: TableChange): Promise<PlannedStatement[]> {
    if (await this.isChangedAsOverlay(change)) return [NOTHING_TO_RUN];
    const sql = this.wasWritten ? undefined : nativeAlteration(this.definition, change);
    if (sql === undefined) return await this.rebuild(change);
    return [step(`ALTER TABLE ${physicalName(this.physical)} ${sql}`)];
  }

  /** False where the table has all its rows: then it is changed itself. `isConstant`: see `staysOverlay`. */
  private async isChangedAsOverlay(change: TableChange, isConstant = false): Promise<boolean> {
    const { overlay } = this;
    if (overlay === undefined) return false;
    this.overlay = undefined;
    if (await staysOverlay(this.transaction, this.relation, overlay, change, isConstant)) return true;
    this.wasWritten ||= overlay.version.from !== PENDING;
    return false;
  }

  private async rebuild(change: TableChange): Promise<PlannedStatement[]> {
    if (await this.isChangedAsOverlay(change)) return [NOTHING_TO_RUN];
    const { connection, head } = this.transaction;
    const next = changedDefinition(this.definition, this.physical, this.relation.name, change);
    try {
      await rebuildTable(connection, this.physical, next);
      if (head === MAIN) markCopied(this.transaction, [this.physical]);
    } catch (error) {
      throw explainRows(error, change, this.relation);
    }
    return [NOTHING_TO_RUN];
  }

  private async native(statement: RelationalStatement): Promise<string> {
    const { services, scope } = this.context;
    const targets = new Map([[this.target.start, physicalName(this.physical)]]);
    return await resolveStatement(services, { ...scope, state: this.transaction.state }, statement, targets);
  }

  private async text(span: TextSpan): Promise<string> {
    return await this.textOf(sliceStatement(this.statement, span));
  }

  private async textOf(slice: RelationalStatement): Promise<string> {
    const { services, scope } = this.context;
    return await resolveStatement(services, { ...scope, state: this.transaction.state }, slice);
  }

  private requireColumn(column: string, role = ` of relation "${this.relation.name}"`): void {
    if (this.definition.elements.some((element) => isColumn(element, column))) return;
    throw new SqlError(SQLSTATE.undefinedColumn, `column "${column}"${role} does not exist`);
  }

  private duplicateColumn(column: string): SqlError {
    return new SqlError(
      SQLSTATE.duplicateColumn,
      `column "${column}" of relation "${this.relation.name}" already exists`,
    );
  }

  private constraint(name: string, ifExists: boolean): TableConstraint | undefined {
    const found = constraintsOf(this.definition, this.relation.name).find((own) => own.name === name);
    if (found !== undefined) return found;
    const message = `constraint "${name}" of relation "${this.relation.name}" does not exist`;
    if (!ifExists) throw new SqlError(SQLSTATE.undefinedObject, message);
    this.context.notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
    return undefined;
  }
}
