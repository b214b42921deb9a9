/** Places for connections, few enough to be held by one address alone: who is to go when one more comes. */

interface Guest {
  readonly address: string;
}

/**
 * Makes room for a newcomer by showing the door to an old one: the oldest of the address that has the most, so that a
 * flood from one address takes its own places.
 */
export class CrowdedPlaces<Connection extends Guest> {
  readonly #byAddress = new Map<string, Set<Connection>>();
  readonly #limit: number;
  readonly #mayGo: (connection: Connection) => boolean;
  #size = 0;

  /** `mayGo`: whether this one can be shown the door now; a newcomer always can. */
  constructor(limit: number, mayGo: (connection: Connection) => boolean = () => true) {
    this.#limit = limit;
    this.#mayGo = mayGo;
  }

  /** The connection that has to go, if there are too many now. */
  add(connection: Connection): Connection | undefined {
    const sameAddress = this.#byAddress.get(connection.address) ?? new Set();
    this.#byAddress.set(connection.address, sameAddress.add(connection));
    this.#size++;
    if (this.#size <= this.#limit) return undefined;
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
    const crowds = [...this.#byAddress.values()].toSorted((a, b) => b.size - a.size);
    for (const crowd of crowds)
      for (const connection of crowd) if (this.#mayGo(connection)) return connection;
    return undefined;
  }
}
