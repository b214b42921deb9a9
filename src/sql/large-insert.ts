/**
 * INSERT … VALUES of constants, read from tokens alone: PostgreSQL's parser needs 233 ms for 1 MB of it, and there is
 * nothing to find but the target.
 */
import type { Token } from "./lexer.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { namesMoment } from "./repetition.js";
import { isSymbol, isWord } from "./token-reader.js";

const CONSTANT_WORDS = new Set(["null", "default", "true", "false", "values"]);

/** Undefined unless the text is INSERT INTO name [(columns)] VALUES with nothing but constants and parameters. */
export function readLargeInsert(references: References): Reading | undefined {
  const { tokens } = references;
  if (!isWord(tokens[0], "insert") || !isWord(tokens[1], "into")) return undefined;
  const target = references.nameAtIndex(2);
  if (target === undefined) return undefined;
  let index = target.next;
  if (isSymbol(tokens[index], "(")) while (index < tokens.length && !isSymbol(tokens[index], ")")) index += 1;
  const values = isSymbol(tokens[index], ")") ? index + 1 : index;
  if (!isWord(tokens[values], "values")) return undefined;
  const isConstant = tokens.slice(values).every(({ kind, value }) => {
    if (kind === "word") return CONSTANT_WORDS.has(value);
    if (kind === "symbol") return "(),".includes(value);
    return kind === "string" || kind === "number" || kind === "parameter" || value === "-" || value === "+";
  });
  if (!isConstant) return undefined;
  references.addRelation("write", target, undefined);
  return plainReading("insert", "INSERT", true, {
    repetition: { deterministic: !namesMoments(tokens), insertsRows: true },
  });
}

function namesMoments(tokens: readonly Token[]): boolean {
  return tokens.some(({ kind, value }) => kind === "string" && namesMoment(value));
}
