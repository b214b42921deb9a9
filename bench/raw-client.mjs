/** A client that reads a result's bytes without looking at them: what it measures is the server. */
import { once } from "node:events";
import { connect } from "node:net";
import { serialize } from "pg-protocol";

/** ReadyForQuery, idle. It holds NUL bytes and ends a message cycle, so it cannot end a chunk of text rows by chance. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const ERROR = "E".charCodeAt(0);
/** Most that one read gives. One buffer for all reads: a client that allocates as much as it reads would be the one measured. */
const READ_BYTES = 262_144;

/** Connects and waits until the server is ready for a query. */
export async function connectRaw({ host, port, user = "bench", database = "main" }) {
  const client = new RawClient({ host, port });
  await client.start({ user, database });
  return client;
}

class RawClient {
  #socket;
  #bytes = 0;
  /** The last bytes read: the answer's end may come in pieces. */
  #tail = Buffer.alloc(0);
  #reading;

  constructor(address) {
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (size, buffer) => this.#read(size, buffer),
    };
    this.#socket = connect({ ...address, noDelay: true, onread });
    this.#socket.on("error", (error) => this.#reading?.reject(error));
    this.#socket.on("close", () => this.#reading?.reject(new Error("the server closed the connection")));
  }

  async start(parameters) {
    await once(this.#socket, "connect");
    await this.#exchange(serialize.startup(parameters));
  }

  /** Sends a query and reads its answer to the end; gives the number of bytes. `onChunk` may ask for a pause, in ms. */
  async drain(sql, { binary = false, onChunk } = {}) {
    if (!binary) return await this.#exchange(serialize.query(sql), onChunk);
    const messages = [serialize.parse({ text: sql }), serialize.bind({ binary }), serialize.execute({})];
    return await this.#exchange(Buffer.concat([...messages, serialize.sync()]), onChunk);
  }

  /** Sends a COPY FROM STDIN with its data, pieces of any size, as fast as they are taken. */
  async copyIn(sql, pieces) {
    this.#bytes = 0;
    const answered = new Promise((resolve, reject) => (this.#reading = { resolve, reject }));
    this.#socket.write(serialize.query(sql));
    for (const piece of pieces) {
      if (!this.#socket.write(serialize.copyData(piece))) await once(this.#socket, "drain");
    }
    this.#socket.write(serialize.copyDone());
    return await answered;
  }

  async prepare(name, text) {
    await this.#exchange(Buffer.concat([serialize.parse({ name, text }), serialize.sync()]));
  }

  /** Binds a prepared statement to its values, runs it and reads the answer; gives the number of bytes. */
  async execute(statement, values) {
    const messages = [serialize.bind({ statement, values }), serialize.execute({}), serialize.sync()];
    return await this.#exchange(Buffer.concat(messages));
  }

  close() {
    this.#socket.destroy();
  }

  async #exchange(request, onChunk) {
    this.#bytes = 0;
    const answered = new Promise((resolve, reject) => (this.#reading = { resolve, reject, onChunk }));
    this.#socket.write(request);
    return await answered;
  }

  /** False pauses the socket. */
  #read(size, buffer) {
    const chunk = buffer.subarray(0, size);
    if (this.#bytes === 0 && chunk[0] === ERROR) this.#reading.reject(new Error(chunk.toString("latin1")));
    this.#bytes += size;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-READY.length)]).subarray(-READY.length);
    if (this.#tail.equals(READY)) this.#reading.resolve(this.#bytes);
    const pauseMs = this.#reading.onChunk?.(this.#bytes) ?? 0;
    if (pauseMs === 0) return true;
    setTimeout(() => this.#socket.resume(), pauseMs);
    return false;
  }
}
