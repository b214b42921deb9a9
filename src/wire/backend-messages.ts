/**
 * Messages this server sends, one function each, written into a MessageWriter. Pure: no I/O, no decisions.
 *
 * Source  https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
import type { FormatCode } from "./frontend-messages.js";
import type { MessageWriter } from "./message-writer.js";

/** One column of a RowDescription. Columns here come from expressions: table OID and column number are 0. */
export interface FieldDescription {
  readonly name: string;
  /** 0 for what is no plain column of a table or view, and so the number. */
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  /** As the client asked for it: PostgreSQL repeats even what is no format. */
  readonly format: number;
}

/** The fields of an ErrorResponse or NoticeResponse that this server uses. */
export interface ReportFields {
  readonly severity: "ERROR" | "FATAL" | "WARNING" | "NOTICE" | "INFO" | "LOG" | "DEBUG";
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based, in characters. */
  readonly position?: number | undefined;
  /** The context the failure arose in. */
  readonly where?: string | undefined;
  /** What the failure is about. */
  readonly object?:
    | {
        readonly schema?: string | undefined;
        readonly table?: string | undefined;
        readonly column?: string | undefined;
        readonly constraint?: string | undefined;
      }
    | undefined;
  readonly routine?: string | undefined;
}

/** PostgreSQL 15 answers with the whole version number, major and minor. */
const PROTOCOL_3_0 = 0x00030000;

/** Answers a newer minor version or unknown protocol options with what this server speaks. */
export function writeNegotiateProtocolVersion(
  writer: MessageWriter,
  unknownOptions: readonly string[],
): void {
  writer.begin("v").int32(PROTOCOL_3_0).int32(unknownOptions.length);
  for (const option of unknownOptions) writer.cstring(option);
  writer.end();
}

export function writeAuthenticationOk(writer: MessageWriter): void {
  writer.begin("R").int32(0).end();
}

export function writeAuthenticationCleartextPassword(writer: MessageWriter): void {
  writer.begin("R").int32(3).end();
}

export function writeAuthenticationSasl(writer: MessageWriter, mechanisms: readonly string[]): void {
  writer.begin("R").int32(10);
  for (const mechanism of mechanisms) writer.cstring(mechanism);
  writer.uint8(0).end();
}

export function writeAuthenticationSaslContinue(writer: MessageWriter, data: string): void {
  writer.begin("R").int32(11).append(Buffer.from(data)).end();
}

export function writeAuthenticationSaslFinal(writer: MessageWriter, data: string): void {
  writer.begin("R").int32(12).append(Buffer.from(data)).end();
}

export function writeParameterStatus(writer: MessageWriter, name: string, value: string): void {
  writer.begin("S").cstring(name).cstring(value).end();
}

export function writeBackendKeyData(writer: MessageWriter, processId: number, secret: Uint8Array): void {
  writer.begin("K").int32(processId).append(secret).end();
}

export function writeReadyForQuery(writer: MessageWriter, status: "I" | "T" | "E"): void {
  writer.begin("Z").uint8(status.charCodeAt(0)).end();
}

export function writeRowDescription(writer: MessageWriter, fields: readonly FieldDescription[]): void {
  writer.begin("T").uint16(fields.length);
  for (const field of fields) {
    writer.cstring(field.name).uint32(field.tableOid).int16(field.columnNumber);
    writer.uint32(field.typeOid).int16(field.typeSize).int32(field.typeModifier).int16(field.format);
  }
  writer.end();
}

export function writeParameterDescription(writer: MessageWriter, oids: readonly number[]): void {
  writer.begin("t").uint16(oids.length);
  for (const oid of oids) writer.uint32(oid);
  writer.end();
}

export function writeCommandComplete(writer: MessageWriter, tag: string): void {
  writer.begin("C").cstring(tag).end();
}

export function writeEmptyQueryResponse(writer: MessageWriter): void {
  writer.begin("I").end();
}

export function writeParseComplete(writer: MessageWriter): void {
  writer.begin("1").end();
}

export function writeBindComplete(writer: MessageWriter): void {
  writer.begin("2").end();
}

export function writeCloseComplete(writer: MessageWriter): void {
  writer.begin("3").end();
}

export function writeNoData(writer: MessageWriter): void {
  writer.begin("n").end();
}

export function writePortalSuspended(writer: MessageWriter): void {
  writer.begin("s").end();
}

/** `format` is that of the whole copy and of each column. */
export function writeCopyInResponse(writer: MessageWriter, format: FormatCode, columnCount: number): void {
  writeCopyResponse(writer, "G", format, columnCount);
}

export function writeCopyOutResponse(writer: MessageWriter, format: FormatCode, columnCount: number): void {
  writeCopyResponse(writer, "H", format, columnCount);
}

/** Null is NULL. */
export function writeFunctionCallResponse(writer: MessageWriter, value: Uint8Array | null): void {
  writer.begin("V").int32(value === null ? -1 : value.length);
  if (value !== null) writer.append(value);
  writer.end();
}

export function writeCopyDone(writer: MessageWriter): void {
  writer.begin("c").end();
}

export function writeErrorResponse(writer: MessageWriter, fields: ReportFields): void {
  writeReport(writer, "E", fields);
}

export function writeNoticeResponse(writer: MessageWriter, fields: ReportFields): void {
  writeReport(writer, "N", fields);
}

export function writeNotificationResponse(
  writer: MessageWriter,
  processId: number,
  channel: string,
  payload: string,
): void {
  writer.begin("A").int32(processId).cstring(channel).cstring(payload).end();
}

function writeCopyResponse(
  writer: MessageWriter,
  tag: "G" | "H",
  format: FormatCode,
  columnCount: number,
): void {
  writer.begin(tag).uint8(format).uint16(columnCount);
  for (let i = 0; i < columnCount; i++) writer.int16(format);
  writer.end();
}

function writeReport(writer: MessageWriter, tag: "E" | "N", fields: ReportFields): void {
  writer.begin(tag);
  const entries: readonly (readonly [string, string | number | undefined])[] = [
    ["S", fields.severity],
    ["V", fields.severity],
    ["C", fields.code],
    ["M", fields.message],
    ["D", fields.detail],
    ["H", fields.hint],
    ["P", fields.position],
    ["W", fields.where],
    ["s", fields.object?.schema],
    ["t", fields.object?.table],
    ["c", fields.object?.column],
    ["n", fields.object?.constraint],
    ["R", fields.routine],
  ];
  for (const [key, value] of entries) {
    if (value !== undefined) writer.uint8(key.charCodeAt(0)).cstring(String(value));
  }
  writer.uint8(0).end();
}
