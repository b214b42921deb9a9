/**
 * Types for parameters that DuckDB leaves open. It infers `a = $1` but not `a + $1`, and then describes nothing at all;
 * PostgreSQL gives such a parameter the type of the other operand, and text where there is none. Here the same is done by
 * writing the type found as a cast around the parameter.
 *
 *   balance + $1   ⇒  balance + CAST($1 AS INTEGER)
 *   price * $1     ⇒  price * CAST($1 AS DECIMAL(4, 3)) for 1.155: a numeric keeps its own digits
 *   SELECT $1      ⇒  SELECT CAST($1 AS VARCHAR)
 *   mood < $1      ⇒  mood < CAST($1 AS ENUM('sad', 'happy')): bound as text it would be compared as text
 *   $1::text       ⇒  the text PostgreSQL writes of CAST($1 AS INTEGER[]), for one declared an array
 */
import { SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import type { BoundParameter } from "../pgtypes/client-values.js";
import { keyedTypeByOid } from "../pgtypes/keyed/registry.js";
import { OID, elementOidOf } from "../pgtypes/oids.js";
import { decodeParameter } from "../pgtypes/parameters.js";
import { holdsEnum } from "../pgtypes/user-types.js";
import { plainType } from "../pgtypes/parse-value.js";
import type { TextEdit } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { applyEdits } from "../sql/splice.js";
import { COUNT, ParameterOperands } from "./parameter-operands.js";
import { columnsBySamples, type StatementShape, withPrepared } from "./deferred-columns.js";

/** What to try, in order, for parameters without an operand to learn from and without a telling value. */
const FALLBACK_TYPES = ["VARCHAR", "INTEGER", "DOUBLE", "INTERVAL", "TIMESTAMP", "DATE"] as const;

/** Types under which a value keeps its own digits: casting it to the operand's scale would round it. */
const EXACT_FAMILY = /^DECIMAL/;

/** What the client says of the n-th parameter: a declared type, and the value once it is bound. */
export interface ParameterHint {
  readonly oid: number;
  readonly parameter: BoundParameter | undefined;
  /** DuckDB's type for a declared one that is no built-in type of PostgreSQL. */
  readonly engineType?: string | undefined;
}

/** A statement in which every parameter has a type. */
export interface TypedStatement {
  readonly sql: string;
  /** What DuckDB says of it, where it was asked for this very text. */
  readonly shape?: StatementShape | undefined;
}

/**
 * The statement with a cast around every parameter whose type DuckDB leaves open; the text unchanged if there is none.
 * A declared type wins, then the other operand's, then text. `prepare` results are closed again. Nothing is run.
 *
 * Errors  DuckDB's own, for a statement that fits no type tried
 */
export async function typeParameters(
  connection: Connection,
  sql: string,
  hints: readonly ParameterHint[],
): Promise<TypedStatement> {
  const { open, enums, inferred, shape } = await openParameters(connection, sql);
  const told = new Map([...inferred].flatMap(([index, type]) => toldType(hints[index - 1], index, type)));
  if (told.size > 0) return await typeParameters(connection, castParameters(sql, told, asText), hints);
  const types = new Map([...enums, ...repeatedNumbers(sql, inferred, hints)]);
  if (open.size === 0 && types.size === 0) return { sql, shape };
  for (const index of open) {
    const declared = declaredType(hints[index - 1]);
    if (declared !== undefined) types.set(index, declared);
  }
  const undeclared = new Set([...open].filter((index) => !types.has(index)));
  const learned = await learnFromOperands(connection, sql, undeclared);
  for (const [index, type] of new Map([...besideNumbers(sql, undeclared), ...learned])) {
    types.set(index, EXACT_FAMILY.test(type) ? (ownNumericType(hints[index - 1]) ?? type) : type);
  }
  const rest = [...undeclared].filter((index) => !types.has(index));
  return { sql: await firstThatBinds(connection, sql, types, rest, hints) };
}

/** Declared types whose text DuckDB writes otherwise, or does not know. */
const OTHER_TEXTS: ReadonlySet<number> = new Set([OID.float4, OID.float8, OID.interval, OID.bytea]);

/** Where a text is wanted, a value declared to be of such a type becomes the text PostgreSQL writes of it. */
function hasOwnText({ oid, engineType }: ParameterHint): boolean {
  return (
    engineType !== undefined ||
    OTHER_TEXTS.has(oid) ||
    elementOidOf(oid) !== undefined ||
    keyedTypeByOid(oid) !== undefined
  );
}

function toldType(
  hint: ParameterHint | undefined,
  index: number,
  inferred: string,
): (readonly [number, string])[] {
  const isOther = inferred === "VARCHAR" && hint !== undefined && !isNull(hint) && hasOwnText(hint);
  const type = isOther ? declaredType(hint) : undefined;
  return type === undefined || type === "VARCHAR" ? [] : [[index, type]];
}

/** Of a NULL of another type DuckDB makes a constant without a type: it goes in as a text. */
export function isNull({ parameter }: ParameterHint): boolean {
  return parameter?.bytes === null;
}

/** Written once: DuckDB infers nothing of a parameter that a macro repeats. */
function asText(cast: string): string {
  return `list_transform([${cast}], lambda _p: duckbranch_text(_p))[1]`;
}

const NUMBERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8, OID.oid, OID.float4, OID.float8]);

const NUMBER_TYPES: ReadonlySet<string> = new Set(["SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"]);

/** `SELECT $1 = 1, $1`: one place says what DuckDB takes for the type of all, whatever was declared. */
function repeatedNumbers(
  sql: string,
  inferred: ReadonlyMap<number, string>,
  hints: readonly ParameterHint[],
): (readonly [number, string])[] {
  const differing = [...inferred].flatMap(([index, type]) => {
    const { oid } = hints[index - 1] ?? { oid: 0 };
    const declared = NUMBERS.has(oid) && NUMBER_TYPES.has(type) ? DECLARED.get(oid) : undefined;
    return declared === undefined || declared === type ? [] : [[index, declared] as const];
  });
  if (differing.length === 0) return [];
  const places = tokenise(sql).flatMap(({ kind, value }) => (kind === "parameter" ? [Number(value)] : []));
  return differing.filter(([index]) => places.filter((place) => place === index).length > 1);
}

/** Gives the rest one type after the other; text first, as PostgreSQL does for a parameter nothing is known of. */
async function firstThatBinds(
  connection: Connection,
  sql: string,
  types: ReadonlyMap<number, string>,
  rest: readonly number[],
  hints: readonly ParameterHint[],
): Promise<string> {
  let failure: unknown;
  let deferred: string | undefined;
  for (const fallback of rest.length === 0 ? ["VARCHAR"] : FALLBACK_TYPES) {
    const chosen = rest.map((index) => {
      const own = fallback === "VARCHAR" ? undefined : ownNumericType(hints[index - 1]);
      return [index, own ?? fallback] as const;
    });
    const typed = castParameters(sql, new Map([...types, ...chosen]));
    try {
      if (await bindsForSure(connection, typed)) return typed;
      deferred ??= typed;
    } catch (error) {
      if (!isBinderFailure(error)) throw error;
      failure ??= error;
    }
  }
  if (deferred === undefined) throw failure;
  return deferred;
}

/** Some functions are bound with their arguments' values only: samples of the same types show whether they will be. */
async function bindsForSure(connection: Connection, typed: string): Promise<boolean> {
  const prepared = await withPrepared(connection, typed, ({ parameterTypes, columns }) => ({
    parameterTypes,
    columns,
  }));
  return (await columnsBySamples(connection, typed, prepared)) !== undefined;
}

/** All that `typeParameters` takes from hints; undefined for a value that is wrong. */
export function hintSignature(hints: readonly ParameterHint[]): string | undefined {
  try {
    return JSON.stringify(
      hints.map((hint) => [declaredType(hint) ?? null, ownNumericType(hint) ?? null, isNull(hint)]),
    );
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/** DuckDB's name for the type a client declared; a numeric gets the digits of its value. */
function declaredType(hint: ParameterHint | undefined): string | undefined {
  if (hint === undefined || hint.oid === 0 || hint.oid === OID.unknown) return undefined;
  if (hint.engineType !== undefined) return hint.engineType;
  // Bound as a text, which it would stay.
  if (hint.oid === OID.json || hint.oid === OID.jsonb) return "JSON";
  if (hint.parameter !== undefined && hint.parameter.bytes !== null) {
    return decodeParameter(hint.parameter, hint.oid, undefined).type.toString();
  }
  const element = elementOidOf(hint.oid);
  if (keyedTypeByOid(hint.oid) !== undefined) return plainType(hint.oid).toString();
  return element === undefined ? DECLARED.get(hint.oid) : `${plainType(element).toString()}[]`;
}

/** Declared types before there is a value. */
const DECLARED: ReadonlyMap<number, string> = new Map([
  [OID.bool, "BOOLEAN"],
  [OID.bytea, "BLOB"],
  [OID.int2, "SMALLINT"],
  [OID.int4, "INTEGER"],
  [OID.int8, "BIGINT"],
  [OID.oid, "BIGINT"],
  [OID.xid, "BIGINT"],
  [OID.cid, "BIGINT"],
  [OID.text, "VARCHAR"],
  [OID.varchar, "VARCHAR"],
  [OID.bpchar, "VARCHAR"],
  [OID.float4, "FLOAT"],
  [OID.float8, "DOUBLE"],
  [OID.numeric, "DECIMAL(18, 6)"],
  [OID.date, "DATE"],
  [OID.time, "TIME"],
  [OID.timetz, "TIMETZ"],
  [OID.timestamp, "TIMESTAMP"],
  [OID.timestamptz, "TIMESTAMPTZ"],
  [OID.interval, "INTERVAL"],
  [OID.bit, "BIT"],
  [OID.varbit, "BIT"],
  [OID.uuid, "UUID"],
]);

/** The type a number's own text has as a literal. */
function ownNumericType(hint: ParameterHint | undefined): string | undefined {
  const parameter = hint?.parameter;
  if (parameter?.format !== "text" || parameter.bytes === null) return undefined;
  const text = Buffer.from(parameter.bytes).toString("utf8").trim();
  if (/^[+-]?\d{1,9}$/.test(text)) return "INTEGER";
  if (/^[+-]?\d{1,18}$/.test(text)) return "BIGINT";
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  return decodeParameter(parameter, OID.numeric, undefined).type.toString();
}

interface OpenParameters {
  readonly open: ReadonlySet<number>;
  /** Types of those that are enums, or hold them. */
  readonly enums: ReadonlyMap<number, string>;
  /** DuckDB's types of the others. */
  readonly inferred: ReadonlyMap<number, string>;
  /** What it said, where it bound the statement. */
  readonly shape?: StatementShape;
}

/** Parameters whose type DuckDB does not know; all of them where it cannot even bind the statement without. */
async function openParameters(connection: Connection, sql: string): Promise<OpenParameters> {
  try {
    return await withPrepared(connection, sql, (prepared) => {
      const { parameterTypes, columns } = prepared;
      const types = [...parameterTypes.entries()];
      return {
        shape: { parameterTypes, columns },
        open: new Set(types.flatMap(([index, type]) => (type === undefined ? [index + 1] : []))),
        enums: new Map(
          types.flatMap(([index, type]) => (holdsEnum(type) ? [[index + 1, String(type)] as const] : [])),
        ),
        inferred: new Map(
          types.flatMap(([index, type]) => (type === undefined ? [] : [[index + 1, String(type)] as const])),
        ),
      };
    });
  } catch (error) {
    const parameters = tokenise(sql).filter((token) => token.kind === "parameter");
    if (!isBinderFailure(error) || parameters.length === 0) throw error;
    const open = new Set(parameters.map((token) => Number(token.value)));
    return { open, enums: new Map(), inferred: new Map() };
  }
}

/** `coalesce($1, balance)` has the type of `balance`, and so has the parameter in it: DuckDB is asked that way. */
async function learnFromOperands(
  connection: Connection,
  sql: string,
  open: ReadonlySet<number>,
): Promise<Map<number, string>> {
  const tokens = tokenise(sql);
  const operands = new ParameterOperands(sql, tokens);
  const edits = tokens.flatMap((token, at): TextEdit[] => {
    if (token.kind !== "parameter" || !open.has(Number(token.value))) return [];
    const operand = operands.of(at);
    if (operand === undefined) return [];
    return [{ start: token.start, end: token.end, text: `coalesce($${token.value}, ${operand})` }];
  });
  if (edits.length === 0) return new Map();
  const withOperand = new Set(edits.map(({ start }) => start));
  // DuckDB binds all of a statement or nothing: an open parameter elsewhere is text for now, as it mostly will be.
  const others = tokens.flatMap((token): TextEdit[] => {
    if (token.kind !== "parameter" || !open.has(Number(token.value)) || withOperand.has(token.start))
      return [];
    return [{ start: token.start, end: token.end, text: `CAST($${token.value} AS VARCHAR)` }];
  });
  return (
    (await knownTypes(connection, applyEdits(sql, [...edits, ...others]), open)) ??
    (await knownTypes(connection, applyEdits(sql, edits), open)) ??
    new Map()
  );
}

/** `3 = $1` and LIMIT $1, where DuckDB tells nothing before other parameters have values or types. */
function besideNumbers(sql: string, open: ReadonlySet<number>): Map<number, string> {
  const tokens = tokenise(sql);
  const operands = new ParameterOperands(sql, tokens);
  return new Map(
    tokens.flatMap((token, at): (readonly [number, string])[] => {
      const index = token.kind === "parameter" ? Number(token.value) : 0;
      const operand = open.has(index) ? (operands.of(at) ?? "") : "";
      if (operand === COUNT) return [[index, "BIGINT"]];
      return INT4_LITERAL.test(operand) ? [[index, "INTEGER"]] : [];
    }),
  );
}

const INT4_LITERAL = /^\d{1,9}$/;

/** Types DuckDB gives these parameters; undefined for a text that it does not bind. */
async function knownTypes(
  connection: Connection,
  sql: string,
  open: ReadonlySet<number>,
): Promise<Map<number, string> | undefined> {
  try {
    return await withPrepared(connection, sql, (prepared) => {
      const known = [...open].map(
        (index) => [index, prepared.parameterTypes[index - 1]?.toString()] as const,
      );
      return new Map(known.flatMap(([index, type]) => (type === undefined ? [] : [[index, type] as const])));
    });
  } catch (error) {
    if (!isBinderFailure(error)) throw error;
    return undefined;
  }
}

function castParameters(
  sql: string,
  types: ReadonlyMap<number, string>,
  written: (cast: string) => string = (cast) => cast,
): string {
  const edits = tokenise(sql).flatMap((token): TextEdit[] => {
    const type = token.kind === "parameter" ? types.get(Number(token.value)) : undefined;
    const cast = `CAST($${token.value} AS ${type})`;
    return type === undefined ? [] : [{ start: token.start, end: token.end, text: written(cast) }];
  });
  return applyEdits(sql, edits);
}

function isBinderFailure(error: unknown): boolean {
  return (
    error instanceof SqlError &&
    error.cause instanceof Error &&
    error.cause.message.startsWith("Binder Error")
  );
}
