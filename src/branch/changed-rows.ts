/** Which rows of a table a transaction changes, as far as it knows. */
import type { RegistryState } from "./registry-state.js";
import { relationKey, type HeadId, type RelationName, type Sequence, type Version } from "./model.js";
import type { WrittenRelation } from "./registry.js";
import { FIRST_LOCAL_ROW_ID } from "./rows.js";

/** Some rows by id: at least those that a statement changes. Rows that it only adds are in no such list. */
export interface RowIds {
  /** A JSON array of numbers. */
  readonly json: string;
  readonly lowest: number;
  readonly highest: number;
  /** They are changed where they are: no row leaves the table. */
  readonly inPlace?: boolean;
}

/** Of rows that are not known every one may have changed. */
export type ChangedRows = readonly RowIds[] | "unknown";

/** A log of more rows than this is no better than a copy. */
const MANY_ROWS = 1_000_000;

/** The query whose row `readRowIds` reads: `id` is what gives a row id in `source`, FROM … WHERE …; `before` a WITH. */
export function rowIdsQuery(id: string, source: string, before = ""): string {
  // Not as JSON of a list: that takes DuckDB twice as long to plan as all the rest.
  return `${before} SELECT count(*), min(id), max(id), system.main.string_agg(CAST(id AS VARCHAR), ',')
    FROM (SELECT ${id} AS id ${source} LIMIT ${MANY_ROWS + 1}) WHERE id < ${FIRST_LOCAL_ROW_ID}`;
}

export function readRowIds([count, lowest, highest, ids]: readonly unknown[]): ChangedRows {
  if (typeof count !== "bigint" || count > MANY_ROWS) return "unknown";
  if (typeof lowest !== "bigint" || typeof highest !== "bigint" || typeof ids !== "string") return [];
  return [{ json: `[${ids}]`, lowest: Number(lowest), highest: Number(highest) }];
}

interface Written {
  readonly relation: WrittenRelation;
  readonly rows: ChangedRows;
  /** The point at which what pins read of these rows was last kept; -1 for not yet. */
  readonly keptAt: Sequence;
}

/** A table whose state has to be kept for a pin before a commit may change it. */
export interface UnkeptTable {
  readonly version: Version;
  readonly rows: ChangedRows;
}

/** The relations that a transaction has written. */
export class WrittenRelations {
  readonly #byName = new Map<string, Written>();

  get size(): number {
    return this.#byName.size;
  }

  get relations(): WrittenRelation[] {
    return [...this.#byName.values()].map(({ relation }) => relation);
  }

  has(head: HeadId, relation: RelationName): boolean {
    return this.#byName.has(nameOn(head, relation));
  }

  /** Tells which were written before this call. */
  soFar(head: HeadId): (relation: RelationName) => boolean {
    const written = new Set(this.#byName.keys());
    return (relation) => written.has(nameOn(head, relation));
  }

  add(relation: WrittenRelation, rows: ChangedRows): void {
    const name = nameOn(relation.head, relation);
    const before = this.#byName.get(name);
    const known = before === undefined ? [] : before.rows;
    const all = known === "unknown" || rows === "unknown" ? "unknown" : [...known, ...rows];
    // Rows that came later have not been kept with the earlier ones.
    this.#byName.set(name, { relation, rows: all, keptAt: -1 });
  }

  delete(head: HeadId, relation: RelationName): void {
    this.#byName.delete(nameOn(head, relation));
  }

  /** Remembers that what pins read of these rows is kept. */
  markKept({ head, schema, name }: Version, keptAt: Sequence): void {
    const key = nameOn(head, { schema, name });
    const written = this.#byName.get(key);
    if (written !== undefined) this.#byName.set(key, { ...written, keptAt });
  }

  /** What must not be committed over yet: a table that a pin reads as it is, or from which it reads through a log. */
  unkept(state: RegistryState): UnkeptTable[] {
    return [...this.#byName.values()].flatMap(({ relation, rows, keptAt }) => {
      const version = state.own(relation.head, relation);
      if (version?.kind !== "table") return [];
      const isAddedTo = rows !== "unknown" && rows.length === 0;
      const isLogged = !isAddedTo && keptAt < version.from && state.loggedOver(version).length > 0;
      return state.isPinned(version) || isLogged ? [{ version, rows }] : [];
    });
  }
}

function nameOn(head: HeadId, relation: RelationName): string {
  return `${head} ${relationKey(relation)}`;
}
