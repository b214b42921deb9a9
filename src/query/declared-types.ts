/** Types that clients declare by OID beyond PostgreSQL's own: whether there is such a type, and whether values can be read by it. */
import { typeNameOf } from "../catalog/type-names.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { normaliseName } from "../sql/names.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import { resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";

/**
 * Holds a declared type against the types there are, those of the session's transaction among them, and its parameter's
 * places. A domain's checks are held where the text casts to it, so the text has to.
 *
 * Errors  XX000, as PostgreSQL's, for an OID that pg_type does not show; 0A000 for domains elsewhere, for rows of tables, and
 *         for arrays of either: DuckDB has no values of them
 */
export async function requireType(
  core: SessionCore,
  oid: number,
  text: string,
  number: number,
): Promise<void> {
  if (typeNameOf(oid) !== undefined) return;
  await core.types.refresh();
  if ((await core.types.all()).engineTypeOf(oid) !== undefined) return;
  const name = await shownName(core, oid);
  if (name === undefined) throw new SqlError(SQLSTATE.internalError, `cache lookup failed for type ${oid}`);
  const tokens = tokenise(text);
  const places = [...tokens.entries()].filter(
    ([, { kind, value }]) => kind === "parameter" && Number(value) === number,
  );
  if (places.every(([at]) => isCastTo(tokens, at, name))) return;
  throw notSupported(
    `parameters declared to be of type ${name} are not supported here`,
    "Declare no type for the parameter, and cast it in the statement.",
  );
}

async function shownName(core: SessionCore, oid: number): Promise<string | undefined> {
  const [analysis] = await core.services.analyse(`SELECT typname FROM pg_catalog.pg_type WHERE oid = ${oid}`);
  if (analysis?.kind !== "relational") throw new Error("a query of pg_type is relational");
  const sql = await resolveStatement(core.resolveServices, core.scope(core.transactions.current), analysis);
  const [row] = await core.connection.rows(sql);
  return row && textCell(row, "typname");
}

/** `$1::d`, `$1::s.d` or `CAST($1 AS d)`. */
function isCastTo(tokens: readonly Token[], at: number, name: string): boolean {
  const sign = tokens[at + 1];
  if (!isSymbol(sign, "::") && !isWord(sign, "as")) return false;
  const last = isSymbol(tokens[at + 3], ".") ? at + 4 : at + 2;
  const isArray = isSymbol(tokens[last + 1], "[") || isWord(tokens[last + 1], "array");
  return !isArray && normaliseName(tokens[last]?.value ?? "") === normaliseName(name);
}
