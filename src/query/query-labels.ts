/**
 * Labels in the text of a definition, which is read again whenever it is used: they are given their enum's name there. DuckDB would
 * compare them as texts, in the order of the alphabet.
 *
 *   CREATE VIEW v AS SELECT * FROM t WHERE mood > 'sad'  ⇒  … WHERE mood > 'sad'::mood
 *   CREATE TABLE t (mood mood CHECK (mood > 'sad'))      ⇒  … CHECK (mood > CAST('sad' AS ENUM('sad', 'ok')))
 */
import { enumText, type CatalogEnum, type EnumCatalog } from "../catalog/enum-catalog.js";
import { isEnum } from "../pgtypes/enum-types.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { clientSchema, formatName, normaliseName, quoteLiteral } from "../sql/names.js";
import { applyEdits, sortEdits } from "../sql/splice.js";
import { withoutPadding } from "./padded-values.js";
import type { SessionCore } from "./session-core.js";
import { sliceStatement } from "./slice-statement.js";
import { isEdited, typesWanted } from "./uncast-literals.js";

/** Values that are not what DuckDB would take them for beside what they are compared with: labels, and what fills up a char(n). */
export async function withReadValues(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  return await withoutPadding(core, await withNamedLabels(core, statement));
}

/** As it is where no label stands beside a comparison. */
async function withNamedLabels(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  const { verb, text } = statement;
  if (!text.includes("'") || (verb !== "createView" && verb !== "createTableAs" && verb !== "createTable"))
    return statement;
  await core.types.refresh();
  const { enums } = await core.types.all();
  if (enums.isEmpty) return statement;
  if (verb === "createTable") return withDeclaredLabels(core, statement, enums);
  const edits = await queriedLabels(core, statement, enums);
  if (edits.length === 0) return statement;
  const [named] = await core.services.analyse(applyEdits(text, edits));
  return named?.kind === "relational" ? named : statement;
}

/** DuckDB is asked what each stands beside. */
async function queriedLabels(
  core: SessionCore,
  statement: RelationalStatement,
  enums: EnumCatalog,
): Promise<readonly TextEdit[]> {
  const { query } = statement;
  if (query === undefined) return [];
  const slice: RelationalStatement = { ...sliceStatement(statement, query), verb: "select" };
  const labels = comparedLabels(tokenise(slice.text), enums);
  if (labels.length === 0) return [];
  const types = await typesWanted(core, slice, labels);
  return labels.flatMap(({ end }, index): TextEdit[] => {
    const type = types[index];
    const own = isEnum(type) ? enums.byLabels(type.values) : undefined;
    if (own === undefined) return [];
    const { searchPath } = core.scope(core.transactions.current);
    const { schema, typeName } = own;
    const isFound = enums.named([typeName], searchPath) === own;
    const name = formatName(isFound ? [typeName] : [clientSchema(schema), typeName]);
    return [{ start: query.start + end, end: query.start + end, text: `::${name}` }];
  });
}

const ORDERS: ReadonlySet<string> = new Set(["<", ">", "<=", ">="]);

/** Those whose place among others matters. */
function comparedLabels(tokens: readonly Token[], enums: EnumCatalog): readonly Token[] {
  return tokens.filter((token, at) => {
    const [before, behind] = [tokens[at - 1], tokens[at + 1]];
    if (token.kind !== "string" || !enums.hasLabel(token.value) || behind?.value === "::") return false;
    const isBetween =
      before?.value === "between" || (before?.value === "and" && tokens[at - 3]?.value === "between");
    return isBetween || ORDERS.has(before?.value ?? "") || ORDERS.has(behind?.value ?? "");
  });
}

/** In a CHECK the column is named beside the label; its type stands behind it where it is declared. DuckDB keeps the labels with it. */
function withDeclaredLabels(
  core: SessionCore,
  statement: RelationalStatement,
  enums: EnumCatalog,
): RelationalStatement {
  const tokens = tokenise(statement.text);
  const { searchPath } = core.scope(core.transactions.current);
  const columns = new Map<string, CatalogEnum>();
  for (const { role, parts, start } of statement.names) {
    const own = role === "type" ? enums.named(parts, searchPath) : undefined;
    const column = tokens[tokens.findIndex((token) => token.start === start) - 1];
    if (own !== undefined && column !== undefined) columns.set(normaliseName(column.value), own);
  }
  const edits = comparedLabels(tokens, enums).flatMap((label): TextEdit[] => {
    const at = tokens.indexOf(label);
    const own = [at - 2, at + 2, at - 4]
      .map((place) => columns.get(normaliseName(tokens[place]?.value ?? "")))
      .find((found) => found !== undefined);
    if (own === undefined || isEdited(statement, label)) return [];
    const { start, end, value } = label;
    return [{ start, end, text: `CAST(${quoteLiteral(value)} AS ${enumText(own.labels)})` }];
  });
  return edits.length === 0 ? statement : { ...statement, edits: sortEdits([...statement.edits, ...edits]) };
}
