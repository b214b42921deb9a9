/** Which rows of a merged table its constraints do not allow: all are told before anything is published. */
import { SQLSTATE, SqlError, type SqlState } from "../core/errors.js";
import { numberCell, textCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { constraintsOf } from "./constraint-names.js";
import { indexName, indexParts } from "./table-rebuild.js";
import type { TableDefinition, TableElement } from "./table-definition.js";
import { wordAt } from "./constraint-names.js";

const MAX_SHOWN = 20;

/** A constraint that rows violate. */
export interface Violation {
  readonly code: SqlState;
  readonly message: string;
  /** Its rows, as JSON. */
  readonly lines: readonly string[];
}

interface Rule {
  readonly code: SqlState;
  readonly message: string;
  /** Of a row that is not allowed. */
  readonly condition: string;
}

/** `rows` is a relation with the table's stored columns. */
export async function violationsOf(
  connection: Connection,
  rows: string,
  definition: TableDefinition,
  table: string,
): Promise<readonly Violation[]> {
  const rules = rowRules(definition, table);
  const violations: Violation[] = [];
  const [counts] =
    rules.length === 0 ? [] : await connection.rows(`SELECT ${countsOf(rules)} FROM ${rows} AS t`);
  const key = definition.primaryKey.map(quoteIdentifier);
  const shown =
    key.length === 0 ? "t" : `struct_pack(${key.map((name) => `${name} := t.${name}`).join(", ")})`;
  for (const [index, { code, message, condition }] of rules.entries()) {
    const count = counts === undefined ? 0 : numberCell(counts, `n${index}`);
    if (count === 0) continue;
    const found = await connection.rows(
      `SELECT to_json(${shown})::VARCHAR AS line FROM ${rows} AS t WHERE ${condition} LIMIT ${MAX_SHOWN}`,
    );
    violations.push({
      code,
      message,
      lines: linesOf(
        found.map((row) => textCell(row, "line")),
        count,
      ),
    });
  }
  for (const { name, columns } of uniqueKeys(definition, table)) {
    const list = columns.join(", ");
    const present = columns.map((column) => `${column} IS NOT NULL`).join(" AND ");
    const found = await connection.rows(
      `SELECT to_json(struct_pack(${columns.map((column, i) => `c${i} := ${column}`).join(", ")}))::VARCHAR AS line, count(*) OVER () AS total
       FROM ${rows} AS t WHERE ${present} GROUP BY ${list} HAVING count(*) > 1 LIMIT ${MAX_SHOWN}`,
    );
    const [first] = found;
    if (first === undefined) continue;
    const message = `duplicate key value violates unique constraint "${name}"`;
    const lines = linesOf(
      found.map((row) => textCell(row, "line")),
      numberCell(first, "total"),
    );
    violations.push({ code: SQLSTATE.uniqueViolation, message, lines });
  }
  return violations;
}

function countsOf(rules: readonly Rule[]): string {
  return rules.map(({ condition }, index) => `count(*) FILTER (${condition}) AS n${index}`).join(", ");
}

function linesOf(shown: readonly string[], count: number): readonly string[] {
  return count > shown.length ? [...shown, `and ${count - shown.length} more`] : shown;
}

function rowRules(definition: TableDefinition, table: string): readonly Rule[] {
  const names = new Map(constraintsOf(definition, table).map(({ element, name }) => [element, name]));
  return definition.elements.flatMap((element, index): readonly Rule[] => {
    const { column, tokens, text } = element;
    if (column?.generated === true) return [];
    if (column !== undefined)
      return wordAt(tokens, "not") === -1
        ? []
        : [
            {
              code: SQLSTATE.notNullViolation,
              message: `null value in column "${column.name}" of relation "${table}" violates not-null constraint`,
              condition: `t.${quoteIdentifier(column.name)} IS NULL`,
            },
          ];
    if (tokens[0]?.value !== "check" || readsGenerated(element, definition)) return [];
    const body = text.slice(text.indexOf("("), text.lastIndexOf(")") + 1);
    const message = `new row for relation "${table}" violates check constraint "${names.get(index) ?? "check"}"`;
    return [{ code: SQLSTATE.checkViolation, message, condition: `NOT ${body}` }];
  });
}

/** Such a check is left to DuckDB: the column is not among the stored ones. */
function readsGenerated({ tokens }: TableElement, { columns }: TableDefinition): boolean {
  const generated = new Set(columns.filter((own) => own.generated).map(({ name }) => name.toLowerCase()));
  return tokens.some(({ value }) => generated.has(value.toLowerCase()));
}

function uniqueKeys(
  definition: TableDefinition,
  table: string,
): readonly { readonly name: string; readonly columns: readonly string[] }[] {
  const constraints = constraintsOf(definition, table)
    .filter(({ type }) => type === "unique" || type === "primary")
    .map(({ name, columns }) => ({ name, columns: columns.map(quoteIdentifier) }));
  const indexes = definition.indexes
    .filter((sql) => /^CREATE UNIQUE/i.test(sql))
    .map((sql) => ({ name: indexName(sql), columns: indexParts(sql).map(({ text }) => text) }));
  return [...constraints, ...indexes];
}

/** Errors: 23502, 23514, 23505 with all that was found */
export function refuseViolations(found: readonly Violation[]): void {
  const [first] = found;
  if (first === undefined) return;
  throw new SqlError(first.code, first.message, {
    detail: found.flatMap(({ message, lines }) => lines.map((line) => `${message}: ${line}`)).join("\n"),
    hint: "The merged rows were compared with all constraints; nothing was merged.",
  });
}
