/** Connections whose clients have not proved who they are: few, so that they cannot keep others out. */

/** Room for a burst of logins, and for cancel requests. */
const MAX_PENDING = 128;

interface Stranger {
  readonly address: string;
}

/**
 * Makes room for a new stranger by showing the door to an old one: the oldest of the address that has the most, so that
 * a flood from one address takes its own places.
 */
export class PendingConnections<Connection extends Stranger> {
  readonly #byAddress = new Map<string, Set<Connection>>();
  #size = 0;

  /** The connection that has to go, if there are too many now. */
  add(connection: Connection): Connection | undefined {
    const sameAddress = this.#byAddress.get(connection.address) ?? new Set();
    this.#byAddress.set(connection.address, sameAddress.add(connection));
    this.#size++;
    if (this.#size <= MAX_PENDING) return undefined;
    const evicted = this.#oldestOfCrowd();
    if (evicted !== undefined) this.delete(evicted);
    return evicted;
  }

  /** Does nothing for one that is not there. */
  delete(connection: Connection): void {
    const sameAddress = this.#byAddress.get(connection.address);
    if (sameAddress?.delete(connection) !== true) return;
    this.#size--;
    if (sameAddress.size === 0) this.#byAddress.delete(connection.address);
  }

  #oldestOfCrowd(): Connection | undefined {
    const [crowd] = [...this.#byAddress.values()].toSorted((a, b) => b.size - a.size);
    const [oldest] = crowd ?? [];
    return oldest;
  }
}
