/**
 * Healthy means: the server answers. Asks for encryption, as every client may before it logs in, and waits for the one
 * byte that PostgreSQL's protocol answers with; needs no password and takes no place of a client.
 */
import { connect } from "node:net";

/** SSLRequest. Source: https://www.postgresql.org/docs/15/protocol-message-formats.html */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const ANSWERS = ["N", "S"];
const TIMEOUT_MS = 4_000;

const host = process.env["DUCKBRANCH_HOST"] ?? "127.0.0.1";
const port = Number(process.env["DUCKBRANCH_PORT"] ?? 5439);
/** Listening on all addresses includes loopback, which is where to ask. */
const target = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;

const socket = connect({ host: target, port });
socket.setTimeout(TIMEOUT_MS, () => end(`no answer within ${TIMEOUT_MS} ms`));
socket.on("error", (error) => end(error.message));
socket.on("close", () => end("the server closed the connection"));
socket.on("connect", () => socket.write(SSL_REQUEST));
socket.on("data", (answer) => {
  const first = answer.toString("latin1", 0, 1);
  end(ANSWERS.includes(first) ? undefined : `unexpected answer "${first}"`);
});

/** The first reason counts. */
function end(problem) {
  if (problem !== undefined) process.stderr.write(`${problem}\n`);
  process.exit(problem === undefined ? 0 : 1);
}
