/**
 * Message transcripts: what a client sends and what a server answers, replayable against any server.
 *
 * Shape   `> Name JSON` sends a message, `< line` expects one, `#` is a comment. Messages between two answers go out in
 *         one write. ParameterStatus is left out, and so are texts and positions of errors.
 */
import { serialize } from "pg-protocol";
import {
  type BackendMessage,
  CommandCompleteMessage,
  CopyDataMessage,
  CopyResponse,
  DatabaseError,
  DataRowMessage,
  type Field,
  NoticeMessage,
  NotificationResponseMessage,
  ParameterDescriptionMessage,
  ParameterStatusMessage,
  ReadyForQueryMessage,
  RowDescriptionMessage,
} from "pg-protocol/dist/messages.js";
import { type Address, WireClient } from "./wire-client.js";

type Step =
  | { readonly kind: "send"; readonly bytes: Buffer }
  | { readonly kind: "expect"; readonly line: string };

/** What a transcript expects and what a server answered, line by line. */
export interface Replay {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** Replays a transcript on a fresh connection. Everything the server says up to the end of the connection is compared. */
export async function replay(text: string, address: Address, database: string): Promise<Replay> {
  const steps = parseTranscript(text);
  using client = await WireClient.start(address, { database });
  const expected: string[] = [];
  const actual: string[] = [];
  let unsent: Buffer[] = [];
  for (const step of steps) {
    if (step.kind === "send") {
      unsent.push(step.bytes);
      continue;
    }
    client.send(...unsent);
    unsent = [];
    expected.push(step.line);
    const line = await nextLine(client);
    actual.push(line);
    // Out of step: further answers would be compared with the wrong lines.
    if (line !== step.line) return { expected, actual };
  }
  client.send(...unsent, Buffer.from(serialize.end()));
  for (let line = await nextLine(client); line !== "closed"; line = await nextLine(client)) actual.push(line);
  return { expected, actual };
}

/**
 * Sends messages in one write, in the form of a transcript's `> ` lines, and gives what is answered up to as many
 * ReadyForQuery as they call for. No message may follow an error in an extended query before its Sync.
 */
export async function converse(client: WireClient, messages: readonly string[]): Promise<string[]> {
  let ready = messages.filter((message) => /^(?:Query|Sync)\b/.test(message)).length;
  client.send(...messages.map(parseMessage));
  const lines: string[] = [];
  while (ready > 0) {
    const line = await nextLine(client);
    lines.push(line);
    if (line === "closed") break;
    if (line.startsWith("ReadyForQuery")) ready--;
  }
  return lines;
}

async function nextLine(client: WireClient): Promise<string> {
  for (;;) {
    const message = await client.next();
    if (message === undefined) return "closed";
    const line = describeMessage(message);
    if (line !== undefined) return line;
  }
}

function parseTranscript(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("> ")) steps.push({ kind: "send", bytes: parseMessage(line.slice(2)) });
    else if (line.startsWith("< ")) steps.push({ kind: "expect", line: line.slice(2) });
    else if (line !== "" && !line.startsWith("#")) throw new Error(`cannot read transcript line: ${line}`);
  }
  return steps;
}

/** Each takes the rest of its line, which is JSON. */
const SERIALIZERS: Readonly<Record<string, (json: string) => Uint8Array>> = {
  Query: (json) => serialize.query(JSON.parse(json)),
  Parse: (json) => serialize.parse(JSON.parse(json)),
  Bind: (json) => serialize.bind(JSON.parse(json)),
  Describe: (json) => serialize.describe(JSON.parse(json)),
  Execute: (json) => serialize.execute(JSON.parse(json)),
  Close: (json) => serialize.close(JSON.parse(json)),
  Flush: () => serialize.flush(),
  Sync: () => serialize.sync(),
  CopyData: (json) => serialize.copyData(Buffer.from(String(JSON.parse(json)))),
  CopyDone: () => serialize.copyDone(),
  CopyFail: (json) => serialize.copyFail(JSON.parse(json)),
  /** With a format code for each parameter and column, which may be wrong; values in hexadecimal. */
  BindAs: (json) => serializeBind(JSON.parse(json)),
  /** Any bytes, in hexadecimal. */
  Raw: (json) => Buffer.from(String(JSON.parse(json)), "hex"),
};

function parseMessage(line: string): Buffer {
  const [name = "", ...json] = line.split(" ");
  const serializer = SERIALIZERS[name];
  if (serializer === undefined) throw new Error(`unknown message: ${name}`);
  return Buffer.from(serializer(json.join(" ")));
}

/** One line per message; undefined for those that say nothing about the exchange. */
function describeMessage(message: BackendMessage): string | undefined {
  if (message instanceof ParameterStatusMessage) return undefined;
  if (message instanceof RowDescriptionMessage) {
    return `RowDescription ${message.fields.map(describeField).join(" ")}`;
  }
  if (message instanceof ParameterDescriptionMessage) {
    return `ParameterDescription ${JSON.stringify(message.dataTypeIDs)}`;
  }
  if (message instanceof DataRowMessage) return `DataRow ${JSON.stringify(message.fields)}`;
  if (message instanceof CommandCompleteMessage) return `CommandComplete ${message.text}`;
  if (message instanceof ReadyForQueryMessage) return `ReadyForQuery ${message.status}`;
  if (message instanceof DatabaseError || message instanceof NoticeMessage) {
    return `${message.name} ${message.severity} ${message.code}`;
  }
  if (message instanceof NotificationResponseMessage) {
    return `notification ${message.channel} ${JSON.stringify(message.payload)}`;
  }
  if (message instanceof CopyResponse) return `${message.name} ${JSON.stringify(message.columnTypes)}`;
  if (message instanceof CopyDataMessage) return `CopyData ${JSON.stringify(message.chunk.toString())}`;
  return message.name;
}

function describeField(field: Field): string {
  return `${field.name}:${field.dataTypeID}:${field.format}`;
}

interface BindFields {
  readonly portal: string;
  readonly statement: string;
  readonly formats: readonly number[];
  readonly values: readonly (string | null)[];
  readonly results: readonly number[];
}

function serializeBind({ portal, statement, formats, values, results }: BindFields): Buffer {
  const body = Buffer.concat([
    Buffer.from(`${portal}\0${statement}\0`),
    int16List(formats),
    int16(values.length),
    ...values.map(bindValue),
    int16List(results),
  ]);
  const head = Buffer.from("B\0\0\0\0");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function int16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 255, value & 255]);
}

function int16List(values: readonly number[]): Buffer {
  return Buffer.concat([values.length, ...values].map(int16));
}

function bindValue(hex: string | null): Buffer {
  const bytes = Buffer.from(hex ?? "", "hex");
  const length = Buffer.alloc(4);
  length.writeInt32BE(hex === null ? -1 : bytes.length);
  return Buffer.concat([length, bytes]);
}
