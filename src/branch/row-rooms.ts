/**
 * Statements that are alone in their transactions, and change rows of a table in DuckDB's two ways (row-races.ts), take turns: those of
 * one way are in the table's room together, those of the other wait, or they would go on losing to each other. Blocks go in no
 * room: a client that thinks would keep all others waiting, for other rows than theirs.
 *
 * Who waits holds nothing, and takes its snapshot when it is in: so nobody waits for who waits. Rooms are for fairness alone, what is
 * lost is found at COMMIT: who has waited for long, for a client that does not end its statement, goes on without.
 */
import { canceled } from "./locks.js";
import type { RowChange } from "./row-races.js";

const PATIENCE_MS = 5000;

/** Whoever comes and goes: a session's connection. Compared by identity. */
type Visitor = object;

interface Wanted {
  readonly table: string;
  /** Two ways at once are compatible with nobody. */
  readonly way: RowChange | "either";
}

interface Room {
  readonly way: Wanted["way"];
  readonly inside: Set<Visitor>;
}

interface Waiting extends Wanted {
  readonly visitor: Visitor;
  readonly letIn: () => void;
}

export class RowRooms {
  readonly #rooms = new Map<string, Room>();
  /** What those who are alone were refused. */
  readonly #visitors = new Map<Visitor, Wanted | undefined>();
  /** In the order they came. */
  #waiting: readonly Waiting[] = [];
  readonly #patienceMs: number;

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** What this one's statement changes goes through rooms, until `endVisit`. */
  visit(visitor: Visitor): void {
    this.#visitors.set(visitor, undefined);
  }

  /** `stays`: in its rooms, to the end of the transaction. */
  endVisit(visitor: Visitor, stays: boolean): void {
    this.#visitors.delete(visitor);
    if (!stays) this.leave(visitor);
  }

  /** False for a visitor who has to wait. Nobody else is asked to. */
  enter(visitor: Visitor, table: string, changes: readonly RowChange[]): boolean {
    if (!this.#visitors.has(visitor)) return true;
    const [only, ...others] = changes;
    const wanted: Wanted = { table, way: only === undefined || others.length > 0 ? "either" : only };
    const isInside = this.#rooms.get(table)?.inside.has(visitor) === true;
    const isExpected = this.#waiting.some((waiting) => waiting.table === table);
    if (isInside || (!isExpected && this.#isOpen(wanted))) {
      this.#letIn(visitor, wanted);
      return true;
    }
    this.#visitors.set(visitor, wanted);
    return false;
  }

  /** Until the visitor is in the room it was refused, if it was, or needs none any more. Errors: 57014 when `signal` fires first */
  async wait(visitor: Visitor, signal: AbortSignal): Promise<void> {
    const wanted = this.#visitors.get(visitor);
    if (wanted === undefined) return;
    this.#visitors.set(visitor, undefined);
    let onAbort: () => void = nothing;
    let patience: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((letIn, reject) => {
        onAbort = () => reject(canceled());
        signal.addEventListener("abort", onAbort, { once: true });
        patience = setTimeout(() => {
          this.#visitors.delete(visitor);
          letIn();
        }, this.#patienceMs);
        this.#waiting = [...this.#waiting, { ...wanted, visitor, letIn }];
        this.#admit();
      });
    } finally {
      clearTimeout(patience);
      signal.removeEventListener("abort", onAbort);
      this.#waiting = this.#waiting.filter((waiting) => waiting.visitor !== visitor);
      this.#admit();
    }
  }

  leave(visitor: Visitor): void {
    for (const [table, { inside }] of this.#rooms) {
      if (!inside.delete(visitor) || inside.size > 0) continue;
      this.#rooms.delete(table);
    }
    this.#admit();
  }

  /** Lets in who can be, and nobody in front of one who waits for the same room. */
  #admit(): void {
    const closed = new Set<string>();
    const admitted = this.#waiting.filter((waiting) => {
      if (closed.has(waiting.table) || !this.#isOpen(waiting)) {
        closed.add(waiting.table);
        return false;
      }
      this.#letIn(waiting.visitor, waiting);
      return true;
    });
    this.#waiting = this.#waiting.filter((waiting) => !admitted.includes(waiting));
    for (const { letIn } of admitted) letIn();
  }

  #isOpen({ table, way }: Wanted): boolean {
    const room = this.#rooms.get(table);
    return room === undefined || (room.way === way && way !== "either");
  }

  #letIn(visitor: Visitor, { table, way }: Wanted): void {
    const room = this.#rooms.get(table) ?? { way, inside: new Set() };
    room.inside.add(visitor);
    this.#rooms.set(table, room);
  }
}

function nothing(): void {
  return undefined;
}
