/**
 * Rows and parameters of clients whose encoding is not UTF-8: messages are made as ever, and written anew only where a text
 * in them is more than ASCII. Clients with UTF-8 never come here.
 */
import { type Charset, isAscii } from "../core/charset.js";
import { notSupported } from "../core/errors.js";
import { isEnum } from "../pgtypes/enum-types.js";
import { describeType, OID } from "../pgtypes/oids.js";
import type { RowReader } from "./row-reader.js";

const HEADER_BYTES = 5;
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/** What a field's bytes are: characters, no characters, or characters among other bytes. */
type Content = "text" | "bytes" | "mixed";

/** DataRow messages for the client. Errors: 22P05 for a character it cannot be shown, 0A000 for texts inside of binary values. */
export function inCharset(
  charset: Charset | undefined,
  messages: Uint8Array,
  { columns, formats }: Pick<RowReader, "columns" | "formats">,
): Uint8Array {
  if (charset === undefined || isAscii(messages)) return messages;
  const contents = columns.map(({ type }, index) =>
    formats[index] === 1 && !isEnum(type) ? contentOf(describeType(type).oid) : "text",
  );
  return rewritten(messages, (body) => Buffer.concat(fieldsIn(charset, body, contents)));
}

/** CopyData messages, each of whole characters. Errors: 22P05. */
export function messagesInCharset(charset: Charset, messages: Uint8Array): Uint8Array {
  return isAscii(messages) ? messages : rewritten(messages, (body) => charset.fromUtf8(body));
}

/** A parameter as its decoder takes it. Errors: 22P05, 0A000. */
export function parameterToUtf8(
  charset: Charset,
  bytes: Uint8Array,
  oid: number,
  format: "text" | "binary",
): Uint8Array {
  const content = format === "text" || isLabel(bytes, oid) ? "text" : contentOf(oid);
  if (content === "text") return charset.toUtf8(bytes);
  if (content === "mixed") requireAscii(charset, bytes);
  return bytes;
}

const TEXT_OIDS: ReadonlySet<number> = new Set([
  0,
  18,
  19,
  OID.text,
  OID.json,
  142,
  705,
  1042,
  OID.varchar,
  OID.jsonb,
]);
/** Arrays of texts, and records; so are users' enums and composite types. */
const MIXED_OIDS: ReadonlySet<number> = new Set([143, 199, 1002, 1003, 1009, 1014, 1015, 2249, 2287, 3807]);
const FIRST_USER_OID = 16_384;

/** A value of a user's type that is no array and no record, which begin with a small number: an enum's label. */
function isLabel(bytes: Uint8Array, oid: number): boolean {
  return oid >= FIRST_USER_OID && !bytes.includes(0);
}

function contentOf(oid: number): Content {
  if (TEXT_OIDS.has(oid)) return "text";
  return MIXED_OIDS.has(oid) || oid >= FIRST_USER_OID ? "mixed" : "bytes";
}

function fieldsIn(charset: Charset, body: Uint8Array, contents: readonly Content[]): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const parts = [body.subarray(0, COUNT_BYTES)];
  let at = COUNT_BYTES;
  for (const content of contents) {
    const length = Math.max(0, view.getInt32(at));
    const start = at + LENGTH_BYTES;
    const field = body.subarray(start, start + length);
    if (content === "mixed") requireAscii(charset, field);
    const shown = content === "text" ? charset.fromUtf8(field) : field;
    parts.push(shown === field ? body.subarray(at, start) : lengthOf(shown), shown);
    at = start + length;
  }
  return parts;
}

/** Every message with another body. */
function rewritten(messages: Uint8Array, change: (body: Uint8Array) => Uint8Array): Uint8Array {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < messages.length;) {
    const end = at + 1 + view.getInt32(at + 1);
    const body = change(messages.subarray(at + HEADER_BYTES, end));
    const header = Buffer.from(messages.subarray(at, at + HEADER_BYTES));
    header.writeInt32BE(body.length + LENGTH_BYTES, 1);
    parts.push(header, body);
    at = end;
  }
  return Buffer.concat(parts);
}

function lengthOf(field: Uint8Array): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(field.length);
  return length;
}

function requireAscii(charset: Charset, bytes: Uint8Array): void {
  if (isAscii(bytes)) return;
  throw notSupported(
    `arrays and records in binary with client_encoding "${charset.name}" are not supported`,
    "use UTF8, or the text format",
  );
}
