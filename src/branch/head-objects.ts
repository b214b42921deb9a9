/**
 * What a head has beside tables and views: functions (macros), types, sequences, schemas and comments (object-comments.ts), as versions
 * like theirs. None of them has rows: a function and a type are their definitions, put into a statement where it names them. Only a
 * sequence is something in the file. Pure.
 */
import { asBrand, type Brand } from "../core/brand.js";
import { normaliseName } from "../sql/names.js";
import type { HeadId, PhysicalTable, Sequence } from "./model.js";

export const OBJECT_KINDS = ["function", "type", "sequence", "schema", "comment"] as const;
export type HeadObjectKind = (typeof OBJECT_KINDS)[number];

/** An object's name; a schema's own `schema` is empty. */
export interface ObjectName {
  readonly kind: HeadObjectKind;
  readonly schema: string;
  readonly name: string;
}

/** What a name means on one head during [from, to). */
export interface HeadObject extends ObjectName {
  readonly id: number;
  readonly head: HeadId;
  /** The mark that a branch dropped what its parent has. */
  readonly dropped: boolean;
  /** Of a function its CREATE MACRO, of a type what it stands for, of a comment its text; otherwise null. */
  readonly definition: string | null;
  /** What DuckDB's catalogue says of one of main: not equal any more, another object. */
  readonly catalogued: string | null;
  /** The sequence in the file. */
  readonly physical: PhysicalTable | null;
  readonly from: Sequence;
  readonly to: Sequence | null;
}

/** One of main, as DuckDB's catalogue has it. */
export type MainObject = Pick<
  HeadObject,
  "kind" | "schema" | "name" | "definition" | "catalogued" | "physical"
>;

export type ObjectChange =
  | { readonly change: "putObject"; readonly object: HeadObject }
  | { readonly change: "removeObject"; readonly object: HeadObject };

type ObjectKey = Brand<string, "ObjectKey">;

export function objectKey({ kind, schema, name }: ObjectName): ObjectKey {
  return asBrand(JSON.stringify([kind, normaliseName(schema), normaliseName(name)]));
}

/** True while the object is what its name means at a point; null: now. */
export function coversPoint(
  { from, to }: { readonly from: Sequence; readonly to: Sequence | null },
  at: Sequence | null,
): boolean {
  if (at === null) return to === null;
  return from <= at && (to === null || at < to);
}

type ObjectsByName = ReadonlyMap<ObjectKey, readonly HeadObject[]>;

/** All objects of all heads. */
export class HeadObjects {
  readonly #byHead: ReadonlyMap<HeadId, ObjectsByName>;

  constructor(byHead: ReadonlyMap<HeadId, ObjectsByName> = new Map()) {
    this.#byHead = byHead;
  }

  /** With the changes made; objects are replaced as a whole, by id. */
  with(changes: readonly ObjectChange[]): HeadObjects {
    if (changes.length === 0) return this;
    const byHead = new Map(this.#byHead);
    const copied = new Map<HeadId, Map<ObjectKey, readonly HeadObject[]>>();
    for (const { change, object } of changes) {
      const names = copied.get(object.head) ?? new Map(byHead.get(object.head));
      copied.set(object.head, names);
      byHead.set(object.head, names);
      const key = objectKey(object);
      const others = (names.get(key) ?? []).filter(({ id }) => id !== object.id);
      const list = change === "putObject" ? [...others, object] : others;
      if (list.length === 0) names.delete(key);
      else names.set(key, list);
    }
    for (const head of copied.keys()) if (byHead.get(head)?.size === 0) byHead.delete(head);
    return new HeadObjects(byHead);
  }

  /** What the head itself has of a name at a point, marks of dropped ones included. */
  at(head: HeadId, name: ObjectName, at: Sequence | null): HeadObject | undefined {
    return this.#byHead
      .get(head)
      ?.get(objectKey(name))
      ?.find((object) => coversPoint(object, at));
  }

  /** All that is recorded on one head. */
  of(head: HeadId): readonly HeadObject[] {
    return [...(this.#byHead.get(head)?.values() ?? [])].flat();
  }
}
