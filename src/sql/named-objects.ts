/**
 * Names that no parser gives a position for: DROP a, b; COMMENT ON; CREATE TYPE, SCHEMA and INDEX names. The statement
 * has been parsed, or its words checked, before; here its tokens are read once more.
 */
import type { NameRole } from "./analysis.js";
import { plainReading, unsupportedStatement, type Reading } from "./reading.js";
import type { ObjectKind, References } from "./references.js";
import { typeNameAt } from "./dialect/cast-places.js";
import { closingBracket, isSymbol, splitAtCommas, TokenReader, type NameSpan } from "./token-reader.js";

const OBJECTS: ReadonlyMap<string, ObjectKind> = new Map([
  ["table", "table"],
  ["view", "view"],
  ["index", "index"],
  ["sequence", "sequence"],
  ["type", "type"],
  ["domain", "type"],
  ["schema", "schema"],
  ["function", "macro"],
  ["macro", "macro"],
]);

/** DROP kind [CONCURRENTLY] [IF EXISTS] name, … [CASCADE | RESTRICT] */
export function readDrop(references: References): Reading {
  const tokens = new TokenReader(references.text, references.tokens);
  tokens.expect("drop");
  const materialized = tokens.accept("materialized");
  const kind = tokens.next().value;
  const object = OBJECTS.get(kind);
  if (object === undefined) throw unsupportedStatement(["drop", kind]);
  if (object === "macro") tokens.accept("table");
  tokens.accept("concurrently");
  const ifExists = tokens.accept("if", "exists");
  do references.addName("drop", tokens.qualifiedName(), materialized ? "table" : object);
  while (tokens.acceptSymbol(","));
  const argumentTypes = object === "macro" ? readArgumentTypes(tokens, references) : undefined;
  const cascade = tokens.accept("cascade");
  tokens.accept("restrict");
  tokens.expectEnd();
  if (materialized) return asMaterialized("drop", "DROP MATERIALIZED VIEW", { ifExists, cascade });
  return plainReading("drop", `DROP ${kind.toUpperCase()}`, true, { ifExists, cascade, argumentTypes });
}

function asMaterialized(verb: "drop" | "comment", tag: string, more: Partial<Reading>): Reading {
  return plainReading(verb, tag, true, { ...more, materialized: { kind: "named" } });
}

/** `(int, b text, int[])` */
function readArgumentTypes(tokens: TokenReader, references: References): readonly string[] | undefined {
  const open = tokens.position;
  const close = isSymbol(references.tokens[open], "(") ? closingBracket(references.tokens, open) : undefined;
  if (close === undefined) return undefined;
  tokens.moveTo(close + 1);
  return splitAtCommas(references.tokens, open + 1, close).map(([first, end]) => {
    for (const at of [first, first + 1]) {
      const type = typeNameAt(references.tokens, at);
      if (type?.behind === end) return type.name;
      if (type !== undefined && isSymbol(references.tokens[type.behind], "[")) return `${type.name}[]`;
    }
    throw unsupportedStatement(["drop", "function", "with these arguments"]);
  });
}

/** COMMENT ON kind name IS …; for COLUMN the name is the table's, without the column. */
export function readComment(references: References): Reading {
  const tokens = new TokenReader(references.text, references.tokens);
  tokens.expect("comment", "on");
  const materialized = tokens.peek();
  if (tokens.accept("materialized")) return readViewComment(tokens, references, materialized?.start ?? 0);
  const kind = tokens.next().value;
  if (kind === "constraint") return readConstraintComment(tokens, references);
  const object = kind === "column" ? "table" : OBJECTS.get(kind);
  if (object === undefined) throw unsupportedStatement(["comment on", kind]);
  const at = tokens.position;
  commentOnType(references, kind, at - 1);
  const name = tokens.qualifiedName();
  if (object === "macro") dropArguments(tokens, references);
  if (kind !== "column") references.addName("alter", name, object);
  else if (name.parts.length < 2) throw references.syntaxErrorAt(at + 1);
  else references.addName("alter", withoutLast(name, references, at), object);
  tokens.expect("is");
  const comment = tokens.peek();
  // Without words there is no comment; DuckDB keeps an empty one.
  if (comment?.kind === "string" && comment.value === "")
    references.edits.push({ start: comment.start, end: comment.end, text: "NULL" });
  const note = NOTED_KINDS.get(kind);
  return plainReading(
    "comment",
    "COMMENT",
    true,
    note && { note: { kind: note, comment: commentText(tokens) } },
  );
}

/** Kept with the table (table-notes.ts). */
const NOTED_KINDS: ReadonlyMap<string, "table" | "indexComment"> = new Map([
  ["table", "table"],
  ["index", "indexComment"],
]);

/** COMMENT ON MATERIALIZED VIEW m IS …  ⇒  COMMENT ON TABLE m IS … */
function readViewComment(tokens: TokenReader, references: References, start: number): Reading {
  const { end } = tokens.next();
  references.edits.push({ start, end, text: "TABLE" });
  references.addName("alter", tokens.qualifiedName(), "table");
  tokens.expect("is");
  return asMaterialized("comment", "COMMENT", { note: { kind: "table", comment: commentText(tokens) } });
}

/** COMMENT ON CONSTRAINT c ON t IS …: kept with the table (table-notes.ts). */
function readConstraintComment(tokens: TokenReader, references: References): Reading {
  const name = tokens.qualifiedName();
  tokens.expect("on");
  if (tokens.accept("domain")) throw unsupportedStatement(["comment on", "constraint on domain"]);
  references.addName("alter", tokens.qualifiedName(), "table");
  tokens.expect("is");
  const note = { kind: "constraint", name: name.parts.at(-1) ?? "", comment: commentText(tokens) } as const;
  return plainReading("comment", "COMMENT", true, { note });
}

/** Behind IS; null for none. */
function commentText(tokens: TokenReader): string | null {
  const token = tokens.peek();
  return token?.kind === "string" && token.value !== "" ? token.value : null;
}

/** A domain is a type to DuckDB, and a function a macro. */
function commentOnType({ tokens, edits }: References, kind: string, at: number): void {
  const word = { domain: "TYPE", function: "MACRO" }[kind];
  const token = tokens[at];
  if (word !== undefined && token !== undefined)
    edits.push({ start: token.start, end: token.end, text: word });
}

/** `(int, text)`: there is one function of a name. */
function dropArguments(tokens: TokenReader, references: References): void {
  const open = references.tokens[tokens.position];
  readArgumentTypes(tokens, references);
  const close = references.tokens[tokens.position - 1];
  if (isSymbol(open, "(") && open !== undefined && close !== undefined)
    references.edits.push({ start: open.start, end: close.end, text: "" });
}

function withoutLast(name: NameSpan, references: References, index: number): NameSpan {
  const parts = name.parts.slice(0, -1);
  return {
    parts,
    start: name.start,
    end: references.tokens[index + 2 * (parts.length - 1)]?.end ?? name.end,
  };
}

/** The name behind `CREATE … TYPE` or `ALTER … SCHEMA`, over the words that may stand between. */
export function readNameBehind(references: References, word: string, role: NameRole): void {
  const tokens = new TokenReader(references.text, references.tokens);
  while (!tokens.accept(word)) tokens.next();
  tokens.accept("concurrently");
  if (!tokens.accept("if", "not", "exists")) tokens.accept("if", "exists");
  tokens.accept("only");
  references.addName(role, tokens.qualifiedName(), OBJECTS.get(word) ?? "other");
}
