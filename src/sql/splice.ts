/**
 * Replaces parts of a text by position. The only way this server changes a client's statement.
 */
import type { TextEdit } from "./analysis.js";

/**
 * Applies edits given in any order; two insertions at one place keep the order in which they were given, those that go around others outermost.
 *
 * Limits  edits that overlap, leave the text or end before they start are a broken invariant: RangeError
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = sortEdits(edits);
  const pieces: string[] = [];
  let done = 0;
  for (const edit of sorted) {
    if (edit.start < done || edit.end < edit.start || edit.end > text.length) {
      throw new RangeError(
        `edit ${edit.start}..${edit.end} overlaps another or leaves the text (${text.length})`,
      );
    }
    pieces.push(text.slice(done, edit.start), edit.text);
    done = edit.end;
  }
  pieces.push(text.slice(done));
  return pieces.join("");
}

/** A part of a text with the edits that lie inside it. An insertion at its end belongs to what follows, unless that is nothing. */
export function applyEditsWithin(
  text: string,
  edits: readonly TextEdit[],
  { start, end }: { readonly start: number; readonly end: number },
): string {
  const inside = edits.filter(
    (edit) => edit.start >= start && edit.end <= end && (edit.start < end || end === text.length),
  );
  return applyEdits(
    text.slice(start, end),
    inside.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start })),
  );
}

/** Sorted by start; at one start insertions come before the replacement that begins there, inside of those that go around others. */
export function sortEdits<Edit extends TextEdit>(edits: readonly Edit[]): Edit[] {
  return edits.toSorted(
    (left, right) => left.start - right.start || left.end - right.end || rank(left) - rank(right),
  );
}

function rank({ around }: TextEdit): number {
  if (around === undefined) return 0;
  return around === "opens" ? -1 : 1;
}
