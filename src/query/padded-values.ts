/**
 * What is compared with a char(n). Its values are kept here without the blanks that fill them up, and clients send them back as they got
 * them: filled up. To PostgreSQL these blanks mean nothing.
 *
 *   WHERE code = 'ab   '  ⇒  WHERE code = 'ab'         WHERE code = $1  ⇒  WHERE code = rtrim($1)
 */
import { readHeldType } from "../sql/held-types.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName, quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import { mentionedColumns } from "../branch/constraint-names.js";
import type { HeadId } from "../branch/model.js";
import type { TableDefinition } from "../branch/table-definition.js";
import type { SessionCore } from "./session-core.js";
import { tableBehind } from "./table-behind.js";
import { isEdited } from "./uncast-literals.js";

/** Ends in a blank, or is a parameter. */
const MAYBE = / '|\$\d/;
const COMPARED: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "merge"]);

interface Found {
  readonly definitions: number;
  readonly head: HeadId;
  readonly searchPath: string;
  readonly made: RelationalStatement;
}

/** The same object as long as no definition changes: what others know of it is found again. */
const FOUND = new WeakMap<RelationalStatement, Found>();

export async function withoutPadding(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (!COMPARED.has(statement.verb) || !MAYBE.test(statement.text)) return statement;
  const { definitions, head } = core;
  const searchPath = core.searchPath.join("\0");
  const before = FOUND.get(statement);
  const isKnown =
    definitions >= 0 &&
    before?.definitions === definitions &&
    before.head === head &&
    before.searchPath === searchPath;
  if (isKnown) return before.made;
  const values = comparedValues(tokenise(statement.text));
  const made = values.length === 0 ? statement : await trimmed(core, statement, values);
  FOUND.set(statement, { definitions, head, searchPath, made });
  return made;
}

interface ComparedValue {
  readonly value: Token;
  readonly column: string;
  readonly qualifier: string | undefined;
}

async function trimmed(
  core: SessionCore,
  statement: RelationalStatement,
  values: readonly ComparedValue[],
): Promise<RelationalStatement> {
  const tables: { readonly name: NameReference; readonly definition: TableDefinition }[] = [];
  for (const name of statement.names) {
    if (name.role !== "read" && name.role !== "write") continue;
    const definition = await tableBehind(core, name.parts);
    if (definition !== undefined) tables.push({ name, definition });
  }
  const edits = values.flatMap(({ value, column, qualifier }): TextEdit[] => {
    const owners = tables.filter(
      ({ name, definition }) =>
        (qualifier === undefined || isSame(name.alias ?? name.parts.at(-1) ?? "", qualifier)) &&
        definition.columns.some((own) => isSame(own.name, column)),
    );
    const isPadded =
      owners.length > 0 && owners.every(({ definition }) => isPaddedColumn(definition, column));
    if (!isPadded || isEdited(statement, value)) return [];
    const { start, end } = value;
    if (value.kind === "parameter")
      return [{ start, end, text: `rtrim(CAST($${value.value} AS VARCHAR), ' ')` }];
    const text = quoteLiteral(value.value.replace(/ +$/, ""));
    return [{ start, end, text }];
  });
  return edits.length === 0 ? statement : { ...statement, edits: sortEdits([...statement.edits, ...edits]) };
}

function isSame(one: string, other: string): boolean {
  return normaliseName(one) === normaliseName(other);
}

function isPaddedColumn(definition: TableDefinition, column: string): boolean {
  return definition.elements.some((element) => {
    const held = element.column === undefined ? readHeldType(element.text) : undefined;
    return (
      held?.name === "bpchar" &&
      held.kind === "text" &&
      mentionedColumns(element.tokens, definition).some((name) => isSame(name, column))
    );
  });
}

const OPERATORS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

/** Literals that end in a blank and parameters, beside a comparison with a name, or in the list behind its IN. */
function comparedValues(tokens: readonly Token[]): readonly ComparedValue[] {
  return tokens.flatMap((value, at): readonly ComparedValue[] => {
    const isValue = value.kind === "parameter" || (value.kind === "string" && value.value.endsWith(" "));
    if (!isValue || isSymbol(tokens[at + 1], "::") || isSymbol(tokens[at - 1], "::")) return [];
    const left = OPERATORS.has(tokens[at - 1]?.value ?? "") ? at - 2 : listOwner(tokens, at);
    if (left !== undefined) return named(value, tokens, left, -1);
    return OPERATORS.has(tokens[at + 1]?.value ?? "") ? named(value, tokens, at + 2, 1) : [];
  });
}

/** `code IN ('a ', $1)`: the index of the name. */
function listOwner(tokens: readonly Token[], at: number): number | undefined {
  let open = at - 1;
  while (isSymbol(tokens[open], ",") && ["string", "parameter"].includes(tokens[open - 1]?.kind ?? ""))
    open -= 2;
  if (!isSymbol(tokens[open], "(") || !isWord(tokens[open - 1], "in")) return undefined;
  return open - (isWord(tokens[open - 2], "not") ? 3 : 2);
}

function isName(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

/** `t.code`: from its last part on, or from its first. */
function named(
  value: Token,
  tokens: readonly Token[],
  at: number,
  direction: 1 | -1,
): readonly ComparedValue[] {
  const [first, dot, second] = [tokens[at], tokens[at + direction], tokens[at + 2 * direction]];
  if (first === undefined || !isName(first)) return [];
  if (!isSymbol(dot, ".")) return [{ value, column: first.value, qualifier: undefined }];
  if (second === undefined || !isName(second)) return [];
  const [column, qualifier] = direction === -1 ? [first, second] : [second, first];
  return [{ value, column: column.value, qualifier: qualifier.value }];
}
