/** A PostgreSQL client down to its messages, with pg-protocol as the codec: what it reads was not written by us. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { serialize } from "pg-protocol";
import type { BackendMessage } from "pg-protocol/dist/messages.js";
import { Parser } from "pg-protocol/dist/parser.js";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One connection. Messages wait in order until they are asked for. */
export class WireClient implements Disposable {
  readonly socket: Socket;
  readonly #parser = new Parser();
  readonly #messages: BackendMessage[] = [];
  #closed = false;
  #wake: (() => void) | undefined;
  processId = 0;
  secret = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      this.#parser.parse(data, (message) => this.#messages.push(message));
      this.#wake?.();
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
    // A reset is seen as the close that follows it.
    socket.on("error", () => undefined);
  }

  /** Connects without saying anything. */
  static async dial({ host, port }: Address): Promise<WireClient> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new WireClient(socket);
  }

  /** Connects and starts up without a password, up to the first ReadyForQuery. */
  static async start(address: Address, parameters: Record<string, string> = {}): Promise<WireClient> {
    const client = await WireClient.dial(address);
    client.send(serialize.startup({ user: "postgres", ...parameters }));
    for (const message of await client.untilReady()) {
      if ("secretKey" in message && "processID" in message) {
        client.processId = Number(message.processID);
        client.secret = Number(message.secretKey);
      }
    }
    return client;
  }

  send(...messages: Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** The next message; undefined when the server has closed the connection. */
  async next(): Promise<BackendMessage | undefined> {
    while (this.#messages.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift();
  }

  /** All messages up to and with the next ReadyForQuery, or to the end of the connection. */
  async untilReady(): Promise<BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (;;) {
      const message = await this.next();
      if (message === undefined) return messages;
      messages.push(message);
      if (message.name === "readyForQuery") return messages;
    }
  }

  /** All messages to the end of the connection. */
  async untilClosed(): Promise<BackendMessage[]> {
    const messages: BackendMessage[] = [];
    for (let message = await this.next(); message; message = await this.next()) messages.push(message);
    return messages;
  }

  async query(text: string): Promise<BackendMessage[]> {
    this.send(serialize.query(text));
    return this.untilReady();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** The kinds of messages, in order; what a server says of its settings at any time is left out. */
export function describeMessages(messages: readonly BackendMessage[]): string[] {
  return messages.map((message) => message.name).filter((name) => name !== "parameterStatus");
}
