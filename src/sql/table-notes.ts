/**
 * What a table's definition cannot keep in DuckDB: comments on its constraints, and what CREATE INDEX says beyond keys that
 * are ascending. It stands behind the table's own comment, where it goes with the table through forks, copies and merges.
 *
 * Shape  people⏎duckbranch notes {"constraints":{"t_pkey":"the key"},"indexes":{"i":{"options":[3]}}}
 */
import { tokenise } from "./lexer.js";
import { isSameName, quoteIdentifier } from "./names.js";
import { applyEdits } from "./splice.js";
import { isSymbol } from "./token-reader.js";

export interface TableNotes {
  /** The table's own comment. */
  readonly comment: string | null;
  readonly constraints: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, IndexNote>>;
  /** The table holds the rows of a materialized view. */
  readonly view?: ViewNote;
}

/** Its columns are the table's. */
export interface ViewNote {
  /** With the schemas of what it reads, as clients call them. */
  readonly query: string;
  readonly populated: boolean;
}

/** Fields that say nothing new are left out. */
export interface IndexNote {
  /** hash, gin … for `btree`. */
  readonly method?: string;
  /** As pg_index.indoption has it, a number per key: 1 for DESC, 2 for NULLS FIRST. */
  readonly options?: readonly number[];
  /** Operator classes, one per key; "" for the type's own. */
  readonly classes?: readonly string[];
  /** INCLUDE. */
  readonly include?: readonly string[];
  /** WHERE, as it was written. */
  readonly where?: string;
  /** What it is told to be over, where DuckDB's is over something else: see partial-unique.ts. */
  readonly keys?: readonly string[];
  /** COMMENT ON INDEX; also of the index behind a key. */
  readonly comment?: string;
}

/** What a statement says of it; null takes a comment away. */
export type TableNote =
  | { readonly kind: "table"; readonly comment: string | null }
  | { readonly kind: "constraint"; readonly name: string; readonly comment: string | null }
  | { readonly kind: "constraintName"; readonly name: string; readonly to: string | undefined }
  | { readonly kind: "index"; readonly note: IndexNote | undefined }
  | { readonly kind: "indexComment"; readonly comment: string | null }
  | { readonly kind: "indexName"; readonly to: string }
  | { readonly kind: "view"; readonly note: ViewNote };

type Side = "source" | "target";

const MARK = "\nduckbranch notes ";

/** Comments that hold notes have this in them. */
export const NOTED = MARK;

/** True for the comment of a table that holds the rows of a materialized view. */
export function isMaterialized(text: string): boolean {
  return readNotes(text).view !== undefined;
}

/** Reads a table's comment as DuckDB keeps it. */
export function readNotes(text: string | null): TableNotes {
  const at = text?.lastIndexOf(MARK) ?? -1;
  if (text === null || at < 0) return { comment: text, constraints: {}, indexes: {} };
  const kept: unknown = JSON.parse(text.slice(at + MARK.length));
  const { constraints, indexes, view } = isKept(kept) ? kept : {};
  return {
    comment: at === 0 ? null : text.slice(0, at),
    constraints: constraints ?? {},
    indexes: indexes ?? {},
    ...(view && { view }),
  };
}

/** The comment that DuckDB keeps; null for none. */
function notesText({ comment, constraints, indexes, view }: TableNotes): string | null {
  const kept = {
    ...(Object.keys(constraints).length > 0 && { constraints }),
    ...(Object.keys(indexes).length > 0 && { indexes }),
    ...(view && { view }),
  };
  return Object.keys(kept).length === 0 ? comment : `${comment ?? ""}${MARK}${JSON.stringify(kept)}`;
}

/** The table's comment once the statement is done; `index` is what the index it makes or changes is called. */
export function notedText(text: string | null, note: TableNote, index = ""): string | null {
  const notes = readNotes(text);
  switch (note.kind) {
    case "table":
      return notesText({ ...notes, comment: note.comment });
    case "constraint":
      return notesText({
        ...notes,
        constraints: changed(notes.constraints, note.name, note.comment ?? undefined),
      });
    case "constraintName": {
      const { constraints, indexes } = notes;
      return notesText({
        ...notes,
        constraints: underName(constraints, note.name, note.to),
        indexes: underName(indexes, note.name, note.to),
      });
    }
    case "index":
      return notesText({ ...notes, indexes: changed(notes.indexes, index, note.note) });
    case "indexComment":
      return notesText({ ...notes, indexes: commented(notes.indexes, index, note.comment) });
    case "indexName":
      return notesText({ ...notes, indexes: underName(notes.indexes, index, note.to) });
    case "view":
      return notesText({ ...notes, view: note.note });
    default:
      return note satisfies never;
  }
}

/**
 * The same for columns of other names; `columns` are those there are then. Indexes that INCLUDE another one, or have the
 * `dropped` one in their WHERE, are gone.
 */
export function fittedNotes(
  text: string,
  renamed: ReadonlyMap<string, string>,
  columns: ReadonlySet<string>,
  dropped?: string,
): { readonly text: string | null; readonly gone: ReadonlySet<string> } {
  const notes = readNotes(text);
  const gone = new Set<string>();
  const indexes = Object.entries(notes.indexes).flatMap(([name, note]): [string, IndexNote][] => {
    const include = note.include?.map((column) => renamed.get(column) ?? column);
    const isIn = dropped !== undefined && namesColumn(note.where ?? "", dropped);
    if (isIn || include?.every((column) => columns.has(column)) === false) {
      gone.add(name);
      return [];
    }
    const where = note.where && renamedIn(note.where, renamed);
    const keys = note.keys?.map((key) =>
      key.startsWith("(") ? renamedIn(key, renamed) : (renamed.get(key) ?? key),
    );
    const fitted = {
      ...(include && { include }),
      ...(where !== undefined && { where }),
      ...(keys && { keys }),
    };
    return [[name, { ...note, ...fitted }]];
  });
  return { text: notesText({ ...notes, indexes: Object.fromEntries(indexes) }), gone };
}

function namesColumn(expression: string, column: string): boolean {
  const tokens = tokenise(expression);
  return tokens.some(
    ({ kind, value }, at) =>
      (kind === "word" || kind === "quoted") && isSameName(value, column) && !isSymbol(tokens[at + 1], "("),
  );
}

function renamedIn(expression: string, renamed: ReadonlyMap<string, string>): string {
  const tokens = tokenise(expression);
  const edits = tokens.flatMap((token, at) => {
    const to = token.kind === "word" || token.kind === "quoted" ? renamed.get(token.value) : undefined;
    if (to === undefined || isSymbol(tokens[at + 1], "(")) return [];
    return [{ start: token.start, end: token.end, text: quoteIdentifier(to) }];
  });
  return applyEdits(expression, edits);
}

/**
 * Both sides' changes; what both changed, and differently, is the winner's, and undefined where nobody wins. `ours` is the target.
 * Rows of a materialized view are not merged: whether there are any is said by the target.
 */
export function mergedNotes(
  base: string | null,
  ours: string | null,
  theirs: string | null,
  winner?: Side,
): string | null | undefined {
  const [before, own, other] = [readNotes(base), readNotes(ours), readNotes(theirs)];
  const comment = mergedValue(before.comment, own.comment, other.comment, winner);
  const constraints = mergedRecord(before.constraints, own.constraints, other.constraints, winner);
  const indexes = mergedRecord(before.indexes, own.indexes, other.indexes, winner);
  const query = mergedValue(
    before.view?.query ?? null,
    own.view?.query ?? null,
    other.view?.query ?? null,
    winner,
  );
  if (comment === undefined || constraints === undefined || indexes === undefined || query === undefined)
    return undefined;
  const view = query === null ? undefined : { query, populated: own.view?.populated ?? false };
  return notesText({ comment, constraints, indexes, ...(view && { view }) });
}

function mergedRecord<T>(
  base: Readonly<Record<string, T>>,
  ours: Readonly<Record<string, T>>,
  theirs: Readonly<Record<string, T>>,
  winner: Side | undefined,
): Record<string, T> | undefined {
  const merged: [string, T][] = [];
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const value = mergedValue(base[name] ?? null, ours[name] ?? null, theirs[name] ?? null, winner);
    if (value === undefined) return undefined;
    if (value !== null) merged.push([name, value]);
  }
  return Object.fromEntries(merged);
}

function mergedValue<T>(base: T, ours: T, theirs: T, winner: Side | undefined): T | undefined {
  const [before, own, other] = [base, ours, theirs].map((value) => JSON.stringify(value));
  if (other === before || other === own) return ours;
  if (own === before || winner === "source") return theirs;
  return winner === "target" ? ours : undefined;
}

function changed<T>(
  record: Readonly<Record<string, T>>,
  name: string,
  value: T | undefined,
): Readonly<Record<string, T>> {
  const others = Object.entries(record).filter(([key]) => key !== name);
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
}

/** Without what is kept under `from` if it gets no other name. */
function underName<T>(
  record: Readonly<Record<string, T>>,
  from: string,
  to: string | undefined,
): Readonly<Record<string, T>> {
  const without = changed(record, from, undefined);
  return to === undefined ? without : changed(without, to, record[from]);
}

function commented(
  indexes: TableNotes["indexes"],
  index: string,
  comment: string | null,
): TableNotes["indexes"] {
  const { comment: _, ...others } = indexes[index] ?? {};
  const note = { ...others, ...(comment !== null && { comment }) };
  return changed(indexes, index, Object.keys(note).length === 0 ? undefined : note);
}

function isKept(value: unknown): value is Partial<Pick<TableNotes, "constraints" | "indexes" | "view">> {
  return typeof value === "object" && value !== null;
}
