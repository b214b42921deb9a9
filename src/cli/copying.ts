/** COPY … FROM STDIN of the command line: what comes in goes to the server as it is; the driver leaves that to its users. */
import { once } from "node:events";
import { fstatSync } from "node:fs";
import { Readable, type Duplex } from "node:stream";
import { Query, type QueryConfig } from "pg";
import { OperatorError } from "../core/operator-error.js";

/** What the driver's connection has beside what its types tell. */
interface CopyConnection {
  readonly stream: Duplex;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** Asked for what a COPY reads. Undefined: it has been read already. */
export type CopyInput = () => Readable | undefined;

const NO_INPUT =
  "standard input has been read already: give the statements as an argument, with one COPY FROM STDIN";

/** What is no file, pipe or terminal would read as nothing at all. */
export function standardInput(): Readable {
  return fstatSync(0).isDirectory() ? new Readable({ read: refuseDirectory }) : process.stdin;
}

function refuseDirectory(this: Readable): void {
  this.destroy(new OperatorError("standard input is a directory"));
}

/** A query whose COPY … FROM STDIN is given its data. */
export class CopyingQuery extends Query<(string | null)[]> {
  readonly #input: CopyInput;

  constructor(config: QueryConfig, input: CopyInput) {
    super(config);
    this.#input = input;
  }

  /** The driver calls it when the server waits for data. */
  handleCopyInResponse(connection: CopyConnection): void {
    const input = this.#input();
    if (input === undefined) return connection.sendCopyFail(NO_INPUT);
    const ending = new AbortController();
    for (const event of ["end", "error"])
      this.once(event, () => {
        ending.abort();
        // A program that still waits for more input would not end.
        input.destroy();
      });
    void send(input, connection, ending.signal);
  }
}

/** What cannot be read to its end is no data: the server takes nothing of it. */
async function send(input: Readable, connection: CopyConnection, ended: AbortSignal): Promise<void> {
  const { stream } = connection;
  try {
    for await (const chunk of input) {
      if (ended.aborted) return;
      connection.sendCopyFromChunk(chunk);
      if (stream.writableNeedDrain) await once(stream, "drain", { signal: ended });
    }
    if (!ended.aborted) connection.endCopyFrom();
  } catch (error) {
    if (!ended.aborted) connection.sendCopyFail(error instanceof Error ? error.message : String(error));
  }
}
