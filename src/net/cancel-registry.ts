/** Who may cancel what: process ids and secrets of the connections of one server. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { BackendKey } from "../session/protocol-session.js";

const SECRET_BYTES = 4;
const MAX_PROCESS_ID = 0x7fff_ffff;

interface Entry {
  readonly secret: Buffer;
  readonly cancel: () => void;
}

/** Keys in use. A request with a wrong secret does nothing and is told nothing. */
export class CancelRegistry {
  readonly #entries = new Map<number, Entry>();
  #lastProcessId = 0;

  /** Gives a connection a key nobody else has. */
  register(cancel: () => void): BackendKey & Disposable {
    const processId = this.#freeProcessId();
    const secret = randomBytes(SECRET_BYTES);
    this.#entries.set(processId, { secret, cancel });
    return { processId, secret, [Symbol.dispose]: () => void this.#entries.delete(processId) };
  }

  cancel(processId: number, secret: Buffer): void {
    const entry = this.#entries.get(processId);
    if (entry === undefined || secret.length !== SECRET_BYTES) return;
    if (timingSafeEqual(entry.secret, secret)) entry.cancel();
  }

  #freeProcessId(): number {
    do {
      this.#lastProcessId = this.#lastProcessId >= MAX_PROCESS_ID ? 1 : this.#lastProcessId + 1;
    } while (this.#entries.has(this.#lastProcessId));
    return this.#lastProcessId;
  }
}
