/** Which rows of a merged table its constraints do not allow: all are told before anything is published. */
import { SQLSTATE, SqlError, type SqlState } from "../core/errors.js";
import { numberCell, textCell, type Connection } from "../engine/connection.js";
import { readHeldType } from "../sql/held-types.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { partialKey } from "../sql/partial-unique.js";
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

/** `rows` is a relation with the table's stored columns; `changed` those of them to be looked at, where the others are known to be right. */
export async function violationsOf(
  connection: Connection,
  rows: string,
  definition: TableDefinition,
  table: string,
  changed?: string,
): Promise<readonly Violation[]> {
  const violations = await brokenRules(connection, changed ?? rows, definition, table);
  for (const { name, columns, isPrimary } of uniqueKeys(definition, table)) {
    // Changed rows are told apart by it.
    if (changed !== undefined && isPrimary) continue;
    const keys = columns.map((column, i) => `${column} AS c${i}`).join(", ");
    const aliases = columns.map((_, i) => `k.c${i}`);
    const present = aliases.map((alias) => `${alias} IS NOT NULL`).join(" AND ");
    const same = aliases.map((alias) => `${alias} = x.${alias.slice(2)}`).join(" AND ");
    const among =
      changed === undefined ? "" : `SEMI JOIN (SELECT ${keys} FROM ${changed} AS t) AS x ON ${same}`;
    const line = columns.map((column, i) => `${quoteLiteral(plainName(column))}, k.c${i}`).join(", ");
    const found = await connection.rows(
      `SELECT json_object(${line})::VARCHAR AS line, count(*) OVER () AS total
       FROM (SELECT ${keys} FROM ${rows} AS t) AS k ${among} WHERE ${present}
       GROUP BY ${aliases.join(", ")} HAVING count(*) > 1 LIMIT ${MAX_SHOWN}`,
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

/** NOT NULL, checks and lengths. */
async function brokenRules(
  connection: Connection,
  rows: string,
  definition: TableDefinition,
  table: string,
): Promise<Violation[]> {
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
      `SELECT system.main.to_json(${shown})::VARCHAR AS line FROM ${rows} AS t WHERE ${condition} LIMIT ${MAX_SHOWN}`,
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
  return violations;
}

function countsOf(rules: readonly Rule[]): string {
  return rules.map(({ condition }, index) => `count(*) FILTER (${condition}) AS n${index}`).join(", ");
}

/** Without the quotes of a name, or the parentheses around the expression of an index. */
function plainName(text: string): string {
  const partial = partialKey(text);
  if (partial !== undefined) return plainName(partial);
  if (text.startsWith("(") && text.endsWith(")")) return text.slice(1, -1);
  return /^"(?:[^"]|"")*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
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
    if (readHeldType(text)?.kind === "text") {
      const type = /\('type ([^']+)'/.exec(text)?.[1] ?? "text";
      return [
        {
          code: SQLSTATE.stringDataRightTruncation,
          message: `value too long for type ${type}`,
          condition: `NOT ${body}`,
        },
      ];
    }
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
): readonly { readonly name: string; readonly columns: readonly string[]; readonly isPrimary: boolean }[] {
  const constraints = constraintsOf(definition, table)
    .filter(({ type }) => type === "unique" || type === "primary")
    .map(({ name, columns, type }) => ({
      name,
      columns: columns.map(quoteIdentifier),
      isPrimary: type === "primary",
    }));
  const indexes = definition.indexes
    .filter((sql) => /^CREATE UNIQUE/i.test(sql))
    .map((sql) => ({
      name: indexName(sql),
      columns: indexParts(sql).map(({ text }) => text),
      isPrimary: false,
    }));
  return [...constraints, ...indexes];
}

/** Each with its rows. */
export function violationLines(found: readonly Violation[]): string {
  return found.flatMap(({ message, lines }) => lines.map((line) => `${message}: ${line}`)).join("\n");
}

/** Errors: 23502, 23503, 23505, 23514, 22001 with all that was found */
export function refuseViolations(found: readonly Violation[]): void {
  const [first] = found;
  if (first === undefined) return;
  throw new SqlError(first.code, first.message, {
    detail: violationLines(found),
    hint: "The merged rows were compared with all constraints; nothing was merged.",
  });
}
