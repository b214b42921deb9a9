/**
 * Labels in the text of a definition, which is read again whenever it is used: they are given their enum's name there. DuckDB would
 * compare them as texts, in the order of the alphabet.
 *
 *   CREATE VIEW v AS SELECT * FROM t WHERE mood > 'sad'  ⇒  … WHERE mood > 'sad'::mood
 */
import type { EnumCatalog } from "../catalog/enum-catalog.js";
import { isEnum } from "../pgtypes/enum-types.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { clientSchema, formatName } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import { comparedLabels, definesConditions, withDeclaredLabels } from "./definition-labels.js";
import { withoutPadding } from "./padded-values.js";
import type { SessionCore } from "./session-core.js";
import { sliceStatement } from "./slice-statement.js";
import { typesWanted } from "./uncast-literals.js";

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
  const isDefining = definesConditions(statement);
  if (!text.includes("'") || (verb !== "createView" && verb !== "createTableAs" && !isDefining))
    return statement;
  await core.types.refresh();
  const { enums } = await core.types.all();
  if (enums.isEmpty) return statement;
  if (isDefining) return await withDeclaredLabels(core, statement, enums);
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
