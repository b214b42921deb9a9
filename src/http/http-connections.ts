/**
 * The port's connections: so many at a time, and when one more comes, one has to go that no request works for: idle, or still
 * sending its request. So an address that opens many, or sends slowly, loses its own, and nobody else waits for it.
 */
import type { IncomingMessage, Server } from "node:http";
import { CrowdedPlaces } from "../core/crowded-places.js";

type Socket = IncomingMessage["socket"];

interface Connection {
  readonly address: string;
  readonly socket: Socket;
  /** Requests that are there in full, and not answered. */
  working: number;
}

export class HttpConnections {
  readonly #places: CrowdedPlaces<Connection>;
  /** By the other end: under TLS a request has another socket than the one that was accepted. */
  readonly #byPeer = new Map<string, Connection>();
  readonly #working = new WeakMap<IncomingMessage, Connection>();

  constructor(server: Server, limit: number) {
    this.#places = new CrowdedPlaces(limit, ({ working }) => working === 0);
    server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  /** The request is there in full. */
  begin(request: IncomingMessage): void {
    const connection = this.#byPeer.get(peerOf(request.socket));
    if (connection === undefined || this.#working.has(request)) return;
    this.#working.set(request, connection);
    connection.working++;
  }

  /** It is answered, or its client has left; nothing happens for one that did not begin. */
  end(request: IncomingMessage): void {
    const connection = this.#working.get(request);
    if (connection === undefined) return;
    this.#working.delete(request);
    connection.working--;
  }

  #accept(socket: Socket): void {
    const connection = { address: socket.remoteAddress ?? "", socket, working: 0 };
    const peer = peerOf(socket);
    this.#byPeer.set(peer, connection);
    socket.once("close", () => {
      this.#places.delete(connection);
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
    });
    this.#places.add(connection)?.socket.destroy();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ""} ${remotePort ?? ""}`;
}
