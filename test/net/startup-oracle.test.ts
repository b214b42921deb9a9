/** The phase before the first statement, message by message as PostgreSQL 15 answers it. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { hasPostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import type { Address } from "../support/wire-client.js";

const SILENT_MS = 10_000;

function packet(major: number, minor: number, rest: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + Buffer.byteLength(rest, "latin1"), 0);
  head.writeUInt16BE(major, 4);
  head.writeUInt16BE(minor, 6);
  return Buffer.concat([head, Buffer.from(rest, "latin1")]);
}

function startup(parameters: string, minor = 0): Buffer {
  return packet(3, minor, `user\0postgres\0database\0postgres\0${parameters}\0`);
}

function message(tag: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(tag, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body, "latin1")]);
}

const TERMINATE = message("X", "");
const query = (text: string): Buffer => message("Q", `${text}\0`);

/** Sends all at once and gives every message up to the end of the connection, one line each. */
async function converse(address: Address, bytes: Buffer): Promise<string[]> {
  const socket = connect(address);
  const received: Buffer[] = [];
  socket.on("data", (data: Buffer) => received.push(data));
  socket.on("error", () => undefined);
  socket.setTimeout(SILENT_MS, () => socket.destroy(new Error("no answer and no end")));
  socket.write(bytes);
  await once(socket, "close");
  return describeMessages(Buffer.concat(received));
}

function describeMessages(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = String.fromCharCode(bytes.readUInt8(at));
    const end = at + 1 + bytes.readInt32BE(at + 1);
    lines.push(`${tag} ${describeBody(tag, bytes.toString("latin1", at + 5, end))}`);
    at = end;
  }
  return lines;
}

/** Hints, places in PostgreSQL's source, keys and the values of its own settings are not compared. */
function describeBody(tag: string, body: string): string {
  const fields = body.split("\0");
  switch (tag) {
    case "E":
      return fields.filter((field) => /^[SVCMD]/.test(field)).join(" ");
    case "S":
      return `${fields[0]} ${fields[0] === "application_name" ? fields[1] : ""}`;
    case "K":
      return "";
    default:
      return fields.join("·");
  }
}

const CASES: readonly (readonly [string, Buffer])[] = [
  ["the names of reported settings, in order", Buffer.concat([startup("application_name\0x\0"), TERMINATE])],
  ["protocol 3.2 and an option it does not know", Buffer.concat([startup("_pq_.shiny\0on\0", 2), TERMINATE])],
  ["protocol 3.2", Buffer.concat([startup("", 2), TERMINATE])],
  ["protocol 4", packet(4, 0, "user\0postgres\0\0")],
  ["a request it does not know", packet(1234, 1, "")],
  ["a cancel request of nobody", packet(1234, 5678, "\0\0\0\x01abcd")],
  ["a cancel request that is too short", packet(1234, 5678, "\0")],
  ["a cancel request that is too long", packet(1234, 5678, "\0\0\0\x01abcdef")],
  ["a packet that is too long", Buffer.from([0, 0, 0x27, 0x15])],
  ["a packet shorter than its length", Buffer.from([0, 0, 0, 3])],
  ["another protocol's greeting", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["the end before the beginning", TERMINATE],
  ["no user", packet(3, 0, "database\0postgres\0\0")],
  ["an empty user", packet(3, 0, "user\0\0\0")],
  ["no terminator", packet(3, 0, "user\0postgres\0")],
  ["a name without its value", packet(3, 0, "user\0postgres\0database\0")],
  ["bytes behind the terminator", packet(3, 0, "user\0postgres\0\0x")],
  ["no parameters", packet(3, 0, "\0")],
  ["nothing but a version", packet(3, 0, "")],
  ["an unknown setting", startup("nosuch\0x\0")],
  ["an unknown setting in options", startup("options\0-c nosuch=1\0")],
  ["a setting nobody can change", startup("server_version\0x\0")],
  ["a value its setting cannot have", startup("statement_timeout\0xx\0")],
  ["an unknown encoding", startup("client_encoding\0nope\0")],
  ["an unknown time zone", startup("TimeZone\0nope\0")],
  ["a setting without a value", startup("options\0-c nosuch\0")],
  ["an option that is none", startup("options\0-x\0")],
  ["an option without its setting", startup("options\0-c\0")],
  ["a word that is no option", startup("options\0word\0")],
  [
    "options with blanks, backslashes and dashes",
    Buffer.concat([
      startup("options\0 -c application_name=a\\ b\\\\c  --my.own-name=1 -cmy.x=2\0"),
      query("show my.own_name"),
      query("show my.x"),
      TERMINATE,
    ]),
  ],
  ["replication that is neither on nor off", startup("replication\0maybe\0")],
  ["replication that is off", Buffer.concat([startup("replication\0false\0"), TERMINATE])],
  ["a second start-up", Buffer.concat([startup(""), startup("")])],
  ["a password nobody asked for", Buffer.concat([startup(""), message("p", "x\0")])],
  ["a message of an unknown type", Buffer.concat([startup(""), message("z", "")])],
  ["a query without its end", Buffer.concat([startup(""), message("Q", "select 1"), TERMINATE])],
  ["a query with two ends", Buffer.concat([startup(""), query("select 1\0"), TERMINATE])],
  ["text that is no UTF-8", Buffer.concat([startup(""), query("select '\xc3('"), query("\xff"), TERMINATE])],
  ["a Sync with a body", Buffer.concat([startup(""), message("S", "abc"), TERMINATE])],
];

describe.skipIf(!hasPostgres)("start-up as PostgreSQL does it:", () => {
  let postgres: PostgresServer;
  let ours: TestApp;
  beforeAll(async () => {
    [postgres, ours] = await Promise.all([startPostgres(), startTestApp()]);
  });
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    await ours[Symbol.asyncDispose]();
  });

  it.each(CASES)("%s", async (_, bytes) => {
    const [theirs, own] = await Promise.all([
      converse(postgres.address, bytes),
      converse(ours.address, bytes),
    ]);
    expect(own).toEqual(theirs);
  });
});
