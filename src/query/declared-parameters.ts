/** What a client declares of its parameters, held against the statement it is declared for. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { OID } from "../pgtypes/oids.js";
import type { RelationalStatement, StatementAnalysis } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { requireType } from "./declared-types.js";
import type { SessionCore } from "./session-core.js";

const NONE: ReadonlySet<number> = new Set();
const numbers = new WeakMap<RelationalStatement, ReadonlySet<number>>();

/**
 * Holds the declared types against the parameters a statement has. An empty one is not looked at.
 *
 * Errors  42P18 for a parameter without a type that the text does not use, and so says nothing of; those of `requireType` for
 *         one with a type that it uses
 */
export async function requireDetermined(
  core: SessionCore,
  analysis: StatementAnalysis,
  declaredOids: readonly number[],
): Promise<void> {
  if (analysis.kind === "empty") return;
  const used = parametersOf(analysis);
  const count = Math.max(declaredOids.length, ...used);
  for (let number = 1; number <= count; number++) {
    const oid = declaredOids[number - 1] ?? 0;
    if (isOpen(oid)) {
      if (used.has(number)) continue;
      const message = `could not determine data type of parameter $${number}`;
      throw new SqlError(SQLSTATE.indeterminateDatatype, message);
    }
    if (used.has(number)) await requireType(core, oid, analysis.text, number);
  }
}

/** The text leaves out numbers: `$1 … $3`. DuckDB counts the parameters it sees. */
export function hasGaps(statement: RelationalStatement): boolean {
  return statement.parameterCount > 0 && numbersOf(statement).size < statement.parameterCount;
}

function isOpen(oid: number): boolean {
  return oid === 0 || oid === OID.unknown;
}

/** The numbers of a statement's parameters; commands that are no queries have none. */
function parametersOf(analysis: StatementAnalysis): ReadonlySet<number> {
  if (analysis.kind === "relational") return numbersOf(analysis);
  if (analysis.kind === "session" && "query" in analysis.statement)
    return numbersOf(analysis.statement.query);
  if (analysis.kind !== "branch") return NONE;
  return new Set(Array.from({ length: analysis.parameterCount }, (_, i) => i + 1));
}

function numbersOf(statement: RelationalStatement): ReadonlySet<number> {
  if (statement.parameterCount === 0) return NONE;
  const known = numbers.get(statement);
  if (known !== undefined) return known;
  const used = tokenise(statement.text).flatMap(({ kind, value }) =>
    kind === "parameter" ? [Number(value)] : [],
  );
  const found = new Set(used);
  numbers.set(statement, found);
  return found;
}
