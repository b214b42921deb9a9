/** What a history has led to so far, without a database: heads with their rows, and a block that is open on main. */
import { copyOf, TableModel, TABLES, type HeadModel, type TableName } from "./head-model.js";

/** Ids are below this; `moveKey` adds it. */
export const KEYS = 6;
export const MOST_HEADS = 5;

export interface Head {
  readonly name: string;
  readonly rows: HeadModel;
  readonly parent: Head | undefined;
  /** What the parent held when the branch was made, or last brought up to date. */
  readonly base: HeadModel;
  /** How it was last brought up to date, for as long as that was not undone. */
  synced?: Synced | undefined;
}

interface Synced {
  readonly mergeId: string;
  /** What it held, and what its parent had held, before; and what it held behind it. */
  readonly before: HeadModel;
  readonly base: HeadModel;
  readonly behind: HeadModel;
}

/** A row of main that a block, open beside everything else, has given a value. */
export interface OpenBlock {
  readonly table: TableName;
  readonly id: number;
  readonly value: number;
  /** Deleted, or moved to another key, by somebody else: DuckDB sees no conflict in that, and the value goes with the row. */
  isGone: boolean;
}

export class Model {
  readonly main: Head;
  readonly heads: Head[];
  open: OpenBlock | undefined;
  #names = 0;

  constructor() {
    const rows: HeadModel = new Map(TABLES.map((table) => [table, new TableModel()]));
    this.main = { name: "main", rows, parent: undefined, base: new Map() };
    this.heads = [this.main];
  }

  /** One of the heads there are, by any number. */
  head(choice: number): Head {
    return this.heads[choice % this.heads.length] ?? this.main;
  }

  childrenOf(head: Head): readonly Head[] {
    return this.heads.filter(({ parent }) => parent === head);
  }

  isParent(head: Head): boolean {
    return this.childrenOf(head).length > 0;
  }

  newNumber(): number {
    return ++this.#names;
  }

  addBranch(parent: Head, name: string): Head {
    const head = { name, rows: copyOf(parent.rows), parent, base: copyOf(parent.rows) };
    this.heads.push(head);
    return head;
  }

  remove(head: Head): void {
    this.heads.splice(this.heads.indexOf(head), 1);
  }
}
