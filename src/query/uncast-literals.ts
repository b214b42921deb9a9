/**
 * String literals without a cast that stand where bytes or arrays are wanted: INSERT INTO t VALUES ('\x00ff', '{a,b}').
 * PostgreSQL reads them as bytea and as an array. DuckDB takes the first for a text whose bytes are written \xHH, and
 * stores other bytes without a word; it writes lists as [a, b], and refuses the second. What is wanted where, DuckDB is
 * asked: with a parameter in the literal's place it tells the parameter's type.
 *
 * An enum and a literal are compared as texts by DuckDB, in the order of the alphabet; PostgreSQL reads the literal as the
 * enum. Databases without enums pay nothing for it.
 */
import { arrayDelimiter } from "../core/keyed-types.js";
import { MAIN } from "../branch/model.js";
import type { TypeCatalog } from "./type-catalog.js";
import { notSupported, SqlError } from "../core/errors.js";
import { requireJson } from "../core/json-text.js";
import type { Connection } from "../engine/connection.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { isEnum, requireLabel } from "../pgtypes/enum-types.js";
import { keyedTypeOf } from "../pgtypes/keyed/registry.js";
import { inferParameterOid } from "../pgtypes/parameters.js";
import { parseNumeric, requireKept } from "../pgtypes/parse-numbers.js";
import { parseValue } from "../pgtypes/parse-value.js";
import { isComposite } from "../pgtypes/user-types.js";
import { parseArrayLiteral, type ArrayItem } from "../pgtypes/parse-array.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { intervalText } from "../sql/dialect/interval-literals.js";
import { byteaLiteral } from "../sql/dialect/bytea-literals.js";
import { characterPosition, tokenise, type Token } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import { comparedDocument } from "./compared-documents.js";
import { withPrepared } from "./deferred-columns.js";
import { withDescribedTargets } from "./describe-targets.js";
import { withFunctions } from "./branch-functions.js";
import { withDomains } from "./domains.js";
import { keyedLiteral, withKeyedLiterals } from "./keyed-literals.js";
import { isBareNumeric } from "./start-statement.js";
import { resolveStatement, type WriteTargets } from "./resolve.js";
import type { SessionCore } from "./session-core.js";
import { literalText, withUserCasts } from "./user-casts.js";

/** Two bytes or more: of one byte PostgreSQL and DuckDB make the same. */
const HEX = /^\\x\s*[0-9a-f]{2}\s*(?:[0-9a-f]{2}\s*)+$/i;
const NO_BYTES = "\\x";
/** PostgreSQL's arrays, and JSON, which DuckDB tells apart by the type that is wanted. */
const ARRAY = /^\s*(?:\[[\d:+-]+\]\s*)*=?\s*\{.*\}\s*$/s;
/** `1.5`, `1e3`, `0x10`: DuckDB rounds or converts them to a whole number. */
const NO_INTEGER = /^\s*[-+]?(?:\d+\.\d*|\.\d+|\d+e[-+]?\d+|0x[0-9a-f]+)\s*$/i;
const BEFORE_CHRIST = /\d.*\sBC\s*(?:[-+][\d:]+\s*)?$/i;
/** Second 60, more decimals of a second than six, a zone behind a blank or behind minutes, an offset without colon. */
const CLOCK =
  /:60|(?:^|[\sT])\d\d?:\d\d(?:[-+]\d|z\s*$)|:\d\d(?:\.\d{7,}|(?:\.\d+)?(?:\s+(?:[-+]\d|z\s*$)|[-+]\d{3,}\s*$))/i;
/** A plus sign (as PostgreSQL writes days behind months below zero), ISO's form, and its own with an @. */
const SPAN = /^[+-]?P[\dT]|^@\s|(?:^|\s)\+(?:\d+ (?:year|mon|day|hour|min|sec)|\d+:\d)/i;
const MAYBE_MISREAD =
  /'(?:[+-]?P[\dT]|@\s|[^']*\+\d+(?::\d| [a-z]))|'\s*[-+]?(?:\d*\.\d*|\d+e[-+]?\d+|0x[0-9a-f]+)\s*'|\sBC\s*(?:[-+][\d:]+)?'|:60|['\sT]\d\d?:\d\d(?:[-+]|z)|:\d\d(?:\.\d{7,}|(?:\.\d+)?(?:\s+(?:[-+]|z)|[-+]\d{3,}))/i;
const MAYBE = /\\x\s*(?:'|[0-9a-f]{2}\s*[0-9a-f]{2})|'[\s\d:=+[\]-]*\{/i;
/** Ranges, shapes, and what only an address looks like: no times of day. */
const KEYED = new RegExp(
  `^\\s*(?:${[
    String.raw`empty|[[(].*,.*[\])]|<.*,.*>`,
    String.raw`\d+(?:\.\d+){3}(?:/\d+)?|\d+(?:\.\d+){0,2}/\d+`,
    String.raw`[\da-f:]*::[\da-f:.]*(?:/\d+)?|[\da-f]+(?::[\da-f]+){3,}[\d.]*(?:/\d+)?`,
    String.raw`[\da-f]{2}(?:-[\da-f]{2}){5,7}`,
  ].join("|")})\\s*$`,
  "i",
);
const MAYBE_KEYED =
  /'\s*(?:empty\s*'|[[(<]|\d[\d.]*(?:\.\d+){3}|[\d.]+\/\d|[\da-f:]*::|[\da-f]+:[\da-f]+:[\da-f]+:|[\da-f]{2}-[\da-f]{2}-)/i;
/** More decimals than a numeric without a scale keeps. */
const DECIMALS = /^\s*[-+]?\d*\.\d{10,}\s*$/;
const MAYBE_DECIMALS = /\.\d{10,}/;
const STORING: ReadonlySet<string> = new Set(["insert", "update", "merge"]);
const VERBS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "merge"]);
/** Literals asked for one by one, when DuckDB can tell nothing about all of them together. */
const MAX_SINGLE_PROBES = 32;

/**
 * The statement with such literals in DuckDB's form.
 *
 * Errors  0A000 for a literal in an INSERT of which DuckDB cannot tell what it is
 */
export async function withUncastLiterals(
  core: SessionCore,
  given: RelationalStatement,
): Promise<RelationalStatement> {
  const written = await withFunctions(core, await withDomains(core, given));
  const timeZone = core.settings.get("TimeZone");
  const keyed = withKeyedLiterals(written, { timeZone });
  const { text, verb } = keyed;
  const storesDecimals = STORING.has(verb) && MAYBE_DECIMALS.test(text);
  const hasTypes = keyed.names.some(({ role }) => role === "type");
  if (!VERBS.has(verb) || (!text.includes("'") && !storesDecimals && !hasTypes)) return keyed;
  await core.types.refresh();
  const types = await core.types.all();
  const { searchPath } = core.scope(core.transactions.current);
  const statement = withUserCasts({ statement: keyed, types, searchPath, timeZone });
  const mayBeOther =
    storesDecimals || [MAYBE, MAYBE_MISREAD, MAYBE_KEYED].some((pattern) => pattern.test(statement.text));
  if (!mayBeOther && types.isEmpty) return statement;
  if (!statement.certain && core.head !== MAIN) return statement;
  const known = knownOf(core);
  const before = known?.get(statement);
  if (before !== undefined) return before;
  const read = await readLiterals(core, statement, types);
  known?.set(statement, read);
  return read;
}

/** What a session found out about statements, and what all of it depends on. */
interface Known {
  readonly moment: string;
  readonly statements: WeakMap<RelationalStatement, RelationalStatement>;
}

const KNOWN = new WeakMap<SessionCore, Known>();

/** Undefined while the session sees definitions that nobody counts: its own, and temporary tables. */
function knownOf(core: SessionCore): Known["statements"] | undefined {
  const { definitions, head, searchPath } = core;
  if (definitions < 0 || core.scope(core.transactions.current).temporary.size > 0) return undefined;
  const moment = JSON.stringify([definitions, head, searchPath, core.settings.get("TimeZone")]);
  let known = KNOWN.get(core);
  if (known?.moment !== moment) {
    known = { moment, statements: new WeakMap() };
    KNOWN.set(core, known);
  }
  return known.statements;
}

async function readLiterals(
  core: SessionCore,
  statement: RelationalStatement,
  known: TypeCatalog,
): Promise<RelationalStatement> {
  const tokens = tokenise(statement.text);
  const literals = tokens
    .map(withSign)
    .filter(
      (token, at) =>
        (isManyDecimals(statement, token) ||
          (token.kind === "string" &&
            (isCandidate(token.value) || (!known.isEmpty && mayBeOwn(statement, tokens, at, known))))) &&
        !isEdited(statement, token),
    );
  if (literals.length === 0) return statement;
  const types = await core.types.identifyTypes(await wantedTypes(core, statement, literals));
  const edits = literals.flatMap((literal, index): TextEdit[] => {
    const type = types[index];
    if (type === undefined && statement.verb === "insert" && HEX.test(literal.value))
      throw unknownLiteral(literal);
    const { start, end, value } = literal;
    if (isBareNumeric(type) && DECIMALS.test(value)) requireKept(parseNumeric(value));
    if (literal.kind === "number") return [];
    const timeZone = core.settings.get("TimeZone");
    const isDocument = type?.alias === "JSON";
    const compared = isDocument
      ? placed(statement, literal, () => comparedDocument(statement, tokens, literal))
      : undefined;
    if (compared !== undefined) return [...compared];
    const text = type && placed(statement, literal, () => ownForm(value, type, timeZone));
    return text === undefined ? [] : [{ start, end, text }];
  });
  return edited(statement, edits);
}

function ownForm(value: string, type: EngineType, timeZone: string): string | undefined {
  return literalOf(value, type, timeZone) ?? readMisread(value, type, timeZone);
}

/** What is wrong with a literal is told with its position. */
function placed<T>({ text }: RelationalStatement, { start }: Token, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SqlError) || error.position !== undefined) throw error;
    throw error.with({ position: characterPosition(text, start) });
  }
}

/** What is wrong with a literal that DuckDB did not take for a label; undefined where it cannot be found out any more. */
export async function labelError(
  core: SessionCore,
  statement: RelationalStatement,
  label: string,
): Promise<SqlError | undefined> {
  const literals = tokenise(statement.text).filter(
    (token) => token.kind === "string" && token.value === label,
  );
  // The session's own transaction has failed.
  using connection = await core.services.context.registry.database.connect("data");
  const types = await core.types.identifyTypes(await probe(core, connection, statement, literals));
  try {
    for (const type of types) if (isEnum(type)) requireLabel(type, label);
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  return undefined;
}

/** `-1.5` as one: DuckDB tells nothing of the type behind a sign. */
function withSign(token: Token, at: number, tokens: readonly Token[]): Token {
  const [sign, before] = [tokens[at - 1], tokens[at - 2]];
  const isSign = sign?.value === "-" && SIGNED.has(before?.value ?? "");
  if (token.kind !== "number" || sign === undefined || !isSign) return token;
  return { ...token, start: sign.start, value: `-${token.value}` };
}

const SIGNED: ReadonlySet<string> = new Set(["(", ",", "="]);

/** A number, or a text of one, that a numeric without a scale could not keep. */
function isManyDecimals({ verb }: RelationalStatement, { kind, value }: Token): boolean {
  return STORING.has(verb) && (kind === "number" || kind === "string") && DECIMALS.test(value);
}

/** Hexadecimal digits, or none, which DuckDB would read otherwise. */
function isHex(value: string): boolean {
  return HEX.test(value) || value === NO_BYTES;
}

function isCandidate(value: string): boolean {
  return isHex(value) || ARRAY.test(value) || isMisread(value) || KEYED.test(value);
}

/** Behind these words a literal has its type already, and no parameter could stand there. */
const TYPE_WORDS =
  /^(?:date|time|timestamp|timestamptz|timetz|zone|interval|bool|boolean|numeric|text|bytea|json|jsonb|uuid)$/;

/** A label or a record, or what is compared with something or cast to a type of the user, and would have to be one. */
function mayBeOwn(
  statement: RelationalStatement,
  tokens: readonly Token[],
  at: number,
  { enums, composites }: TypeCatalog,
): boolean {
  const [before, behind] = [tokens[at - 1], tokens[at + 1]];
  const value = tokens[at]?.value ?? "";
  if (before?.kind === "word" && TYPE_WORDS.test(before.value)) return false;
  if (enums.hasLabel(value) || (!composites.isEmpty && RECORD.test(value))) return true;
  if (behind?.value === "::" || (behind?.kind === "word" && behind.value === "as"))
    return statement.names.some(({ role, start }) => role === "type" && start === tokens[at + 2]?.start);
  if (enums.isEmpty) return false;
  return COMPARISONS.has(before?.value ?? "") || COMPARISONS.has(behind?.value ?? "");
}

const RECORD = /^\s*\(/;
const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

/** DuckDB makes something of it where PostgreSQL refuses it for a whole number, or reads another moment, or none. */
function isMisread(value: string): boolean {
  return NO_INTEGER.test(value) || BEFORE_CHRIST.test(value) || CLOCK.test(value) || SPAN.test(value);
}

const INTEGERS: ReadonlySet<EngineTypeId> = new Set([
  EngineTypeId.TINYINT,
  EngineTypeId.SMALLINT,
  EngineTypeId.INTEGER,
  EngineTypeId.BIGINT,
]);
const MOMENTS: ReadonlySet<EngineTypeId> = new Set([
  EngineTypeId.DATE,
  EngineTypeId.TIME,
  EngineTypeId.TIME_TZ,
  EngineTypeId.TIMESTAMP,
  EngineTypeId.TIMESTAMP_TZ,
]);

/** Of what is too large DuckDB makes an infinity. */
const FLOATS: ReadonlySet<EngineTypeId> = new Set([EngineTypeId.FLOAT, EngineTypeId.DOUBLE]);

/** As a parameter of the same text would be read. Throws PostgreSQL's error for what is none. */
function readMisread(value: string, type: EngineType, timeZone: string): string | undefined {
  if (type.typeId === EngineTypeId.INTERVAL)
    return SPAN.test(value) ? `CAST(${quoteLiteral(intervalText(value))} AS INTERVAL)` : undefined;
  const isFloat = FLOATS.has(type.typeId);
  if (!isMisread(value) || !(isFloat || INTEGERS.has(type.typeId) || MOMENTS.has(type.typeId)))
    return undefined;
  const read = parseValue(value, inferParameterOid(type), type, { timeZone });
  if (isFloat) return undefined;
  return `CAST(${quoteLiteral(String(read.value))} AS ${type.toString()})`;
}

/** The literal in DuckDB's form for the type that is wanted; undefined where it may stay. */
function literalOf(value: string, type: EngineType, timeZone: string): string | undefined {
  const keyed = keyedTypeOf(type);
  if (keyed !== undefined) return keyedLiteral(keyed, value, { timeZone });
  if (type.typeId === EngineTypeId.BLOB && isHex(value)) return byteaLiteral(value);
  if (isEnum(type)) return `CAST(${quoteLiteral(requireLabel(type, value))} AS ${type.toString()})`;
  if (isComposite(type)) return literalText(value, type, timeZone);
  if (type.alias === "JSON") requireJson(value);
  if (elementType(type) === undefined || !ARRAY.test(value)) return undefined;
  const leaf = leafType(type);
  const keyedLeaf = keyedTypeOf(leaf);
  const write = (text: string): string => {
    if (keyedLeaf !== undefined) return keyedLiteral(keyedLeaf, text, { timeZone });
    if (leaf.typeId === EngineTypeId.BLOB) return byteaLiteral(text);
    if (isComposite(leaf)) return literalText(text, leaf, timeZone);
    return quoteLiteral(isEnum(leaf) ? requireLabel(leaf, text) : text);
  };
  const items = parseArrayLiteral(value, arrayDelimiter(keyedLeaf?.name));
  // DuckDB would keep the inner lists as texts.
  if (depthOf(items) > dimensions(type))
    throw notSupported("an array of more dimensions than its column was made with is not supported");
  return `CAST(${listOf(items, write)} AS ${type.toString()})`;
}

function depthOf(item: ArrayItem): number {
  return item === null || typeof item === "string" ? 0 : 1 + Math.max(0, ...item.map(depthOf));
}

function dimensions(type: EngineType): number {
  const element = elementType(type);
  return element === undefined ? 0 : 1 + dimensions(element);
}

function leafType(type: EngineType): EngineType {
  const element = elementType(type);
  return element === undefined ? type : leafType(element);
}

function elementType(type: EngineType): EngineType | undefined {
  return type.typeId === EngineTypeId.LIST || type.typeId === EngineTypeId.ARRAY ? type.valueType : undefined;
}

function listOf(item: ArrayItem, write: (text: string) => string): string {
  if (item === null) return "NULL";
  if (typeof item === "string") return write(item);
  return `[${item.map((inner) => listOf(inner, write)).join(", ")}]`;
}

/** Something else is written in the token's place before DuckDB sees it. */
export function isEdited(statement: RelationalStatement, token: Token): boolean {
  return statement.edits.some((edit) => edit.start < token.end && token.start < edit.end);
}

function edited(statement: RelationalStatement, edits: readonly TextEdit[]): RelationalStatement {
  return edits.length === 0 ? statement : { ...statement, edits: sortEdits([...statement.edits, ...edits]) };
}

/** The type ids wanted in the literals' places; undefined where DuckDB leaves it open. */
async function wantedTypes(
  core: SessionCore,
  statement: RelationalStatement,
  literals: readonly Token[],
): Promise<readonly (EngineType | undefined)[]> {
  const together = await probe(core, core.connection, statement, literals);
  if (together.every((type) => type !== undefined)) return together;
  const types: (EngineType | undefined)[] = [];
  for (const literal of literals.slice(0, MAX_SINGLE_PROBES)) {
    const [type] = await probe(core, core.connection, statement, [literal]);
    types.push(type);
  }
  return types;
}

/** The types DuckDB wants in the literals' places, as far as it tells of all of them together. */
export async function typesWanted(
  core: SessionCore,
  statement: RelationalStatement,
  literals: readonly Token[],
): Promise<readonly (EngineType | undefined)[]> {
  return await probe(core, core.connection, statement, literals);
}

async function probe(
  core: SessionCore,
  connection: Connection,
  statement: RelationalStatement,
  literals: readonly Token[],
): Promise<readonly (EngineType | undefined)[]> {
  const first = statement.parameterCount;
  const asParameters = edited(
    statement,
    literals.map(({ start, end }, index) => ({ start, end, text: `$${first + index + 1}` })),
  );
  const scope = core.scope(core.transactions.current);
  const prepare = async (targets: WriteTargets): Promise<readonly (EngineType | undefined)[]> => {
    const sql = await resolveStatement(core.resolveServices, scope, asParameters, targets);
    try {
      return await withPrepared(connection, sql, ({ parameterTypes }) => parameterTypes.slice(first));
    } catch (error) {
      // A statement that is wrong says so when it runs.
      if (error instanceof SqlError) return literals.map(() => undefined);
      throw error;
    }
  };
  return await withDescribedTargets(core, scope, statement, prepare, connection);
}

function unknownLiteral({ value }: Token): SqlError {
  return notSupported(
    `it could not be determined whether the literal '${value.slice(0, 20)}' is bytea or text`,
    "write the literal with a cast, ::bytea or ::text",
  );
}
