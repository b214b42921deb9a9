/**
 * Strings that UNION, INTERSECT and EXCEPT put beside values of another type: PostgreSQL reads them as that type, DuckDB
 * makes texts of the whole column.
 *
 *   SELECT 1 UNION SELECT '2'  ⇒  SELECT 1 UNION SELECT CAST('2' AS INTEGER)
 */
import { typeOidNamed } from "../catalog/type-names.js";
import { SqlError } from "../core/errors.js";
import { OID } from "../pgtypes/oids.js";
import { parseValue } from "../pgtypes/parse-value.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { characterPosition, tokenise } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import type { UnitedLiteral } from "../sql/union-types.js";
import { Utf8Offsets } from "../sql/utf8-offsets.js";
import { unitedIn } from "./announced-columns.js";
import type { SessionCore } from "./session-core.js";
import { isEdited } from "./uncast-literals.js";

/** Types of which a value is written as a text that DuckDB reads in the same way. */
const WRITABLE: ReadonlySet<number> = new Set([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.numeric,
  OID.float4,
  OID.float8,
  OID.date,
  OID.timestamp,
  OID.timestamptz,
  OID.bool,
  OID.uuid,
]);

/** Statements read once more are the same object each time: what became of them is, too. */
const READ = new WeakMap<RelationalStatement, readonly [readonly UnitedLiteral[], RelationalStatement]>();

/** To be called behind `findSources`. Errors: 22P02 and its like for a string that is no value of the type */
export function withUnitedLiterals(core: SessionCore, statement: RelationalStatement): RelationalStatement {
  const literals = statement.sources === undefined ? [] : unitedIn(core, statement.sources);
  if (literals.length === 0) return statement;
  const known = READ.get(statement);
  if (known?.[0] === literals) return known[1];
  const edits = editsOf(statement, literals, core.settings.get("TimeZone"));
  const read = { ...statement, edits: sortEdits([...statement.edits, ...edits]) };
  READ.set(statement, [literals, read]);
  return read;
}

function editsOf(
  statement: RelationalStatement,
  literals: readonly UnitedLiteral[],
  timeZone: string,
): TextEdit[] {
  const { text } = statement;
  const tokens = tokenise(text);
  const offsets = new Utf8Offsets(text);
  return literals.flatMap(({ text: { value, at }, type }) => {
    const oid = type.isArray ? undefined : typeOidNamed(type.name);
    const start = offsets.toUtf16(at);
    const token = tokens.find((one) => one.start === start);
    const isThere = token?.kind === "string" && token.value === value && !isEdited(statement, token);
    if (oid === undefined || !isThere || !WRITABLE.has(oid)) return [];
    return [{ start, end: token.end, text: placed(text, start, () => castOf(value, oid, timeZone)) }];
  });
}

function castOf(value: string, oid: number, timeZone: string): string {
  const read = parseValue(value, oid, undefined, { timeZone });
  return `CAST(${quoteLiteral(String(read.value))} AS ${read.type.toString()})`;
}

function placed(text: string, start: number, read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SqlError) || error.position !== undefined) throw error;
    throw error.with({ position: characterPosition(text, start) });
  }
}
