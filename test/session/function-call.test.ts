/** The FunctionCall message, which the transcripts' codec does not know: against us and against PostgreSQL 15. */
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { hasPostgres, startPostgres } from "../support/postgres.js";
import { type Address, WireClient } from "../support/wire-client.js";

interface Target extends AsyncDisposable {
  readonly address: Address;
}

const LO_CREATE = 715;
const LO_OPEN = 952;
const LOREAD = 954;
const LOWRITE = 955;
const LO_TELL64 = 3171;
const OBJECT = 880_001;
const INV_WRITE = 0x20000;

async function startProgram(): Promise<Target> {
  const app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  return { address: app.address, [Symbol.asyncDispose]: async () => await app.close() };
}

function int2(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function withLength(value: Buffer | null): Buffer {
  return value === null ? int4(-1) : Buffer.concat([int4(value.length), value]);
}

interface Formats {
  readonly formats: readonly number[];
  readonly resultFormat: number;
}

const BINARY: Formats = { formats: [1], resultFormat: 1 };

function functionCall(
  oid: number,
  values: readonly (Buffer | null)[],
  { formats, resultFormat } = BINARY,
): Buffer {
  const body = Buffer.concat([
    int4(oid),
    int2(formats.length),
    ...formats.map(int2),
    int2(values.length),
    ...values.map(withLength),
    int2(resultFormat),
  ]);
  return Buffer.concat([Buffer.from("F"), int4(body.length + 4), body]);
}

/** The tags of what is answered up to ReadyForQuery, and of the function's result its bytes. */
async function answerTo(client: WireClient, message: Buffer): Promise<string[]> {
  const answers: string[] = [];
  let received = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    const listen = (data: Buffer): void => {
      received = Buffer.concat([received, data]);
      while (received.length >= 5 && received.length > received.readInt32BE(1)) {
        const [tag, body] = [
          received.toString("latin1", 0, 1),
          received.subarray(5, 1 + received.readInt32BE(1)),
        ];
        received = received.subarray(1 + received.readInt32BE(1));
        answers.push(tag === "V" ? `V ${body.toString("hex")}` : tag === "Z" ? `Z ${body.toString()}` : tag);
        if (tag !== "Z") continue;
        client.socket.off("data", listen);
        resolve();
      }
    };
    client.socket.on("data", listen);
    client.send(message);
  });
  return answers;
}

async function inBlock(client: WireClient): Promise<void> {
  expect(await answerTo(client, Buffer.from(serialize.query("begin")))).toEqual(["C", "Z T"]);
}

function itCallsFunctions(start: () => Promise<Target>): void {
  let target: Target;
  beforeAll(async () => {
    target = await start();
  });
  afterAll(async () => await target[Symbol.asyncDispose]());

  it("with values in binary and in text", async () => {
    using client = await WireClient.start(target.address, { database: "postgres" });
    const object = int4(OBJECT).toString("hex");
    expect(await answerTo(client, functionCall(LO_CREATE, [int4(OBJECT)]))).toEqual([
      `V 00000004${object}`,
      "Z I",
    ]);
    await inBlock(client);
    const opened = functionCall(LO_OPEN, [Buffer.from(String(OBJECT)), int4(INV_WRITE)], {
      formats: [0, 1],
      resultFormat: 0,
    });
    expect(await answerTo(client, opened)).toEqual(["V 0000000130", "Z T"]);
    const written = functionCall(LOWRITE, [int4(0), Buffer.from("bytes\0")]);
    expect(await answerTo(client, written)).toEqual(["V 0000000400000006", "Z T"]);
    expect(await answerTo(client, functionCall(LO_TELL64, [int4(0)]))).toEqual([
      "V 000000080000000000000006",
      "Z T",
    ]);
    expect(await answerTo(client, functionCall(LOREAD, [int4(0), int4(9)]))).toEqual(["V 00000000", "Z T"]);
    expect(await answerTo(client, functionCall(LOREAD, [null, int4(9)]))).toEqual(["V ffffffff", "Z T"]);
  });

  it("in a block that fails with them", async () => {
    using client = await WireClient.start(target.address, { database: "postgres" });
    await inBlock(client);
    expect(await answerTo(client, functionCall(LOREAD, [int4(7), int4(1)]))).toEqual(["E", "Z E"]);
    expect(await answerTo(client, functionCall(LO_CREATE, [int4(0)]))).toEqual(["E", "Z E"]);
  });

  it("and answers what is no such call with an error", async () => {
    using client = await WireClient.start(target.address, { database: "postgres" });
    const unknown = functionCall(2_000_000_000, []);
    const tooFew = functionCall(LOREAD, [int4(0)]);
    const wrongFormat = functionCall(LO_TELL64, [int4(0)], { formats: [7], resultFormat: 1 });
    const cutOff = Buffer.concat([Buffer.from("F"), int4(8), int4(LOREAD)]);
    for (const message of [unknown, tooFew, wrongFormat, cutOff])
      expect(await answerTo(client, message)).toEqual(["E", "Z I"]);
  });
}

describe("the program calls functions by number", () => {
  itCallsFunctions(startProgram);
});
describe.skipIf(!hasPostgres)("PostgreSQL 15 calls functions by number", () => {
  itCallsFunctions(startPostgres);
});
