/**
 * Statements that DuckDB takes only one step at a time: each becomes the texts of several statements, cut from the
 * client's own, that are read and run one after the other in one transaction.
 *
 *   ALTER TABLE t ADD COLUMN n int NOT NULL UNIQUE, DROP COLUMN a
 *     ⇒  ALTER TABLE t ADD COLUMN n int; ALTER TABLE t ALTER COLUMN "n" SET NOT NULL; ALTER TABLE t ADD UNIQUE ("n"); …
 */
import { flagField, listField, locationOf, nodeField, textField, unwrapAs, type AstNode } from "./ast.js";
import { quoteIdentifier } from "./names.js";
import type { ParsedTree } from "./pg-parser.js";
import type { References } from "./references.js";
import { assignedValue, heldTypeCheck, heldTypeOf, type HeldType } from "./held-types.js";
import { columnName, isSerialType } from "./sequence-columns.js";
import { isSymbol, isWord, nameAt, sliceTokens, splitAtCommas } from "./token-reader.js";
import { stringList } from "./ast.js";
import { isAttribute, isKey } from "./tree-refusals.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** One statement that stands for part of another. */
export interface Part {
  readonly text: string;
  /** Runs only if an earlier part really added this column. */
  readonly ifAdded?: string;
}

/** The parts of a statement; undefined when it runs as it is. */
export function partsOf(tree: ParsedTree, references: References): readonly Part[] | undefined {
  switch (tree.type) {
    case "AlterTableStmt":
      return alterParts(tree.node, references);
    case "SelectStmt":
      return selectsInto(tree.node) ? selectIntoParts(references) : undefined;
    default:
      return undefined;
  }
}

function alterParts(node: AstNode, references: References): readonly Part[] | undefined {
  const { tokens, text } = references;
  const start = behindTarget(references);
  const ranges = splitAtCommas(tokens, start, tokens.length);
  const actions = listField(node, "cmds").map((item) => unwrapAs(item, "AlterTableCmd") ?? item);
  const prefix = text.slice(0, tokens[start]?.start ?? 0);
  if (actions.length !== ranges.length) return undefined;
  const parts = actions.flatMap((action, index): readonly Part[] => {
    const [from, to] = ranges[index] ?? [start, tokens.length];
    const whole = { text: prefix + sliceTokens(text, tokens, from, to) };
    if (textField(action, "subtype") !== "AT_AddColumn") return [whole];
    return addColumnParts(action, references, prefix, from, to) ?? [whole];
  });
  return parts.length === 1 ? undefined : parts;
}

/** The index of the token behind ALTER kind [IF EXISTS] [ONLY] name [*]. */
function behindTarget({ tokens }: References): number {
  let index = 2;
  if (isWord(tokens[index], "if")) index += 2;
  if (isWord(tokens[index], "only")) index += 1;
  const next = nameAt(tokens, index)?.next ?? index;
  return isSymbol(tokens[next], "*") ? next + 1 : next;
}

/** DuckDB adds a column with a default only: its constraints follow. Undefined for a column without any. */
function addColumnParts(
  action: AstNode,
  references: References,
  prefix: string,
  from: number,
  to: number,
): readonly Part[] | undefined {
  const column = unwrapAs(action["def"], "ColumnDef") ?? {};
  const offsets = new Utf8Offsets(references.text);
  const { tokens, text } = references;
  const constraints = listField(column, "constraints").map((item) => {
    const node = unwrapAs(item, "Constraint") ?? item;
    return { node, index: references.tokenIndexAt(offsets.toUtf16(locationOf(node))) ?? to };
  });
  const isSerial = isSerialType(stringList(nodeField(column, "typeName") ?? {}, "names").at(-1) ?? "");
  const nameIndex = references.tokenIndexAt(offsets.toUtf16(locationOf(column))) ?? from;
  const name = tokens[nameIndex];
  const limit = heldTypeOf(column);
  if (name === undefined || (constraints.length === 0 && !isSerial && limit === undefined)) return undefined;
  const quoted = quoteIdentifier(name.value);
  const kept: string[] = [sliceTokens(text, tokens, from, constraints[0]?.index ?? to)];
  const others: string[] = [];
  let notNull = isSerial;
  let before = "";
  for (const [at, { node, index }] of constraints.entries()) {
    const end = constraints[at + 1]?.index ?? to;
    const written = sliceTokens(text, tokens, index, end);
    const type = textField(node, "contype");
    if (isAttribute(type) && before === "CONSTR_FOREIGN" && others.length > 0) {
      others.push(`${others.pop() ?? ""} ${written}`);
      continue;
    }
    // A unique key is held at each statement, whatever is said of it.
    if (isAttribute(type) && isKey(before)) continue;
    if (!isAttribute(type)) before = type;
    if (type === "CONSTR_NOTNULL") notNull = true;
    else if (type === "CONSTR_IDENTITY") {
      notNull = true;
      kept.push(written);
    } else if (type === "CONSTR_DEFAULT" && limit !== undefined) kept.push(assignedDefault(written, limit));
    else if (COLUMN_CLAUSES.has(type)) kept.push(written);
    else if (type !== "CONSTR_NULL") others.push(...tableConstraint(type, written, quoted));
  }
  const texts = [
    ...(notNull ? [`ALTER COLUMN ${quoted} SET NOT NULL`] : []),
    ...others.map((constraint) => `ADD ${constraint}`),
    ...(limit === undefined ? [] : [`ADD ${heldTypeCheck(columnName(column, references, offsets), limit)}`]),
  ];
  if (texts.length === 0) return undefined;
  const ifAdded = flagField(action, "missing_ok") ? { ifAdded: name.value } : {};
  return [
    { text: prefix + kept.join(" ") },
    ...texts.map((constraint) => ({ text: prefix + constraint, ...ifAdded })),
  ];
}

/** `DEFAULT now()` of a column whose values are rounded. */
function assignedDefault(written: string, type: HeldType): string {
  const value = assignedValue(written.replace(/^default\s+/i, ""), type);
  return value === undefined ? written : `DEFAULT ${value}`;
}

/** What stays in the column's own clause; attributes of a constraint stay where they are, to be refused there. */
const COLUMN_CLAUSES = new Set([
  "CONSTR_DEFAULT",
  "CONSTR_GENERATED",
  "CONSTR_ATTR_DEFERRABLE",
  "CONSTR_ATTR_DEFERRED",
  "CONSTR_ATTR_NOT_DEFERRABLE",
  "CONSTR_ATTR_IMMEDIATE",
]);

/** `UNIQUE` of column a ⇒ `UNIQUE ("a")`; the name in front stays. */
function tableConstraint(type: string, written: string, column: string): string[] {
  switch (type) {
    case "CONSTR_UNIQUE":
    case "CONSTR_PRIMARY":
      return [`${written} (${column})`];
    case "CONSTR_FOREIGN":
      return [
        written.replace(
          /^(constraint\s+(?:"(?:[^"]|"")*"|\S+)\s+)?/i,
          `$1FOREIGN KEY (${column.replaceAll("$", "$$$$")}) `,
        ),
      ];
    default:
      return [written];
  }
}

/** The first SELECT of a UNION has the clause. */
function selectsInto(node: AstNode): boolean {
  const first = nodeField(node, "larg");
  return nodeField(node, "intoClause") !== undefined || (first !== undefined && selectsInto(first));
}

/** SELECT a INTO [TEMP] [TABLE] t FROM u  ⇒  CREATE [TEMP] TABLE t AS SELECT a FROM u */
function selectIntoParts({ text, tokens }: References): readonly Part[] | undefined {
  let depth = 0;
  const into = tokens.findIndex((token) => {
    if (isSymbol(token, "(")) depth += 1;
    else if (isSymbol(token, ")")) depth -= 1;
    return depth === 0 && isWord(token, "into");
  });
  let index = into + 1;
  const modifiers: string[] = [];
  for (let token = tokens[index]; token !== undefined; token = tokens[index]) {
    if (!["temporary", "temp", "local", "global", "unlogged", "table"].some((word) => isWord(token, word)))
      break;
    if (isWord(token, "temp") || isWord(token, "temporary")) modifiers.push("TEMP ");
    index += 1;
  }
  const name = nameAt(tokens, index);
  const [before, behind] = [tokens[into - 1], tokens[name?.next ?? tokens.length]];
  if (into < 1 || name === undefined || before === undefined) return undefined;
  const target = text.slice(name.start, name.end);
  const rest = behind === undefined ? "" : ` ${text.slice(behind.start)}`;
  return [{ text: `CREATE ${modifiers.join("")}TABLE ${target} AS ${text.slice(0, before.end)}${rest}` }];
}
