/** Bodies of requests: UTF-8, JSON, and no number that reading it would change. */
import { lostNumber } from "../core/double-digits.js";
import { HttpError } from "./http-error.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Texts without one need no second look. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const HALF = /\p{Surrogate}/u;

const JSON_TYPE = /^application\/json$/i;
const CHARSET = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i;
/** ASCII is UTF-8, too. */
const CHARSETS: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii"]);

interface BodyHeaders {
  readonly "content-type"?: string | undefined;
  readonly "content-encoding"?: string | undefined;
}

/** Where nothing is said it is taken for JSON. Errors: HttpError 415 for another type, charset or encoding */
export function requireJsonBytes(headers: BodyHeaders): void {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = headers;
  const [media = "", ...parameters] = type.split(";");
  if (type !== "" && !JSON_TYPE.test(media.trim()))
    throw new HttpError(415, `content type "${type}" is not JSON`);
  for (const parameter of parameters) {
    const [, charset = "utf-8"] = CHARSET.exec(parameter) ?? [];
    if (!CHARSETS.has(charset.toLowerCase()))
      throw new HttpError(415, `the charset "${charset}" is not UTF-8`);
  }
  if (encoding.trim().toLowerCase() !== "identity")
    throw new HttpError(415, `bodies encoded as "${encoding}" are not read`);
}

/** Undefined for an empty body. Errors: HttpError 400. */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, "the body is not JSON", {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
  refuseLoss(text);
  if (SURROGATE_ESCAPE.test(text)) JSON.parse(text, refuseHalves);
  return value;
}

/** Half of a character is none: UTF-8 has no bytes for it, and what is stored would be another text. Errors: HttpError 400 */
function refuseHalves(key: string, value: unknown): unknown {
  if (HALF.test(key) || (typeof value === "string" && HALF.test(value)))
    throw new HttpError(400, "a text has half of a surrogate pair");
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new HttpError(400, "the body is not UTF-8");
  }
}

/** JSON.parse gives doubles: a long number would quietly become its neighbour. */
function refuseLoss(text: string): void {
  const lost = lostNumber(text);
  if (lost === undefined) return;
  throw new HttpError(400, `the number ${lost.slice(0, 80)} has more digits than a JSON number keeps`, {
    hint: "send it as a string",
  });
}
