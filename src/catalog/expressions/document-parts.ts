/** A text of canonical JSON by its outermost parts: one blank behind commas and colons, none elsewhere outside of strings. */

export type Parts =
  | { readonly kind: "object"; readonly members: readonly (readonly [key: string, value: string])[] }
  | { readonly kind: "array"; readonly items: readonly string[] }
  | { readonly kind: "scalar" };

export function partsOf(text: string): Parts {
  const open = text.charAt(0);
  if (open !== "{" && open !== "[") return { kind: "scalar" };
  const pieces = split(text.slice(1, -1));
  if (open === "[") return { kind: "array", items: pieces };
  const members = pieces.map((piece) => {
    const end = stringEnd(piece, 0);
    return [piece.slice(0, end), piece.slice(end + 2)] as const;
  });
  return { kind: "object", members };
}

/** At the commas outside of brackets and strings. */
function split(text: string): readonly string[] {
  const pieces: string[] = [];
  let [start, depth] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') at = stringEnd(text, at) - 1;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    else if (character === "," && depth === 0) {
      pieces.push(text.slice(start, at));
      start = at + 2;
    }
  }
  if (text !== "") pieces.push(text.slice(start));
  return pieces;
}

/** Behind the closing quote of the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
  return at + 1;
}

export const objectText = (members: readonly (readonly [string, string])[]): string =>
  `{${members.map(([key, value]) => `${key}: ${value}`).join(", ")}}`;
export const arrayText = (items: readonly string[]): string => `[${items.join(", ")}]`;
