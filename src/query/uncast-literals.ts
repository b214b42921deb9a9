/**
 * String literals without a cast that stand where bytes or arrays are wanted: INSERT INTO t VALUES ('\x00ff', '{a,b}').
 * PostgreSQL reads them as bytea and as an array. DuckDB takes the first for a text whose bytes are written \xHH, and
 * stores other bytes without a word; it writes lists as [a, b], and refuses the second. What is wanted where, DuckDB is
 * asked: with a parameter in the literal's place it tells the parameter's type.
 */
import { MAIN } from "../branch/model.js";
import { notSupported, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { inferParameterOid } from "../pgtypes/parameters.js";
import { parseValue } from "../pgtypes/parse-value.js";
import { parseArrayLiteral, type ArrayItem } from "../pgtypes/parse-array.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { byteaLiteral } from "../sql/dialect/bytea-literals.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import { describeTargets } from "./describe.js";
import { resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";

/** Two bytes or more: of one byte PostgreSQL and DuckDB make the same. */
const HEX = /^\\x\s*[0-9a-f]{2}\s*(?:[0-9a-f]{2}\s*)+$/i;
/** PostgreSQL's arrays, and JSON, which DuckDB tells apart by the type that is wanted. */
const ARRAY = /^\s*(?:\[[\d:+-]+\]\s*)*=?\s*\{.*\}\s*$/s;
/** `1.5`, `1e3`, `0x10`: DuckDB rounds or converts them to a whole number. */
const NO_INTEGER = /^\s*[-+]?(?:\d+\.\d*|\.\d+|\d+e[-+]?\d+|0x[0-9a-f]+)\s*$/i;
const BEFORE_CHRIST = /\d.*\sBC\s*$/i;
const MAYBE_MISREAD = /'\s*[-+]?(?:\d*\.\d*|\d+e[-+]?\d+|0x[0-9a-f]+)\s*'|\sBC\s*'/i;
const MAYBE = /\\x\s*[0-9a-f]{2}\s*[0-9a-f]{2}|'[\s\d:=+[\]-]*\{/i;
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
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (!VERBS.has(statement.verb) || (!MAYBE.test(statement.text) && !MAYBE_MISREAD.test(statement.text)))
    return statement;
  if (!statement.certain && core.head !== MAIN) return statement;
  const literals = tokenise(statement.text).filter(
    (token) => token.kind === "string" && isCandidate(token.value) && !isEdited(statement, token),
  );
  if (literals.length === 0) return statement;
  const types = await wantedTypes(core, statement, literals);
  const edits = literals.flatMap((literal, index): TextEdit[] => {
    const type = types[index];
    if (type === undefined && statement.verb === "insert" && HEX.test(literal.value))
      throw unknownLiteral(literal);
    const { start, end, value } = literal;
    const timeZone = core.settings.get("TimeZone");
    const text =
      type === undefined ? undefined : (literalOf(value, type) ?? readMisread(value, type, timeZone));
    return text === undefined ? [] : [{ start, end, text }];
  });
  return edited(statement, edits);
}

function isCandidate(value: string): boolean {
  return HEX.test(value) || ARRAY.test(value) || isMisread(value);
}

/** DuckDB makes something of it where PostgreSQL refuses it for a whole number, or reads another date. */
function isMisread(value: string): boolean {
  return NO_INTEGER.test(value) || BEFORE_CHRIST.test(value);
}

const INTEGERS: ReadonlySet<EngineTypeId> = new Set([
  EngineTypeId.TINYINT,
  EngineTypeId.SMALLINT,
  EngineTypeId.INTEGER,
  EngineTypeId.BIGINT,
]);
const MOMENTS: ReadonlySet<EngineTypeId> = new Set([
  EngineTypeId.DATE,
  EngineTypeId.TIMESTAMP,
  EngineTypeId.TIMESTAMP_TZ,
]);

/** As a parameter of the same text would be read. Throws PostgreSQL's error for what is none. */
function readMisread(value: string, type: EngineType, timeZone: string): string | undefined {
  if (!isMisread(value) || !(INTEGERS.has(type.typeId) || MOMENTS.has(type.typeId))) return undefined;
  const read = parseValue(value, inferParameterOid(type), type, { timeZone });
  return `CAST(${quoteLiteral(String(read.value))} AS ${type.toString()})`;
}

/** The literal in DuckDB's form for the type that is wanted; undefined where it may stay. */
function literalOf(value: string, type: EngineType): string | undefined {
  if (type.typeId === EngineTypeId.BLOB && HEX.test(value)) return byteaLiteral(value);
  if (elementType(type) === undefined || !ARRAY.test(value)) return undefined;
  const write = leafType(type).typeId === EngineTypeId.BLOB ? byteaLiteral : quoteLiteral;
  return `CAST(${listOf(parseArrayLiteral(value), write)} AS ${type.toString()})`;
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

function isEdited(statement: RelationalStatement, token: Token): boolean {
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
  const together = await probe(core, statement, literals);
  if (together.every((type) => type !== undefined)) return together;
  const types: (EngineType | undefined)[] = [];
  for (const literal of literals.slice(0, MAX_SINGLE_PROBES)) {
    const [type] = await probe(core, statement, [literal]);
    types.push(type);
  }
  return types;
}

async function probe(
  core: SessionCore,
  statement: RelationalStatement,
  literals: readonly Token[],
): Promise<readonly (EngineType | undefined)[]> {
  const first = statement.parameterCount;
  const asParameters = edited(
    statement,
    literals.map(({ start, end }, index) => ({ start, end, text: `$${first + index + 1}` })),
  );
  const scope = core.scope(core.transactions.current);
  const targets = describeTargets(core.services.context.storage, scope, statement);
  const sql = await resolveStatement(core.resolveServices, scope, asParameters, targets);
  try {
    const prepared = await core.connection.prepare(sql);
    const types = prepared.parameterTypes.slice(first);
    prepared.close();
    return types;
  } catch (error) {
    // A statement that is wrong says so when it runs.
    if (error instanceof SqlError) return literals.map(() => undefined);
    throw error;
  }
}

function unknownLiteral({ value }: Token): SqlError {
  return notSupported(
    `it could not be determined whether the literal '${value.slice(0, 20)}' is bytea or text`,
    "write the literal with a cast, ::bytea or ::text",
  );
}
