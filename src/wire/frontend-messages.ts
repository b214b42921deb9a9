/**
 * Messages a client sends after authentication, as a closed union, and their decoder. Pure: no I/O, no state.
 *
 * Owns    byte fields (parameters, copy data) are views of the frame
 * Source  https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
import type { Charset } from "../core/charset.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { BodyReader } from "./body-reader.js";
import type { Frame } from "./frame-reader.js";
import { FRONTEND_TAG, type FrontendTag } from "./frontend-tags.js";

/** 0 is text, 1 is binary. */
export type FormatCode = 0 | 1;

export interface ParseMessage {
  readonly type: "parse";
  readonly name: string;
  readonly text: string;
  /** 0 leaves a parameter's type to the server. May be shorter than the number of parameters. */
  readonly parameterOids: readonly number[];
}

export interface BindMessage {
  readonly type: "bind";
  readonly portal: string;
  readonly statement: string;
  /** None (all text), one (for all) or one per parameter, as sent: see `requireFormatCount` and `formatCode`. */
  readonly parameterFormats: readonly number[];
  readonly parameters: readonly (Buffer | null)[];
  /** None (all text), one (for all) or one per column, as sent: only rows ask what they mean. */
  readonly resultFormats: readonly number[];
}

export interface FunctionCallMessage {
  readonly type: "functionCall";
  readonly functionOid: number;
  /** None (all text), one (for all) or one per value, as sent. */
  readonly formats: readonly number[];
  readonly values: readonly (Buffer | null)[];
  readonly resultFormat: number;
}

/** What Describe and Close name. */
export type NamedObject = "statement" | "portal";

export type FrontendMessage =
  | { readonly type: "query"; readonly text: string }
  | ParseMessage
  | BindMessage
  | { readonly type: "describe"; readonly object: NamedObject; readonly name: string }
  | { readonly type: "execute"; readonly portal: string; readonly maxRows: number }
  | { readonly type: "close"; readonly object: NamedObject; readonly name: string }
  | { readonly type: "flush" }
  | { readonly type: "sync" }
  | { readonly type: "terminate" }
  | { readonly type: "copyData"; readonly data: Buffer }
  | { readonly type: "copyDone" }
  | { readonly type: "copyFail"; readonly reason: string }
  | FunctionCallMessage
  | { readonly type: "password"; readonly body: Buffer };

/** One decoder per tag: the type makes sure that none is missing. */
const DECODERS: Readonly<Record<FrontendTag, (reader: BodyReader) => FrontendMessage>> = {
  [FRONTEND_TAG.query]: (reader) => ({ type: "query", text: reader.cstring() }),
  [FRONTEND_TAG.parse]: decodeParse,
  [FRONTEND_TAG.bind]: decodeBind,
  [FRONTEND_TAG.describe]: (reader) => ({
    type: "describe",
    object: decodeObject(reader, "DESCRIBE"),
    name: reader.cstring(),
  }),
  // A row limit of 0 means all rows; PostgreSQL reads a negative one the same way.
  [FRONTEND_TAG.execute]: (reader) => ({
    type: "execute",
    portal: reader.cstring(),
    maxRows: Math.max(0, reader.int32()),
  }),
  [FRONTEND_TAG.close]: (reader) => ({
    type: "close",
    object: decodeObject(reader, "CLOSE"),
    name: reader.cstring(),
  }),
  [FRONTEND_TAG.flush]: () => ({ type: "flush" }),
  [FRONTEND_TAG.sync]: () => ({ type: "sync" }),
  [FRONTEND_TAG.terminate]: () => ({ type: "terminate" }),
  [FRONTEND_TAG.copyData]: (reader) => ({ type: "copyData", data: reader.rest() }),
  [FRONTEND_TAG.copyDone]: () => ({ type: "copyDone" }),
  [FRONTEND_TAG.copyFail]: (reader) => ({ type: "copyFail", reason: reader.cstring() }),
  [FRONTEND_TAG.functionCall]: decodeFunctionCall,
  [FRONTEND_TAG.password]: (reader) => ({ type: "password", body: reader.rest() }),
};

/** Decodes one frame, its texts from UTF-8 or `charset`. Throws SqlError 08P01, 22021 or 22P05; the stream stays in step. */
export function decodeFrontendMessage(frame: Frame, charset?: Charset): FrontendMessage {
  const reader = new BodyReader(frame.body, charset);
  const message = DECODERS[frame.tag](reader);
  reader.end();
  return message;
}

function decodeParse(reader: BodyReader): ParseMessage {
  const name = reader.cstring();
  const text = reader.cstring();
  const parameterOids = readList(reader.uint16(), () => reader.uint32());
  return { type: "parse", name, text, parameterOids };
}

function decodeBind(reader: BodyReader): BindMessage {
  const portal = reader.cstring();
  const statement = reader.cstring();
  const parameterFormats = decodeFormats(reader);
  const count = reader.uint16();
  const parameters = readList(count, () => decodeParameter(reader));
  const resultFormats = decodeFormats(reader);
  return { type: "bind", portal, statement, parameterFormats, parameters, resultFormats };
}

function decodeFunctionCall(reader: BodyReader): FunctionCallMessage {
  const functionOid = reader.uint32();
  const formats = decodeFormats(reader);
  const values = readList(reader.uint16(), () => decodeParameter(reader));
  return { type: "functionCall", functionOid, formats, values, resultFormat: reader.int16() };
}

/** Errors: 08P01 for formats of a Bind that are not as many as its parameters. */
export function requireFormatCount({ parameterFormats, parameters }: BindMessage): void {
  if (parameterFormats.length <= 1 || parameterFormats.length === parameters.length) return;
  throw new SqlError(
    SQLSTATE.protocolViolation,
    `bind message has ${parameterFormats.length} parameter formats but ${parameters.length} parameters`,
  );
}

/** Errors: 22023 for a code that stands for no format. */
export function formatCode(code: number): FormatCode {
  if (code === 0 || code === 1) return code;
  throw new SqlError(SQLSTATE.invalidParameterValue, `unsupported format code: ${code}`);
}

/** Length -1 is NULL; any other negative length is an error of `bytes`. */
function decodeParameter(reader: BodyReader): Buffer | null {
  const length = reader.int32();
  return length === -1 ? null : reader.bytes(length);
}

function decodeFormats(reader: BodyReader): number[] {
  return readList(reader.uint16(), () => reader.int16());
}

function decodeObject(reader: BodyReader, message: "DESCRIBE" | "CLOSE"): NamedObject {
  const kind = reader.uint8();
  if (kind === 0x53) return "statement";
  if (kind === 0x50) return "portal";
  throw new SqlError(SQLSTATE.protocolViolation, `invalid ${message} message subtype ${kind}`);
}

/** Counts come from the client, but every item takes bytes: a lying count runs into the end of the body. */
function readList<T>(count: number, read: () => T): T[] {
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}
