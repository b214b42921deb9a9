/** ALTER TYPE … ADD VALUE and RENAME VALUE, and the texts in which an enum's labels stand. */
import type { TextEdit } from "./analysis.js";
import { flagField, textField, type AstNode } from "./ast.js";
import type { EnumAlteration } from "./definition-forms.js";
import { tokenise, type Token } from "./lexer.js";
import { readNameBehind } from "./named-objects.js";
import { quoteLiteral } from "./names.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { applyEdits } from "./splice.js";
import { isSymbol, isWord } from "./token-reader.js";

/** Reads PostgreSQL's AlterEnumStmt. */
export function readAlterEnum(node: AstNode, references: References): Reading {
  readNameBehind(references, "type", "alter");
  return plainReading("alterTable", "ALTER TYPE", true, { alteration: alterationOf(node) });
}

function alterationOf(node: AstNode): EnumAlteration {
  const [label, old, neighbour] = ["newVal", "oldVal", "newValNeighbor"].map((field) =>
    textField(node, field),
  );
  if (typeof node["oldVal"] === "string") return { kind: "renameLabel", label: old ?? "", to: label ?? "" };
  return {
    kind: "addLabel",
    label: label ?? "",
    ifNotExists: flagField(node, "skipIfNewValExists"),
    neighbour: typeof node["newValNeighbor"] === "string" ? neighbour : undefined,
    isBehind: flagField(node, "newValIsAfter"),
  };
}

/** An enum that becomes another one. */
export interface EnumChange {
  /** As DuckDB prints it. */
  readonly from: string;
  readonly to: string;
  /** A label that gets another name. */
  readonly renamed: { readonly label: string; readonly to: string } | undefined;
}

/** A text of DuckDB's with the other enum in it, and what is cast to it. */
export function retypedText(text: string, change: EnumChange): string {
  const tokens = tokenise(text);
  const printed = tokenise(change.from);
  const edits: TextEdit[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (!isAt(tokens, at, printed)) continue;
    const last = at + printed.length - 1;
    edits.push({ start: tokens[at]?.start ?? 0, end: tokens[last]?.end ?? 0, text: change.to });
    edits.push(...castLabel(tokens, at, change));
    at = last;
  }
  return applyEdits(
    text,
    edits.toSorted((a, b) => a.start - b.start),
  );
}

function isAt(tokens: readonly Token[], at: number, wanted: readonly Token[]): boolean {
  return wanted.every((token, index) => {
    const own = tokens[at + index];
    // In a cast DuckDB prints the word in quotation marks.
    if (index === 0) return own?.value.toLowerCase() === token.value.toLowerCase() && own.kind !== "string";
    return own?.kind === token.kind && own.value === token.value;
  });
}

/** `CAST('old' AS` in front of the type. */
function castLabel(tokens: readonly Token[], at: number, { renamed }: EnumChange): readonly TextEdit[] {
  const [label, as] = [tokens[at - 2], tokens[at - 1]];
  if (renamed === undefined || label?.kind !== "string" || !isWord(as, "as")) return [];
  return label.value === renamed.label
    ? [{ start: label.start, end: label.end, text: quoteLiteral(renamed.to) }]
    : [];
}

/** True where a label stands as a text of its own: of what type it is, the text does not say. */
export function mentionsLabel(text: string, label: string): boolean {
  return tokenise(text).some(({ kind, value }) => kind === "string" && value === label);
}

/** `DEFAULT('old')` of a column of the enum. */
export function withRenamedDefault(text: string, { renamed }: EnumChange): string {
  if (renamed === undefined) return text;
  const tokens = tokenise(text);
  const at = tokens.findIndex((token) => isWord(token, "default"));
  const [open, label, close] = tokens.slice(at + 1, at + 4);
  const isLabel = at !== -1 && isSymbol(open, "(") && label?.kind === "string" && isSymbol(close, ")");
  if (!isLabel || label.value !== renamed.label) return text;
  return applyEdits(text, [{ start: label.start, end: label.end, text: quoteLiteral(renamed.to) }]);
}
