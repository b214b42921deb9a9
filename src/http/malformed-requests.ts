/** What is no HTTP, or too much or too slow of it, never becomes a request: it is answered on the socket, as other failures are. */
import { randomUUID } from "node:crypto";
import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import { errorBody, HttpError, type ErrorStatus } from "./http-error.js";

interface Refusal {
  readonly status: ErrorStatus;
  readonly message: string;
}

const MALFORMED: Refusal = { status: 400, message: "the request is not HTTP/1.1 as RFC 9112 has it" };
/** By the codes of Node's parser. */
const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ["HPE_HEADER_OVERFLOW", { status: 431, message: "the request's headers are too long" }],
  ["ERR_HTTP_REQUEST_TIMEOUT", { status: 408, message: "the request did not come in time" }],
]);

/** Answers a socket whose bytes cannot be read, and hangs up. */
export function refuseMalformed(
  error: Error & { readonly code?: string },
  socket: IncomingMessage["socket"],
): void {
  // Whoever has hung up reads no answer.
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (socket.writable) socket.write(answerTo(REFUSALS.get(error.code ?? "") ?? MALFORMED));
  socket.destroy(error);
}

/** Node would answer these itself, in a form of its own: they become requests, which are judged as others are. */
export function takeUnusual(server: Server): void {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

/** Of two of them Node keeps the first, and what stands between us and the client perhaps the other. */
const SINGLE = ["host", "content-type", "authorization", "x-api-key"];

/** Errors: HttpError 400 */
export function requireClearHeaders({ httpVersion, headers, headersDistinct }: IncomingMessage): void {
  if (httpVersion === "1.1" && headers.host === undefined)
    throw new HttpError(400, "a request of HTTP/1.1 has a Host header");
  const twice = SINGLE.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) throw new HttpError(400, `the header "${twice}" is there more than once`);
  // Nothing is said by it: as if it were not there.
  if (headers["content-type"] === "") delete headers["content-type"];
}

function answerTo({ status, message }: Refusal): string {
  const id = randomUUID();
  const body = JSON.stringify(errorBody(status, message, {}, id));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `x-request-id: ${id}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
