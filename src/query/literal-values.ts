/**
 * Literals read when a statement is analysed, as PostgreSQL does: `'x'::int4` and `a = 'x'` are wrong at Parse. DuckDB reads
 * them when a row comes by, and so perhaps never.
 */
import { MAIN } from "../branch/model.js";
import { OID } from "../pgtypes/oids.js";
import { inferParameterOid, requireValue } from "../pgtypes/parameters.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { definitionsKey } from "./definitions-key.js";
import { castAround } from "./parameter-casts.js";
import type { SessionCore } from "./session-core.js";
import { isEdited, typesWanted } from "./uncast-literals.js";

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
/** What may stand behind or before a literal for it to be all of an operand. */
const ENDS: ReadonlySet<string> = new Set([
  ")",
  ",",
  ";",
  "and",
  "or",
  "where",
  "returning",
  "from",
  "group",
]);

const STARTS: ReadonlySet<string> = new Set([
  "(",
  ",",
  "where",
  "and",
  "or",
  "not",
  "on",
  "when",
  "select",
  "having",
]);
const CONSTANTS: ReadonlySet<string> = new Set(["string", "number", "parameter"]);
/** What stands for another value each time. */
const MOMENT = /^\s*(?:now|today|tomorrow|yesterday|allballs)\b/i;

/** The definitions by which a statement's literals were found to be right. */
const READ = new WeakMap<RelationalStatement, string>();

/** Errors: those of the types' input functions, for a literal that is none of its type. */
export async function requireLiterals(core: SessionCore, statement: RelationalStatement): Promise<void> {
  if (!statement.text.includes("'")) return;
  const key = `${core.settings.get("TimeZone")} ${definitionsKey(core)}`;
  if (READ.get(statement) === key) return;
  await readLiterals(core, statement);
  READ.set(statement, key);
}

async function readLiterals(core: SessionCore, statement: RelationalStatement): Promise<void> {
  const tokens = tokenise(statement.text);
  const places = [...tokens.entries()].filter(
    ([, token]) => token.kind === "string" && !MOMENT.test(token.value) && !isEdited(statement, token),
  );
  for (const [at, literal] of places) requireLiteral(core, literal, castAround(tokens, at));
  const compared = places.flatMap(([at, literal]) => (isCompared(tokens, at) ? [literal] : []));
  if (compared.length === 0 || (!statement.certain && core.head !== MAIN)) return;
  const types = await typesWanted(core, statement, compared);
  for (const [index, literal] of compared.entries()) {
    const type = types[index];
    if (type !== undefined) requireLiteral(core, literal, inferParameterOid(type));
  }
}

function requireLiteral(core: SessionCore, { value }: Token, oid: number | undefined): void {
  if (oid === undefined || oid === OID.text) return;
  requireValue({ bytes: Buffer.from(value), format: "text" }, oid, core.settings.get("TimeZone"));
}

/** All of one side of a comparison, of an assignment in SET, or an item of an IN list. */
function isCompared(tokens: readonly Token[], at: number): boolean {
  const [before, behind] = [tokens[at - 1]?.value ?? ";", tokens[at + 1]?.value ?? ";"];
  if (COMPARISONS.has(before)) return ENDS.has(behind);
  return (COMPARISONS.has(behind) && STARTS.has(before)) || isListed(tokens, at);
}

/** `IN ('a', 'b')`: nothing but constants between the literal and the word. */
function isListed(tokens: readonly Token[], at: number): boolean {
  let first = at;
  while (tokens[first - 1]?.value === "," && CONSTANTS.has(tokens[first - 2]?.kind ?? "word")) first -= 2;
  const behind = tokens[at + 1]?.value;
  const isItem = behind === "," || behind === ")";
  return isItem && tokens[first - 1]?.value === "(" && tokens[first - 2]?.value === "in";
}
