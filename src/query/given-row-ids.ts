/** Row ids in statements that write on a branch. */
import { MAIN } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported } from "../core/errors.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import { resolveName, type NameScope } from "./relation-names.js";

/**
 * Refuses rowids given by value: one read before the branch had its own image of the table would be another row's now.
 * Rowids that the statement reads itself are those of the image it writes, and a column of that name is a column.
 *
 * Errors  0A000
 */
export async function refuseGivenRowIds(
  scope: NameScope,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<void> {
  if (scope.head === MAIN || !/rowid/i.test(statement.text) || !givesRowIds(statement.text)) return;
  if (await areColumns(scope, transaction, statement)) return;
  throw notSupported(
    "rowid cannot be given by value in a statement that writes on a branch",
    "name the row by its values",
  );
}

function givesRowIds(text: string): boolean {
  const tokens = tokenise(text);
  return tokens.some((token, at) => {
    if ((token.kind !== "word" && token.kind !== "quoted") || normaliseName(token.value) !== "rowid")
      return false;
    const [next, second, third] = tokens.slice(at + 1, at + 4);
    const compared = next?.kind === "operator" || next?.value === "between";
    const listed = next?.value === "in" && second?.value === "(" && isValue(third);
    const before = tokens[at - 1]?.kind === "operator" && isValue(tokens[at - 2]);
    return before || listed || (compared && isValue(second));
  });
}

const VALUE_KINDS: ReadonlySet<Token["kind"]> = new Set(["number", "parameter", "string"]);

function isValue(token: Token | undefined): boolean {
  return token !== undefined && VALUE_KINDS.has(token.kind);
}

/** Every relation of the statement is a table with a column of its own called rowid. */
async function areColumns(
  scope: NameScope,
  transaction: Transaction,
  { names }: RelationalStatement,
): Promise<boolean> {
  for (const { role, parts } of names) {
    if (role !== "read" && role !== "write") continue;
    const meaning = resolveName(scope, parts);
    if (meaning.kind !== "relation" || meaning.version.kind !== "table") return false;
    const { columns } = await transaction.definitionOf(meaning.version);
    if (!columns.some(({ name }) => normaliseName(name) === "rowid")) return false;
  }
  return true;
}
