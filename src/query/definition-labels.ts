/**
 * Labels in what a table, an index or a domain is held to: they are given their enum's labels there, as DuckDB prints the type. DuckDB
 * would compare them as texts, in the order of the alphabet; a type's name would be looked up by whoever reads the definition.
 *
 *   CREATE TABLE t (m mood CHECK (m > 'sad'))        ⇒  … CHECK (m > CAST('sad' AS ENUM('sad', 'ok')))
 *   ALTER TABLE t ADD CHECK (m > 'sad'::mood)        ⇒  … CHECK (m > 'sad'::ENUM('sad', 'ok'))
 *   CREATE INDEX i ON t (id) WHERE m > 'sad'         ⇒  … WHERE m > CAST('sad' AS ENUM('sad', 'ok'))
 *   CREATE TABLE t (m mood DEFAULT 'sad'::mood)      ⇒  … DEFAULT 'sad'
 */
import { enumText, type CatalogEnum, type EnumCatalog } from "../catalog/enum-catalog.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, RelationalStatement, RelationalVerb, TextEdit } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName, quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import type { SessionCore } from "./session-core.js";
import { tableBehind } from "./table-behind.js";
import { isEdited } from "./uncast-literals.js";

const DEFINING: ReadonlySet<RelationalVerb> = new Set([
  "createTable",
  "alterTable",
  "createIndex",
  "createType",
]);

/** Whether the statement makes something that is held to a condition from then on. */
export function definesConditions({ verb }: RelationalStatement): boolean {
  return DEFINING.has(verb);
}

/** As it is where no label stands beside a comparison, and no enum is named in a cast. */
export async function withDeclaredLabels(
  core: SessionCore,
  statement: RelationalStatement,
  enums: EnumCatalog,
): Promise<RelationalStatement> {
  const { searchPath } = core.scope(core.transactions.current);
  const texts = [statement, ...(statement.parts ?? [])].map((one) => definedText(one, enums, searchPath));
  if (texts.every((one) => one.labels.length + one.casts.length + one.defaults.length === 0))
    return statement;
  const columns: Columns = new Map();
  // ADD COLUMN a mood CHECK (a > 'sad') is two parts, of which one tells the other's column.
  for (const text of texts) await addColumns(columns, core, text, enums);
  const [own = statement, ...parts] = texts.map((text) => withLabels(text, columns));
  return statement.parts === undefined ? own : { ...own, parts };
}

/** Enums by the names of columns. */
type Columns = Map<string, CatalogEnum>;

interface DefinedText {
  readonly statement: RelationalStatement;
  readonly tokens: readonly Token[];
  readonly typed: readonly TypeUse[];
  readonly labels: readonly Token[];
  readonly casts: readonly TypeUse[];
  readonly defaults: readonly TypeUse[];
}

function definedText(
  statement: RelationalStatement,
  enums: EnumCatalog,
  searchPath: readonly string[],
): DefinedText {
  const tokens = tokenise(statement.text);
  const typed = statement.names.flatMap((name): TypeUse[] => {
    const own = name.role === "type" ? enums.named(name.parts, searchPath) : undefined;
    const at = tokens.findIndex(({ start }) => start === name.start);
    return own === undefined || at < 0 ? [] : [{ name, own, at }];
  });
  const labels = comparedLabels(tokens, enums).filter((label) => !isEdited(statement, label));
  const casts = typed.filter(({ at }) => isLastingCast(tokens, at));
  const defaults = typed.filter((use) => isDefaultLabel(tokens, use));
  return { statement, tokens, typed, labels, casts, defaults };
}

function withLabels(
  { statement, tokens, labels, casts, defaults }: DefinedText,
  columns: Columns,
): RelationalStatement {
  const edits = [
    ...new Map(
      labels.flatMap((label) => labelEdits(tokens, label, columns)).map((edit) => [edit.start, edit]),
    ).values(),
    ...casts.map(({ name: { start, end }, own }) => ({ start, end, text: enumText(own.labels) })),
    ...defaults.map(({ name, at }) => ({
      start: tokens[at - 1]?.start ?? name.start,
      end: name.end,
      text: "",
    })),
  ];
  if (edits.length === 0) return statement;
  const written = new Set([...casts, ...defaults].map(({ name }) => name));
  const names = statement.names.filter((name) => !written.has(name));
  return { ...statement, names, edits: sortEdits([...statement.edits, ...edits]) };
}

interface TypeUse {
  readonly name: NameReference;
  readonly own: CatalogEnum;
  /** Index of its first token. */
  readonly at: number;
}

/** `x::mood`, `CAST(x AS mood)`; a default is told from the label alone. */
function isLastingCast(tokens: readonly Token[], at: number): boolean {
  if (isWord(tokens[at - 1], "as")) return true;
  return isSymbol(tokens[at - 1], "::") && !isWord(tokens[at - 3], "default");
}

/** `DEFAULT 'sad'::mood` is the label: with the type's name in it DuckDB would not let the type get other labels. Errors: 22P02 */
function isDefaultLabel(tokens: readonly Token[], { name, own, at }: TypeUse): boolean {
  const label = tokens[at - 2];
  const isCast = isSymbol(tokens[at - 1], "::") && isWord(tokens[at - 3], "default");
  if (!isCast || label?.kind !== "string") return false;
  const behind = tokens.find(({ start }) => start >= name.end);
  if (isSymbol(behind, "[") || isWord(behind, "array")) return false;
  if (own.labels.includes(label.value)) return true;
  throw new SqlError(
    SQLSTATE.invalidTextRepresentation,
    `invalid input value for enum ${own.typeName}: "${label.value}"`,
  );
}

/** The table's, those the statement declares, and what a domain calls VALUE. */
async function addColumns(
  columns: Columns,
  core: SessionCore,
  { statement, tokens, typed }: DefinedText,
  enums: EnumCatalog,
): Promise<void> {
  const target = statement.names.find(({ role }) => role === "alter");
  const table = target === undefined ? undefined : await tableBehind(core, target.parts);
  for (const { name, type } of table?.columns ?? []) {
    const own = enums.all.find(({ labels }) => enumText(labels) === type);
    if (own !== undefined) columns.set(normaliseName(name), own);
  }
  for (const { own, at } of typed) {
    const column = statement.domain === undefined ? tokens[at - 1] : undefined;
    if (statement.domain !== undefined) columns.set("value", own);
    else if (column !== undefined) columns.set(normaliseName(column.value), own);
  }
}

/** The label, and labels in the brackets it is compared with. */
function labelEdits(tokens: readonly Token[], label: Token, columns: Columns): readonly TextEdit[] {
  const at = tokens.indexOf(label);
  const beside = [at - 2, at + 2, at - 4].flatMap((place) => comparedTokens(tokens, place));
  const own = beside
    .map(({ value }) => columns.get(normaliseName(value)))
    .find((found) => found?.labels.includes(label.value));
  if (own === undefined) return [];
  const inside = beside.filter(
    (token) =>
      token.kind === "string" &&
      own.labels.includes(token.value) &&
      !isSymbol(tokens[tokens.indexOf(token) + 1], "::"),
  );
  return [label, ...inside].map(({ start, end, value }) => {
    return { start, end, text: `CAST(${quoteLiteral(value)} AS ${enumText(own.labels)})` };
  });
}

/** Functions that give what they are given. */
const HANDS_ON: ReadonlySet<string> = new Set(["coalesce", "nullif", "greatest", "least"]);

/** The column that ends or begins at the place; what is in the brackets that end there. */
function comparedTokens(tokens: readonly Token[], place: number): readonly Token[] {
  const token = tokens[place];
  if (token === undefined || token.kind === "string") return [];
  // `'sad' < e.m`: the column is behind the point.
  if (isSymbol(tokens[place + 1], ".")) return tokens.slice(place + 2, place + 3);
  if (!isSymbol(token, ")")) return [token];
  let open = place;
  for (let depth = 0; open >= 0; open -= 1) {
    if (isSymbol(tokens[open], ")")) depth += 1;
    else if (isSymbol(tokens[open], "(") && --depth === 0) break;
  }
  const before = tokens[open - 1];
  const isCall = before?.kind === "word" && !CONDITIONS.has(before.value) && !HANDS_ON.has(before.value);
  return isCall ? [] : tokens.slice(open + 1, place);
}

/** Words in front of brackets that call nothing. */
const CONDITIONS: ReadonlySet<string> = new Set(["check", "and", "or", "not", "where", "when"]);

const ORDERS: ReadonlySet<string> = new Set(["<", ">", "<=", ">="]);

/** Those whose place among others matters. */
export function comparedLabels(tokens: readonly Token[], enums: EnumCatalog): readonly Token[] {
  return tokens.filter((token, at) => {
    const [before, behind] = [tokens[at - 1], tokens[at + 1]];
    if (token.kind !== "string" || !enums.hasLabel(token.value) || behind?.value === "::") return false;
    const isBetween =
      before?.value === "between" || (before?.value === "and" && tokens[at - 3]?.value === "between");
    return isBetween || ORDERS.has(before?.value ?? "") || ORDERS.has(behind?.value ?? "");
  });
}
