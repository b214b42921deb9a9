/**
 * Types a text gives its parameters itself: PostgreSQL takes the type of `$1::int` or `CAST($1 AS int)` for the parameter,
 * tells the client so, and reads what the client sends by it. DuckDB forgets it where something is done with the cast.
 */
import { KEYED_TYPES } from "../core/keyed-types.js";
import { OID, arrayOidOf } from "../pgtypes/oids.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { Brackets } from "../sql/brackets.js";
import { elementCastOf } from "../sql/dialect/cast-places.js";
import { tokenise, type Token } from "../sql/lexer.js";

/** Names of one word; those that come as several are read by `readTypeName`. */
const TYPE_OIDS: ReadonlyMap<string, number> = new Map([
  ["bool", OID.bool],
  ["boolean", OID.bool],
  ["bytea", OID.bytea],
  ["int2", OID.int2],
  ["smallint", OID.int2],
  ["int", OID.int4],
  ["int4", OID.int4],
  ["integer", OID.int4],
  ["int8", OID.int8],
  ["bigint", OID.int8],
  ["oid", OID.oid],
  ["text", OID.text],
  ["name", OID.name],
  ["varchar", OID.varchar],
  ["character varying", OID.varchar],
  ["char varying", OID.varchar],
  ["bpchar", OID.bpchar],
  ["char", OID.bpchar],
  ["character", OID.bpchar],
  ["json", OID.json],
  ["jsonb", OID.jsonb],
  ["uuid", OID.uuid],
  ["real", OID.float4],
  ["float4", OID.float4],
  ["float", OID.float8],
  ["float8", OID.float8],
  ["double precision", OID.float8],
  ["numeric", OID.numeric],
  ["decimal", OID.numeric],
  ["date", OID.date],
  ["time", OID.time],
  ["time without time zone", OID.time],
  ["time with time zone", OID.timetz],
  ["timetz", OID.timetz],
  ["timestamp", OID.timestamp],
  ["timestamp without time zone", OID.timestamp],
  ["timestamp with time zone", OID.timestamptz],
  ["timestamptz", OID.timestamptz],
  ["interval", OID.interval],
  ["bit varying", OID.varbit],
  ["varbit", OID.varbit],
  ...[...KEYED_TYPES].map(([name, { oid }]) => [name, oid] as const),
  // Names to look up in the catalogue.
  ["regclass", OID.regclass],
  ["regtype", OID.regtype],
  ["regproc", OID.regproc],
  ["regnamespace", OID.regnamespace],
  ["xid", OID.xid],
  ["cid", OID.cid],
]);

/** What functions of one argument take: macros of ours tell DuckDB no types. */
const ARGUMENT_OIDS: ReadonlyMap<string, number> = new Map([
  ["pg_cancel_backend", OID.int4],
  ["pg_terminate_backend", OID.int4],
  ["pg_sleep", OID.float8],
  ["pg_advisory_lock", OID.int8],
  ["pg_advisory_unlock", OID.int8],
  ["pg_advisory_xact_lock", OID.int8],
  ["pg_try_advisory_lock", OID.int8],
  ["pg_try_advisory_xact_lock", OID.int8],
]);

/** Words that go on a type's name. */
const MORE_WORDS = new Set(["varying", "precision", "with", "without", "time", "zone"]);

const known = new WeakMap<RelationalStatement, readonly number[]>();

/** What the client declared, and where it declared nothing (0) the type the text casts the parameter to, if any. */
export function withCastTypes(
  statement: RelationalStatement,
  declaredOids: readonly number[],
): readonly number[] {
  if (statement.parameterCount === 0) return declaredOids;
  const cast = known.get(statement) ?? castOids(statement.text);
  known.set(statement, cast);
  if (cast.length === 0) return declaredOids;
  const count = Math.max(cast.length, declaredOids.length);
  return Array.from({ length: count }, (_, i) => declaredOids[i] || (cast[i] ?? 0));
}

const ARRAYS = /\barray\s*\[/i;

/** `ARRAY[$1]::t[]` says of its elements what they are. */
function elementOid(tokens: readonly Token[], at: number, brackets: Brackets): number | undefined {
  const name = elementCastOf(tokens, at, brackets)?.name.replace(/^_/, "");
  return name === undefined ? undefined : TYPE_OIDS.get(name);
}

/** The OID by position, 0 where there is no cast. A parameter that is compared first has the type of what it is compared to. */
function castOids(text: string): readonly number[] {
  const tokens = tokenise(text);
  const oids: number[] = [];
  const settled = new Set<number>();
  const brackets = ARRAYS.test(text) ? new Brackets(tokens) : undefined;
  for (const [at, token] of tokens.entries()) {
    const index = Number(token.value) - 1;
    if (token.kind !== "parameter" || settled.has(index)) continue;
    const oid = castOf(tokens, at) ?? (brackets === undefined ? undefined : elementOid(tokens, at, brackets));
    if (oid !== undefined) oids[index] = oid;
    if (oid !== undefined || isOperand(tokens, at)) settled.add(index);
  }
  return Array.from(oids, (oid) => oid ?? 0);
}

/** The OID of the type that the token at a place is cast to or given by its name in front; undefined where there is none. */
export function castAround(tokens: readonly Token[], at: number): number | undefined {
  const name = tokens[at - 1];
  return castOf(tokens, at) ?? (name?.kind === "word" ? TYPE_OIDS.get(name.value) : undefined);
}

function castOf(tokens: readonly Token[], at: number): number | undefined {
  let [first, last] = [at, at];
  while (tokens[first - 1]?.value === "(" && tokens[last + 1]?.value === ")" && !isCalled(tokens[first - 2]))
    [first, last] = [first - 1, last + 1];
  if (tokens[last + 1]?.value === "::") return typeOid(tokens, last + 2);
  const isOnlyArgument = tokens[at - 1]?.value === "(" && tokens[at + 1]?.value === ")";
  const argument = isOnlyArgument ? ARGUMENT_OIDS.get(tokens[at - 2]?.value ?? "") : undefined;
  if (argument !== undefined) return argument;
  // `interval '1 day' * $1`: the other operand says nothing of the number's type, PostgreSQL's operator does.
  const isFactor = tokens[at - 1]?.value === "*" || tokens[at - 1]?.value === "/";
  if (isFactor && tokens[at - 2]?.kind === "string" && isWord(tokens[at - 3], "interval")) return OID.float8;
  const isCast = tokens[at - 1]?.value === "(" && isWord(tokens[at - 2], "cast");
  return isCast && isWord(tokens[at + 1], "as") ? typeOid(tokens, at + 2) : undefined;
}

/** The OID of the type whose name begins at this token; undefined for types without a rule here. */
function typeOid(tokens: readonly Token[], start: number): number | undefined {
  let at = start;
  if (tokens[at]?.value === "pg_catalog" && tokens[at + 1]?.value === ".") at += 2;
  const first = tokens[at];
  if (!isName(first) || first === undefined) return undefined;
  const words = [first.value];
  at = behindModifier(tokens, at + 1);
  for (let token = tokens[at]; token?.kind === "word" && MORE_WORDS.has(token.value); token = tokens[at]) {
    words.push(token.value);
    at = behindModifier(tokens, at + 1);
  }
  const name = words.join(" ");
  // Quoted, "char" is another type.
  if (first.kind === "quoted" && name === "char") return undefined;
  if (name.startsWith("_")) return arrayOid(TYPE_OIDS.get(name.slice(1)));
  const oid = TYPE_OIDS.get(name);
  return tokens[at]?.value === "[" ? arrayOid(oid) : oid;
}

function arrayOid(element: number | undefined): number | undefined {
  return element === undefined ? undefined : arrayOidOf(element);
}

/** Behind `(10, 2)`, if that is here. */
function behindModifier(tokens: readonly Token[], at: number): number {
  if (tokens[at]?.value !== "(") return at;
  const end = tokens.findIndex((token, index) => index > at && token.value === ")");
  return end === -1 ? tokens.length : end + 1;
}

function isOperand(tokens: readonly Token[], at: number): boolean {
  return [tokens[at - 1], tokens[at + 1]].some((token) => token?.kind === "operator");
}

/** Words an expression may follow: `SELECT ($1)::int` calls nothing. */
const LEADING_WORDS: ReadonlySet<string> = new Set(
  "select distinct where having and or not on when then else case by limit offset returning between like ilike".split(
    " ",
  ),
);

function isCalled(token: Token | undefined): boolean {
  return isName(token) && !(token?.kind === "word" && LEADING_WORDS.has(token.value));
}

function isName(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

function isWord(token: Token | undefined, value: string): boolean {
  return token?.kind === "word" && token.value === value;
}
