/** What the protocol asks of whatever carries its bytes: a socket in production. Declared here, by the consumer. */
import type { Frame } from "../wire/frame-reader.js";

export interface ClientChannel {
  /**
   * The next whole frame, in order; not a promise when it is here already. Undefined when no more will be processed: the client is gone, or the server shuts
   * down. `atRest` says that nothing is under way for the client, so that a shutdown may end the wait here.
   *
   * Errors  SqlError 08P01 when the stream cannot be read on: fatal
   */
  nextFrame(atRest: boolean): Promise<Frame | undefined> | Frame | undefined;
  /**
   * Resolves when the bytes are on their way and the caller's again: all back-pressure there is.
   *
   * Errors  ClientGoneError when the client is gone
   */
  send(bytes: Uint8Array): Promise<void>;
}

/** The client hung up. Not an error of anyone's: the work under way is rolled back and nobody is told. */
export class ClientGoneError extends Error {
  constructor() {
    super("the client closed the connection");
    this.name = "ClientGoneError";
  }
}
