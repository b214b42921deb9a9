import * as fc from "fast-check";
import { serialize } from "pg-protocol";
import { describe, expect, it } from "vitest";
import type { SqlError } from "../../src/core/errors.js";
import { FrameReader } from "../../src/wire/frame-reader.js";
import {
  decodeFrontendMessage,
  formatCode,
  requireFormatCount,
  type FrontendMessage,
} from "../../src/wire/frontend-messages.js";
import { FRONTEND_TAG, type FrontendTag } from "../../src/wire/frontend-tags.js";
import { sqlFailure } from "../support/sql-failure.js";

const MAX_MESSAGE_BYTES = 1_000_000;
const TAGS = Object.values(FRONTEND_TAG);

function decode(bytes: Buffer): FrontendMessage {
  const reader = new FrameReader();
  reader.push(bytes);
  const frame = reader.next(MAX_MESSAGE_BYTES);
  if (frame === undefined) throw new Error("no whole frame");
  return decodeFrontendMessage(frame);
}

function errorOf(tag: FrontendTag, body: Buffer): Pick<SqlError, "code" | "message"> {
  const error = sqlFailure(() => decodeFrontendMessage({ tag, body }));
  if (error === undefined) throw new Error("nothing was thrown");
  return { code: error.code, message: error.message };
}

function formatErrorOf(body: Buffer): SqlError | undefined {
  const message = decodeFrontendMessage({ tag: FRONTEND_TAG.bind, body });
  if (message.type !== "bind") throw new Error("no Bind");
  return sqlFailure(() => requireFormatCount(message));
}

const text = fc
  .string({ unit: "binary", maxLength: 40 })
  .filter((s) => !s.includes("\0") && Buffer.from(s).toString() === s);

describe("decodeFrontendMessage reads what an independent codec wrote", () => {
  it("Query", () => {
    fc.assert(
      fc.property(text, (sql) => {
        expect(decode(serialize.query(sql))).toEqual({ type: "query", text: sql });
      }),
    );
  });

  it("Parse", () => {
    const oid = fc.nat(2 ** 31 - 1);
    fc.assert(
      fc.property(text, text, fc.array(oid, { maxLength: 5 }), (name, sql, types) => {
        const expected = { type: "parse", name, text: sql, parameterOids: types };
        expect(decode(serialize.parse({ name, text: sql, types }))).toEqual(expected);
      }),
    );
  });

  it("Bind with text and binary parameters and NULL", () => {
    const value = fc.oneof(
      text,
      fc.constant(null),
      fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b)),
    );
    fc.assert(
      fc.property(
        text,
        text,
        fc.array(value, { maxLength: 6 }),
        fc.boolean(),
        (portal, name, values, binary) => {
          expect(decode(serialize.bind({ portal, statement: name, values, binary }))).toEqual({
            type: "bind",
            portal,
            statement: name,
            parameterFormats: values.map((v) => (Buffer.isBuffer(v) ? 1 : 0)),
            parameters: values.map((v) => (typeof v === "string" ? Buffer.from(v) : v)),
            resultFormats: [binary ? 1 : 0],
          });
        },
      ),
    );
  });

  it("Describe, Execute and Close", () => {
    expect(decode(serialize.describe({ type: "S", name: "a" }))).toEqual({
      type: "describe",
      object: "statement",
      name: "a",
    });
    expect(decode(serialize.describe({ type: "P", name: "" }))).toEqual({
      type: "describe",
      object: "portal",
      name: "",
    });
    expect(decode(serialize.execute({ portal: "c", rows: 7 }))).toEqual({
      type: "execute",
      portal: "c",
      maxRows: 7,
    });
    expect(decode(serialize.close({ type: "P", name: "c" }))).toEqual({
      type: "close",
      object: "portal",
      name: "c",
    });
  });

  it("Flush, Sync, Terminate and the messages of COPY", () => {
    expect(decode(Buffer.from(serialize.flush()))).toEqual({ type: "flush" });
    expect(decode(Buffer.from(serialize.sync()))).toEqual({ type: "sync" });
    expect(decode(Buffer.from(serialize.end()))).toEqual({ type: "terminate" });
    expect(decode(Buffer.from(serialize.copyDone()))).toEqual({ type: "copyDone" });
    expect(decode(serialize.copyData(Buffer.from("1\t2\n")))).toEqual({
      type: "copyData",
      data: Buffer.from("1\t2\n"),
    });
    expect(decode(serialize.copyFail("no more"))).toEqual({ type: "copyFail", reason: "no more" });
  });
});

describe("decodeFrontendMessage refuses", () => {
  it("bytes behind the last field", () => {
    const expected = { code: "08P01", message: "invalid message format" };
    expect(errorOf(FRONTEND_TAG.query, Buffer.from("select 1\0x"))).toEqual(expected);
    expect(errorOf(FRONTEND_TAG.sync, Buffer.from([0]))).toEqual(expected);
    expect(errorOf(FRONTEND_TAG.execute, Buffer.from("\0\0\0\0\0\0"))).toEqual(expected);
  });

  it("a text without its end", () => {
    const expected = { code: "08P01", message: "invalid string in message" };
    expect(errorOf(FRONTEND_TAG.query, Buffer.from("select 1"))).toEqual(expected);
  });

  it("bytes that are not UTF-8", () => {
    expect(errorOf(FRONTEND_TAG.query, Buffer.from([0x61, 0xff, 0])).code).toBe("22021");
    expect(errorOf(FRONTEND_TAG.query, Buffer.from([0xed, 0xa0, 0x80, 0])).code).toBe("22021");
  });

  it("counts and lengths that promise more than there is", () => {
    const short = { code: "08P01", message: "insufficient data left in message" };
    expect(errorOf(FRONTEND_TAG.parse, Buffer.from("\0\0\xff\xff", "latin1"))).toEqual(short);
    expect(errorOf(FRONTEND_TAG.bind, Buffer.from("\0\0\0\0\0\x01\x7f\xff\xff\xff", "latin1"))).toEqual(
      short,
    );
    expect(errorOf(FRONTEND_TAG.bind, Buffer.from("\0\0\0\0\0\x01\xff\xff\xff\xfe", "latin1"))).toEqual(
      short,
    );
  });

  it("format codes that do not exist or do not fit the parameters", () => {
    expect(sqlFailure(() => formatCode(2))).toMatchObject({
      code: "22023",
      message: "unsupported format code: 2",
    });
    const three = Buffer.from("\0\0\0\x03\0\0\0\0\0\0\0\x01\xff\xff\xff\xff\0\0", "latin1");
    expect(formatErrorOf(three)).toMatchObject({
      code: "08P01",
      message: "bind message has 3 parameter formats but 1 parameters",
    });
  });

  it("an unknown kind of object", () => {
    expect(errorOf(FRONTEND_TAG.describe, Buffer.from("X\0")).message).toBe(
      "invalid DESCRIBE message subtype 88",
    );
    expect(errorOf(FRONTEND_TAG.close, Buffer.from("X\0")).message).toBe("invalid CLOSE message subtype 88");
  });

  it("with nothing but a SqlError, whatever the body", () => {
    fc.assert(
      fc.property(fc.constantFrom(...TAGS), fc.uint8Array({ maxLength: 60 }), (tag, body) => {
        const error = sqlFailure(() => decodeFrontendMessage({ tag, body: Buffer.from(body) }));
        expect(["none", "08P01", "22021", "22023"]).toContain(error?.code ?? "none");
      }),
      { numRuns: 2000 },
    );
  });
});
