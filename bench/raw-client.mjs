/** A client that reads a result's bytes without looking at them: what it measures is the server. */
import { once } from "node:events";
import { connect } from "node:net";
import { serialize } from "pg-protocol";

/** ReadyForQuery, idle. It holds NUL bytes and ends a message cycle, so it cannot end a chunk of text rows by chance. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const ERROR = "E".charCodeAt(0);

/** Connects to main and waits until the server is ready for a query. */
export async function connectRaw({ host, port }) {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, "connect");
  socket.write(serialize.startup({ user: "bench", database: "main" }));
  await drain(socket);
  return socket;
}

/** Sends a simple query and reads its answer to the end; gives the number of bytes. */
export async function drainQuery(socket, sql, onChunk) {
  socket.write(serialize.query(sql));
  return await drain(socket, onChunk);
}

/** Reads up to ReadyForQuery. `onChunk` may pause the socket and resume it later. */
async function drain(socket, onChunk) {
  let bytes = 0;
  let tail = Buffer.alloc(0);
  return await new Promise((resolve, reject) => {
    const finish = (settle, value) => {
      socket.off("data", read).off("error", fail).off("close", closed);
      settle(value);
    };
    const fail = (error) => finish(reject, error);
    const closed = () => fail(new Error("the server closed the connection"));
    const read = (chunk) => {
      if (bytes === 0 && chunk[0] === ERROR) return fail(new Error(chunk.toString("latin1")));
      bytes += chunk.length;
      tail = chunk.length >= READY.length ? chunk : Buffer.concat([tail, chunk]);
      if (tail.subarray(-READY.length).equals(READY)) return finish(resolve, bytes);
      onChunk?.(bytes);
    };
    socket.on("data", read).on("error", fail).on("close", closed);
  });
}
