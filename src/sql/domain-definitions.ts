/** CREATE DOMAIN: what it says, as places in its text. What comes of it the planner decides: DuckDB has no domains. */
import { notSupported } from "../core/errors.js";
import type { TextSpan } from "./analysis.js";
import type { DomainForm } from "./definition-forms.js";
import { listField, unwrapAs, visitAll, type AstNode } from "./ast.js";
import type { Token } from "./lexer.js";
import { readNameBehind } from "./named-objects.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { Scope } from "./scope.js";
import { closingBracket, isSymbol, isWord } from "./token-reader.js";
import type { TreeWalker } from "./tree-walker.js";

/** What stands for VALUE in a check, here and in the definition that is kept. */
export const DOMAIN_VALUE = `"duckbranch_value"`;

const CLAUSES: readonly string[] = ["constraint", "check", "default", "not", "null", "collate"];

/** Reads a parsed CREATE DOMAIN. Errors: 0A000 for COLLATE, and for checks that read tables. */
export function readDomain(node: AstNode, walker: TreeWalker, references: References): Reading {
  readNameBehind(references, "domain", "create");
  const { tokens } = references;
  walker.visit(node["typeName"], new Scope());
  for (const item of listField(node, "constraints"))
    walker.visit(unwrapAs(item, "Constraint")?.["raw_expr"], new Scope());
  visitAll(node, (type) => {
    if (type === "SubLink") throw notSupported("cannot use subquery in check constraint");
  });
  const domain = readClauses(references, tokens);
  for (const { expression } of domain.checks)
    for (const token of tokens)
      if (isWord(token, "value") && token.start >= expression.start && token.end <= expression.end)
        references.edits.push({ start: token.start, end: token.end, text: DOMAIN_VALUE });
  return plainReading("createType", "CREATE DOMAIN", true, { domain });
}

function readClauses({ text }: References, tokens: readonly Token[]): DomainForm {
  let at = 2;
  while (isSymbol(tokens[at + 1], ".")) at += 2;
  at += isWord(tokens[at + 1], "as") ? 2 : 1;
  const typeEnd = clauseAt(tokens, at);
  const base = span(tokens, at, typeEnd);
  const checks: { name: string | undefined; expression: TextSpan; source: string }[] = [];
  let [notNull, byDefault, name]: [boolean, TextSpan | undefined, string | undefined] = [
    false,
    undefined,
    undefined,
  ];
  for (at = typeEnd; at < tokens.length;) {
    const word = tokens[at]?.value;
    if (word === "constraint") {
      name = tokens[at + 1]?.value;
      at += 2;
    } else if (word === "check") {
      const close = closingBracket(tokens, at + 1) ?? tokens.length;
      const expression = span(tokens, at + 2, close);
      checks.push({ name, expression, source: text.slice(expression.start, expression.end) });
      [name, at] = [undefined, close + 1];
    } else if (word === "default") {
      const end = clauseAt(tokens, at + 1);
      byDefault = span(tokens, at + 1, end);
      at = end;
    } else if (word === "not" && isWord(tokens[at + 1], "null")) {
      [notNull, name, at] = [true, undefined, at + 2];
    } else if (word === "null") {
      at += 1;
    } else throw notSupported(`${(word ?? "").toUpperCase()} in CREATE DOMAIN is not supported`);
  }
  return { base, checks, notNull, default: byDefault };
}

/** The next clause behind `from`, outside brackets. */
function clauseAt(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (isSymbol(token, "(") || isSymbol(token, "[")) depth++;
    else if (isSymbol(token, ")") || isSymbol(token, "]")) depth--;
    const isClause = at > from && token?.kind === "word" && CLAUSES.includes(token.value);
    if (depth === 0 && isClause) return at;
  }
  return tokens.length;
}

function span(tokens: readonly Token[], first: number, end: number): TextSpan {
  return { start: tokens[first]?.start ?? 0, end: tokens[end - 1]?.end ?? 0 };
}
