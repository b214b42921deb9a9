/** What one transaction does to functions, types, sequences and schemas of heads: part of the transaction's own state. */
import type { Connection } from "../engine/connection.js";
import { PENDING } from "./final-changes.js";
import {
  objectKey,
  type HeadObject,
  type HeadObjectKind,
  type ObjectChange,
  type ObjectName,
} from "./head-objects.js";
import { compareMainObjects, type MainDifference } from "./main-objects.js";
import { commentName, commentsOn, type Commented } from "./object-comments.js";
import { MAIN, type HeadId, type PhysicalTable } from "./model.js";
import type { RegistryState } from "./registry-state.js";

/** What it may do with the transaction. */
interface Planning {
  readonly state: () => RegistryState;
  readonly newId: () => number;
  readonly plan: (...changes: readonly ObjectChange[]) => void;
  /** What this transaction made and undid leaves nothing to record. */
  readonly forget: (object: HeadObject) => void;
}

export class ObjectChanges {
  readonly #planning: Planning;
  /** Kinds of which main may have others now: sequences come with tables, too, and both are quickly listed. */
  readonly #onMain = new Set<HeadObjectKind>(["sequence", "schema"]);
  /** Statements that made functions of main, as they were written: the catalogue leaves defaults of parameters out. */
  readonly #written = new Map<string, string>();
  readonly #kept = new Map<string, PhysicalTable>();
  /** What was given a meaning on a branch. */
  readonly made: { readonly head: HeadId }[] = [];

  constructor(planning: Planning) {
    this.#planning = planning;
  }

  /** Remembers that main may have other objects of these kinds: the registry is brought in line at commit. */
  markMain(...kinds: readonly HeadObjectKind[]): void {
    for (const kind of kinds) this.#onMain.add(kind);
  }

  /** Whether main may have other objects of this kind than the registry knows. */
  mayDifferOnMain(kind: HeadObjectKind): boolean {
    return this.#onMain.has(kind);
  }

  /** Remembers the CREATE MACRO that made a function of main. */
  noteFunction(name: ObjectName, definition: string): void {
    this.markMain("function");
    this.#written.set(objectKey(name), definition);
  }

  /** Remembers where a sequence of main goes on for those who read main as it was. */
  noteKept(name: ObjectName, physical: PhysicalTable): void {
    this.markMain("sequence");
    this.#kept.set(objectKey(name), physical);
  }

  newId(): number {
    return this.#planning.newId();
  }

  /** Gives a name on a branch its meaning, in place of the one it had there. */
  make(
    head: HeadId,
    object: ObjectName & Partial<Pick<HeadObject, "definition" | "physical" | "dropped">>,
  ): void {
    const own = this.#planning.state().ownObject(head, object);
    if (own !== undefined) this.#end(own);
    this.made.push({ head });
    const { kind, schema, name, definition = null, physical = null, dropped = false } = object;
    const lasting = { id: this.#planning.newId(), head, from: PENDING, to: null };
    this.#put({ kind, schema, name, definition, catalogued: null, physical, dropped, ...lasting });
  }

  /**
   * Drops what a name means on a branch; what it inherits is covered by a mark. `isGone`: the branch's own sequence is
   * dropped from the file, too.
   */
  drop(head: HeadId, { kind, schema, name }: ObjectName, isGone = false): void {
    const own = this.#planning.state().ownObject(head, { kind, schema, name });
    if (own !== undefined) this.#end(isGone ? { ...own, physical: null } : own);
    this.made.push({ head });
    if (this.#planning.state().findObject(head, { kind, schema, name }) !== undefined)
      this.make(head, { kind, schema, name, dropped: true });
    if (kind !== "comment") this.dropComments(head, { kind, schema, name });
  }

  /** Ends a branch's own, and what it inherits by the name is seen again. */
  end(object: HeadObject): void {
    this.made.push({ head: object.head });
    this.#end(object);
  }

  /** What a branch says of a thing that goes; returned as it was. */
  dropComments(
    head: HeadId,
    thing: Pick<Commented, "kind" | "schema" | "name">,
  ): ReturnType<typeof commentsOn> {
    const key = objectKey(commentName({ ...thing, column: null }));
    const own = commentsOn(this.#planning.state(), head).filter(
      (one) => objectKey(commentName({ ...one, column: null })) === key,
    );
    for (const one of own) this.drop(head, commentName(one));
    return own;
  }

  /** Removes one for good, with no pin left that could read it. */
  remove(object: HeadObject): void {
    this.#planning.plan({ change: "removeObject", object });
  }

  /** Records what differs between main's catalogue and the registry, both as of this transaction; `viewsEnded`: so did their comments. */
  async followMain(connection: Connection, viewsEnded: boolean): Promise<void> {
    const state = this.#planning.state();
    const compare = async (kinds: ReadonlySet<HeadObjectKind>): Promise<MainDifference> =>
      await compareMainObjects(connection, state, kinds, (object) => this.#written.has(objectKey(object)));
    const first = await compare(this.#onMain);
    const areLeft = (viewsEnded || first.ended.length > 0) && !this.#onMain.has("comment");
    const isSaid = areLeft && state.visibleObjects(MAIN, "comment").length > 0;
    const behind = isSaid ? await compare(new Set(["comment"])) : { ended: [], added: [] };
    const ended = [...first.ended, ...behind.ended];
    const added = [...first.added, ...behind.added];
    for (const object of ended) {
      const physical = this.#kept.get(objectKey(object)) ?? object.physical;
      this.#end({ ...object, physical });
    }
    for (const object of added) {
      const definition = this.#written.get(objectKey(object)) ?? object.definition;
      const ids = { id: this.#planning.newId(), head: MAIN, from: PENDING, to: null };
      this.#put({ ...object, ...ids, definition, dropped: false });
    }
  }

  #put(object: HeadObject): void {
    this.#planning.plan({ change: "putObject", object });
  }

  #end(object: HeadObject): void {
    if (object.from === PENDING) this.#planning.forget(object);
    else this.#put({ ...object, to: PENDING });
  }
}
