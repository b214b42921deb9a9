/**
 * Statements that name domains, rewritten for what a domain is over, with its checks. What cannot be held to them is refused;
 * what is missed here fails at DuckDB, which knows a domain as an ENUM of one label.
 *
 *   x::d                  ⇒  list_transform([CAST(x AS INTEGER)], lambda v: CASE WHEN … THEN error(…) ELSE v END)[1]
 *   CREATE TABLE t (a d)  ⇒  CREATE TABLE t (a INTEGER, CHECK (("a" > 0) AND …))
 */
import { MAIN } from "../branch/model.js";
import type { CatalogDomain, DomainDefinition } from "../catalog/domain-catalog.js";
import { domainTest } from "../core/domain-checks.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { raisedText } from "../engine/failure.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { operandStart } from "../sql/dialect/operand-start.js";
import { DOMAIN_VALUE } from "../sql/domain-definitions.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { heldTypeCheck, writtenTypeOf, type HeldType } from "../sql/held-types.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { applyEdits, sortEdits } from "../sql/splice.js";
import { closingBracket, isSymbol, isWord } from "../sql/token-reader.js";
import type { SessionCore } from "./session-core.js";
import { castOpening } from "./user-casts.js";

interface NamedDomain {
  readonly name: NameReference;
  readonly domain: CatalogDomain;
}

/** The statement without domains. Errors: 0A000 for places where a domain's checks could not be held. */
export async function withDomains(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  const parts = statement.parts ?? [];
  const isNamed = [statement, ...parts].some(({ names }) => names.some(({ role }) => role === "type"));
  // CREATE DOMAIN itself looks at what it is over when it is planned.
  if (!isNamed || statement.domain !== undefined) return statement;
  await core.types.refresh();
  const { domains } = await core.types.all();
  if (domains.isEmpty) return statement;
  const { searchPath } = core.scope(core.transactions.current);
  const namedIn = ({ names }: RelationalStatement): NamedDomain[] =>
    names.flatMap((name): NamedDomain[] => {
      const domain = name.role === "type" ? domains.named(name.parts, searchPath) : undefined;
      return domain === undefined ? [] : [{ name, domain }];
    });
  const rewrite = async (one: RelationalStatement): Promise<readonly RelationalStatement[]> => {
    const named = namedIn(one);
    if (named.length === 0) return [one];
    const checks = addedChecks(one, named);
    const added = await Promise.all(checks.map(async (text) => await readPart(core, one, text)));
    return [rewritten(one, named, core.head === MAIN), ...added];
  };
  // What is known of a statement is known by the object: one that stays as it is stays the same.
  if (!parts.some((part) => namedIn(part).length > 0)) {
    const [only = statement, ...more] = await rewrite(statement);
    return more.length === 0 ? only : { ...statement, names: [], edits: [], parts: [only, ...more] };
  }
  return { ...statement, parts: (await Promise.all(parts.map(rewrite))).flat() };
}

/** `ADD COLUMN c d`: the domain, and what adds its checks behind the column, as DuckDB adds one with a default only. */
function addedChecks(
  { text, names, alteration }: RelationalStatement,
  [named]: readonly NamedDomain[],
): readonly string[] {
  const table = names.find(({ role }) => role === "alter");
  if (alteration?.kind !== "addColumn" || table === undefined || named === undefined) return [];
  const checks = columnChecks(alteration.column, named.domain, ({ source }, value) => saidOf(source, value));
  return checks.map((check) => `${text.slice(0, table.end)} ADD ${check}`);
}

async function readPart(
  core: SessionCore,
  { alteration }: RelationalStatement,
  text: string,
): Promise<RelationalStatement> {
  const [part] = await core.services.analyse(text);
  if (part?.kind !== "relational") throw notSupported("this column of a domain is not supported");
  const isOptional = alteration?.kind === "addColumn" && alteration.ifNotExists;
  return isOptional ? { ...part, ifAdded: alteration.column } : part;
}

/** A check as it was written, of a column. */
function saidOf(source: string, column: string): string {
  const edits = tokenise(source).flatMap((token): TextEdit[] =>
    isWord(token, "value") ? [{ start: token.start, end: token.end, text: column }] : [],
  );
  return applyEdits(source, edits);
}

function rewritten(
  statement: RelationalStatement,
  named: readonly NamedDomain[],
  onMain: boolean,
): RelationalStatement {
  const tokens = tokenise(statement.text);
  const edits = named.flatMap((one): TextEdit[] => {
    const place = placeOf(statement, tokens, one.name, onMain);
    if (isFree(one.domain.definition) && place !== "column") return [typeEdit(one)];
    switch (place) {
      case "cast":
        return castEdits(tokens, one);
      case "column":
        return columnEdits(statement, tokens, one);
      case "other":
        throw notSupported(`a domain with constraints cannot be used in ${statement.tag} here`);
      default:
        return place satisfies never;
    }
  });
  const names = statement.names.filter((name) => !named.some((one) => one.name === name));
  return { ...statement, names, edits: sortEdits([...edits, ...statement.edits]) };
}

/** It allows what DuckDB's type allows. */
function isFree(definition: DomainDefinition): boolean {
  const { checks, notNull, default: byDefault } = definition;
  return checks.length === 0 && notNull === null && byDefault === null && limitOf(definition) === undefined;
}

/** Of a domain over varchar(n) or char(n). */
function limitOf({ type }: DomainDefinition): HeldType | undefined {
  const held = writtenTypeOf(type);
  return held?.kind === "text" ? held : undefined;
}

function typeEdit({ name, domain }: NamedDomain): TextEdit {
  return { start: name.start, end: name.end, text: domain.definition.type };
}

const CASTING: ReadonlySet<string> = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "merge",
  "explain",
  "createTableAs",
]);

/** A view of a branch is kept as it was written: nothing would check what it casts. */
function placeOf(
  { verb, alteration }: RelationalStatement,
  tokens: readonly Token[],
  name: NameReference,
  onMain: boolean,
): "cast" | "column" | "other" {
  const at = tokens.findIndex(({ start }) => start === name.start);
  const behind = tokens.find(({ start }) => start >= name.end);
  if (isSymbol(behind, "[") || isWord(behind, "array")) return "other";
  const isCast = isSymbol(tokens[at - 1], "::") || isWord(tokens[at - 1], "as");
  if (isCast) return CASTING.has(verb) || (verb === "createView" && onMain) ? "cast" : "other";
  const isAdded =
    alteration?.kind === "addColumn" &&
    normaliseName(tokens[at - 1]?.value ?? "") === normaliseName(alteration.column);
  return verb === "createTable" || isAdded ? "column" : "other";
}

function castEdits(tokens: readonly Token[], { name, domain }: NamedDomain): TextEdit[] {
  const at = tokens.findIndex(({ start }) => start === name.start);
  const { definition } = domain;
  const [before, behind] = aroundCast(domain);
  const opening = `list_transform([${before}CAST(`;
  const checked = `AS ${definition.type})${behind}], lambda ${DOMAIN_VALUE}: ${checkedValue(domain)})[1]`;
  const sign = tokens[at - 1];
  if (sign !== undefined && isSymbol(sign, "::")) {
    const isNull = isWord(tokens[at - 2], "null");
    const first = tokens[(isNull ? at - 2 : operandStart(tokens, at - 2)) ?? -1];
    if (first === undefined)
      throw notSupported("this cast to a domain is not supported", "write CAST(value AS domain)");
    return [
      { start: first.start, end: first.start, text: opening },
      { start: sign.start, end: name.end, text: ` ${checked}` },
    ];
  }
  const open = castOpening(tokens, at - 1);
  const [word, bracket, close] = [
    tokens[(open ?? 0) - 1],
    tokens[open ?? -1],
    tokens[closingBracket(tokens, open ?? -1) ?? -1],
  ];
  if (
    sign === undefined ||
    word === undefined ||
    bracket === undefined ||
    close === undefined ||
    isWord(word, "try_cast")
  )
    throw notSupported("this cast to a domain is not supported", "write CAST(value AS domain)");
  return [
    { start: word.start, end: bracket.end, text: opening },
    { start: sign.start, end: close.end, text: checked },
  ];
}

/** A cast cuts a text off, which DuckDB does not do. */
function aroundCast({ definition }: CatalogDomain): readonly [before: string, behind: string] {
  const limit = limitOf(definition);
  if (limit?.kind !== "text") return ["", ""];
  // A result of it would have to be filled up with blanks.
  if (limit.name === "bpchar") throw notSupported("casts to a domain over char(n) are not supported");
  return ["left(", `, ${limit.length})`];
}

/** NULL satisfies a check that is not true of it. */
function checkedValue({ name, definition }: CatalogDomain): string {
  const failing = [
    ...(definition.notNull === null ? [] : [[`${DOMAIN_VALUE} IS NULL`, nullRefused(name)] as const]),
    ...definition.checks.map((check) => [`(${check.check}) IS FALSE`, violation(name, check.name)] as const),
  ];
  const whens = failing.map(([test, error]) => `WHEN ${test} THEN error(${quoteLiteral(raisedText(error))})`);
  return whens.length === 0 ? DOMAIN_VALUE : `CASE ${whens.join(" ")} ELSE ${DOMAIN_VALUE} END`;
}

function nullRefused(domain: string): SqlError {
  return new SqlError(SQLSTATE.notNullViolation, `domain ${domain} does not allow null values`);
}

function violation(domain: string, constraint: string): SqlError {
  return new SqlError(
    SQLSTATE.checkViolation,
    `value for domain ${domain} violates check constraint "${constraint}"`,
  );
}

function columnEdits(
  statement: RelationalStatement,
  tokens: readonly Token[],
  named: NamedDomain,
): TextEdit[] {
  const { name, domain } = named;
  const at = tokens.findIndex(({ start }) => start === name.start);
  const behind = tokens.findIndex(({ start }) => start >= name.end);
  const column = tokens[at - 1];
  const { definition } = domain;
  const isAdded = statement.verb === "alterTable";
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const close = tokens[closingBracket(tokens, open) ?? -1];
  if (column === undefined || (close === undefined && !isAdded))
    throw notSupported("this column of a domain is not supported");
  const checks = columnChecks(column.value, domain, ({ check }, value) =>
    check.replaceAll(DOMAIN_VALUE, value),
  );
  const hasDefault = definition.default === null || saysDefault(tokens, behind);
  const text = hasDefault ? definition.type : `${definition.type} DEFAULT (${definition.default})`;
  const typed = { start: name.start, end: name.end, text };
  if (close === undefined || isAdded) return [typed];
  return [typed, { start: close.start, end: close.start, text: checks.map((one) => `, ${one}`).join("") }];
}

/** What holds a column to its domain, and says that it has it. */
function columnChecks(
  column: string,
  domain: CatalogDomain,
  textOf: (check: DomainDefinition["checks"][number], value: string) => string,
): readonly string[] {
  const { definition } = domain;
  const value = quoteIdentifier(column);
  const test = (constraint: string | null): string => domainTest({ domain: domain.name, constraint });
  const limit = limitOf(definition);
  // Without it nobody would know the column's type.
  const isUnmarked = definition.checks.length === 0 && definition.notNull === null;
  return [
    ...(limit === undefined ? [] : [heldTypeCheck(column, limit)]),
    ...(isUnmarked ? [`CHECK ((${value} IS NULL) OR (${test(null)}))`] : []),
    ...(definition.notNull === null ? [] : [`CHECK ((${value} IS NOT NULL) AND (${test(null)}))`]),
    ...definition.checks.map((check) => `CHECK ((${textOf(check, value)}) AND (${test(check.name)}))`),
  ];
}

/** A column's own DEFAULT, or another way to get a value, before the next column. */
function saysDefault(tokens: readonly Token[], from: number): boolean {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (isSymbol(token, "(")) depth++;
    else if (isSymbol(token, ")")) depth--;
    if (depth < 0 || (depth === 0 && isSymbol(token, ","))) return false;
    if (depth === 0 && (isWord(token, "default") || isWord(token, "generated"))) return true;
  }
  return false;
}
