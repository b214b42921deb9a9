/**
 * Foreign keys in a statement's text, and in a table's definition. DuckDB's own cannot leave a schema, refuse changes of rows that
 * refer to nothing any more, and have no actions: so a foreign key stands in the definition as a check that is always true, where
 * it goes with the table through forks, preserved copies and merges, and is held by query/reference-guard.ts (decision 0053).
 *
 * Shape   CHECK ((typeof("pid") <> '') AND ('foreign key {"name":"t_pid_fkey","columns":["pid"],…}' IS NOT NULL))
 *         Older files say length('foreign key …') > 0
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Token } from "./lexer.js";
import { quoteIdentifier, quoteLiteral } from "./names.js";
import type { References } from "./references.js";
import { closingBracket, isName, isSymbol, isWord, nameAt, splitAtCommas } from "./token-reader.js";

/** As pg_constraint has them: no action, restrict, cascade, set null, set default. */
export type ReferenceAction = "a" | "r" | "c" | "n" | "d";

/** What a foreign key says beside its tables. */
interface ReferenceRules {
  readonly onDelete: ReferenceAction;
  readonly onUpdate: ReferenceAction;
  /** MATCH FULL: all columns are NULL, or none. */
  readonly full: boolean;
  readonly deferrable: "not" | "immediate" | "deferred";
}

/** A foreign key as a definition keeps it. */
export interface KeptForeignKey extends ReferenceRules {
  readonly name: string;
  readonly columns: readonly string[];
  /** DuckDB's name of the schema. */
  readonly schema: string;
  readonly table: string;
  readonly target: readonly string[];
}

/** A foreign key as a statement writes it. */
export interface ForeignKeyClause extends ReferenceRules {
  readonly name: string | undefined;
  readonly columns: readonly string[];
  readonly parent: readonly string[];
  /** Empty: the primary key. */
  readonly target: readonly string[];
  /** All of it, from CONSTRAINT on. */
  readonly start: number;
  readonly end: number;
  /** It stands behind its column. */
  readonly inColumn: boolean;
}

const MARK = /\('foreign key (\{(?:[^']|'')*\})'(?:\)| IS NOT NULL)/;
const ACTIONS: ReadonlySet<unknown> = new Set(["a", "r", "c", "n", "d"]);

/** The check that keeps a foreign key. */
export function foreignKeyCheck(key: KeptForeignKey): string {
  const mentions = key.columns.map((column) => `(typeof(${quoteIdentifier(column)}) <> '')`);
  const { name, columns, schema, table, target, onDelete, onUpdate, full, deferrable } = key;
  const kept = JSON.stringify({
    name,
    columns,
    schema,
    table,
    target,
    onDelete,
    onUpdate,
    full,
    deferrable,
  });
  return `CHECK (${[...mentions, `(${quoteLiteral(`foreign key ${kept}`)} IS NOT NULL)`].join(" AND ")})`;
}

/** The foreign key in a definition's check; undefined for any other text. */
export function readForeignKeyCheck(text: string): KeptForeignKey | undefined {
  const match = MARK.exec(text);
  if (match === null) return undefined;
  const value: unknown = JSON.parse((match[1] ?? "").replaceAll("''", "'"));
  if (isKept(value)) return value;
  throw new SqlError(SQLSTATE.internalError, "a foreign key in a table's definition could not be read", {
    detail: text,
  });
}

function isKept(value: unknown): value is KeptForeignKey {
  if (typeof value !== "object" || value === null || !("columns" in value) || !("target" in value))
    return false;
  const lists = [value.columns, value.target];
  return (
    lists.every((list) => Array.isArray(list) && list.every((item) => typeof item === "string")) &&
    "name" in value &&
    "onDelete" in value &&
    ACTIONS.has(value.onDelete)
  );
}

/** The foreign keys of CREATE TABLE. Each is an edit that changes nothing, for the planner to give it its text. */
export function readForeignKeys({ tokens, text, edits }: References): readonly ForeignKeyClause[] {
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const close = closingBracket(tokens, open);
  if (open < 0 || close === undefined) return [];
  const found = splitAtCommas(tokens, open + 1, close).flatMap(([from, to]) =>
    clausesOf(tokens, text, from, to),
  );
  edits.push(...found.map(({ start, end }) => ({ start, end, text: text.slice(start, end) })));
  return found;
}

/** The foreign key of ADD [CONSTRAINT name] FOREIGN KEY …; undefined for another constraint. */
export function addedForeignKey(tokens: readonly Token[], text: string): ForeignKeyClause | undefined {
  const from = tokens.findIndex(
    (token, index) => isWord(token, "constraint") || (isWord(token, "foreign") && index > 0),
  );
  return from < 0 ? undefined : clausesOf(tokens, text, from, tokens.length)[0];
}

/** Of one element: a column, or a constraint. */
function clausesOf(
  tokens: readonly Token[],
  text: string,
  from: number,
  to: number,
): readonly ForeignKeyClause[] {
  const found: ForeignKeyClause[] = [];
  let depth = 0;
  for (let index = from; index < to; index++) {
    const token = tokens[index];
    if (token?.kind === "symbol")
      depth += "([{".includes(token.value) ? 1 : ")]}".includes(token.value) ? -1 : 0;
    if (depth === 0 && isWord(token, "references")) found.push(clauseAt(tokens, text, from, index));
  }
  return found;
}

function clauseAt(
  tokens: readonly Token[],
  text: string,
  element: number,
  references: number,
): ForeignKeyClause {
  const isNamed = isWord(tokens[element], "constraint");
  const word = isNamed ? element + 2 : element;
  const inColumn = !isWord(tokens[word], "foreign");
  const nameAtIndex = inColumn && isWord(tokens[references - 2], "constraint") ? references - 1 : undefined;
  const first = inColumn ? (nameAtIndex === undefined ? references : references - 2) : element;
  const name = inColumn
    ? nameAtIndex === undefined
      ? undefined
      : tokens[nameAtIndex]?.value
    : isNamed
      ? tokens[element + 1]?.value
      : undefined;
  const columns = inColumn ? [tokens[element]?.value ?? ""] : namesIn(tokens, word + 2);
  const parent = nameAt(tokens, references + 1);
  if (parent === undefined) throw notSupported("this form of foreign key is not supported");
  const hasTarget = isSymbol(tokens[parent.next], "(");
  const target = hasTarget ? namesIn(tokens, parent.next) : [];
  const behind = hasTarget ? (closingBracket(tokens, parent.next) ?? parent.next) + 1 : parent.next;
  const { rules, end } = readRules(tokens, behind);
  return {
    ...rules,
    name,
    columns,
    parent: parent.parts,
    target,
    inColumn,
    start: tokens[first]?.start ?? 0,
    end: tokens[end - 1]?.end ?? text.length,
  };
}

/** The names in the parentheses that open here. */
function namesIn(tokens: readonly Token[], open: number): readonly string[] {
  const close = closingBracket(tokens, open) ?? open;
  return tokens
    .slice(open + 1, close)
    .filter(isName)
    .map(({ value }) => value);
}

const ACTION_WORDS: readonly (readonly [words: readonly string[], action: ReferenceAction])[] = [
  [["no", "action"], "a"],
  [["restrict"], "r"],
  [["cascade"], "c"],
  [["set", "null"], "n"],
  [["set", "default"], "d"],
];

/** MATCH, ON, DEFERRABLE, INITIALLY; `end` is behind the last of them. Errors: 0A000 for MATCH PARTIAL and lists of columns */
function readRules(
  tokens: readonly Token[],
  from: number,
): { readonly rules: ReferenceRules; readonly end: number } {
  let [onDelete, onUpdate, full]: [ReferenceAction, ReferenceAction, boolean] = ["a", "a", false];
  let deferrable: ReferenceRules["deferrable"] = "not";
  let at = from;
  const accept = (...words: readonly string[]): boolean => {
    const is = words.every((word, ahead) => isWord(tokens[at + ahead], word));
    if (is) at += words.length;
    return is;
  };
  const action = (): ReferenceAction => {
    const found = ACTION_WORDS.find(([words]) => accept(...words));
    if (isSymbol(tokens[at], "("))
      throw notSupported("SET NULL and SET DEFAULT of some of a foreign key's columns are not supported");
    return found?.[1] ?? "a";
  };
  for (;;) {
    if (accept("match", "full")) full = true;
    else if (accept("match", "partial")) throw notSupported("MATCH PARTIAL not yet implemented");
    else if (accept("on", "delete")) onDelete = action();
    else if (accept("on", "update")) onUpdate = action();
    else if (accept("not", "deferrable")) deferrable = "not";
    else if (accept("deferrable")) deferrable = deferrable === "deferred" ? "deferred" : "immediate";
    else if (accept("initially", "deferred")) deferrable = "deferred";
    else if (!accept("match", "simple") && !accept("initially", "immediate") && !accept("not", "valid"))
      break;
  }
  return { rules: { onDelete, onUpdate, full, deferrable }, end: at };
}

/** The columns that CREATE TABLE's text declares. */
export function declaredColumns(tokens: readonly Token[]): readonly string[] {
  return elementsOf(tokens).flatMap(([first]) => {
    const isColumn =
      first?.kind === "quoted" || (first?.kind === "word" && !CONSTRAINT_WORDS.has(first.value));
    return isColumn ? [first.value] : [];
  });
}

const CONSTRAINT_WORDS: ReadonlySet<string> = new Set([
  "constraint",
  "primary",
  "unique",
  "check",
  "foreign",
  "like",
  "exclude",
]);

/** The primary key that CREATE TABLE's text declares; empty without one. */
export function declaredPrimaryKey(tokens: readonly Token[]): readonly string[] {
  for (const element of elementsOf(tokens)) {
    const at = element.findIndex(
      (token, index) => isWord(token, "primary") && isWord(element[index + 1], "key"),
    );
    if (at === -1) continue;
    const isConstraint = at === 0 || (at === 2 && isWord(element[0], "constraint"));
    return isConstraint ? namesIn(element, at + 2) : [element[0]?.value ?? ""];
  }
  return [];
}

function elementsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const close = closingBracket(tokens, open);
  if (open < 0 || close === undefined) return [];
  return splitAtCommas(tokens, open + 1, close).map(([from, to]) => tokens.slice(from, to));
}
