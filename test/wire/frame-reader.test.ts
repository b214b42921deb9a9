import * as fc from "fast-check";
import { serialize } from "pg-protocol";
import { describe, expect, it } from "vitest";
import type { SqlError } from "../../src/core/errors.js";
import { type Frame, FrameReader } from "../../src/wire/frame-reader.js";
import { FRONTEND_TAG } from "../../src/wire/frontend-tags.js";
import { sqlFailure } from "../support/sql-failure.js";

const MAX_STARTUP_BYTES = 10_000;
const MAX_MESSAGE_BYTES = 100_000;

function drain(reader: FrameReader): Frame[] {
  const frames: Frame[] = [];
  for (let frame = reader.next(MAX_MESSAGE_BYTES); frame; frame = reader.next(MAX_MESSAGE_BYTES))
    frames.push(frame);
  return frames;
}

function typed(tag: string, body: Uint8Array, length = body.length + 4): Buffer {
  const head = Buffer.alloc(5);
  head.write(tag, "latin1");
  head.writeInt32BE(length, 1);
  return Buffer.concat([head, body]);
}

function failure(run: () => unknown): SqlError {
  const error = sqlFailure(run);
  if (error === undefined) throw new Error("nothing was thrown");
  return error;
}

const frameBytes = fc
  .tuple(fc.constantFrom("Q", "P", "B", "d"), fc.uint8Array({ maxLength: 3000 }))
  .map(([tag, body]) => typed(tag, body));

describe("FrameReader", () => {
  it("gives the same frames for any chunking of the stream", () => {
    fc.assert(
      fc.property(
        fc.array(frameBytes, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
        (messages, sizes) => {
          const stream = Buffer.concat(messages);
          const whole = new FrameReader();
          whole.push(stream);
          const pieces = new FrameReader();
          const seen: Frame[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            pieces.push(stream.subarray(at, at + size));
            at += size;
            seen.push(...drain(pieces));
          }
          expect(seen).toEqual(drain(whole));
          expect(seen.map((frame) => typed(String.fromCharCode(frame.tag), frame.body))).toEqual(messages);
          expect(pieces.bufferedBytes).toBe(0);
        },
      ),
    );
  });

  it("keeps earlier frames unchanged while later bytes arrive one by one", () => {
    const reader = new FrameReader();
    reader.push(typed("Q", Buffer.from("first\0")));
    const first = reader.next(MAX_MESSAGE_BYTES);
    for (const byte of typed("Q", Buffer.alloc(5000, 0x78))) reader.push(Buffer.from([byte]));
    expect(reader.next(MAX_MESSAGE_BYTES)?.body).toEqual(Buffer.alloc(5000, 0x78));
    expect(first?.body.toString()).toBe("first\0");
  });

  it("waits for a truncated frame and hands it out when the last byte has come", () => {
    const bytes = serialize.query("select 1");
    const reader = new FrameReader();
    reader.push(bytes.subarray(0, bytes.length - 1));
    expect(reader.next(MAX_MESSAGE_BYTES)).toBeUndefined();
    reader.push(bytes.subarray(bytes.length - 1));
    expect(reader.next(MAX_MESSAGE_BYTES)?.tag).toBe(FRONTEND_TAG.query);
  });

  it("accepts a message of exactly the limit and refuses one byte more", () => {
    const body = Buffer.alloc(MAX_MESSAGE_BYTES - 4);
    const exact = new FrameReader();
    exact.push(typed("Q", body));
    expect(exact.next(MAX_MESSAGE_BYTES)?.body.length).toBe(body.length);
    const above = new FrameReader();
    above.push(typed("Q", Buffer.alloc(0), MAX_MESSAGE_BYTES + 1));
    expect(failure(() => above.next(MAX_MESSAGE_BYTES)).code).toBe("08P01");
  });

  it("refuses a large message of a kind that only holds a name, before its body arrives", () => {
    const reader = new FrameReader();
    reader.push(typed("S", Buffer.alloc(0), 10_001));
    expect(failure(() => reader.next(MAX_MESSAGE_BYTES)).message).toBe("invalid message length");
  });

  it.each([3, 0, -1, -2147483648])("refuses length %i, and stays dead", (length) => {
    const reader = new FrameReader();
    reader.push(typed("Q", Buffer.from("x\0"), length));
    const first = failure(() => reader.next(MAX_MESSAGE_BYTES));
    expect(first.code).toBe("08P01");
    reader.push(serialize.query("select 1"));
    expect(failure(() => reader.next(MAX_MESSAGE_BYTES))).toBe(first);
    expect(failure(() => reader.nextStartup(MAX_STARTUP_BYTES))).toBe(first);
  });

  it("refuses a type byte no client may send", () => {
    const reader = new FrameReader();
    reader.push(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(failure(() => reader.next(MAX_MESSAGE_BYTES)).message).toBe("invalid frontend message type 71");
  });

  it("accepts a start-up packet of exactly 10,000 bytes and refuses one of 10,001", () => {
    const packet = Buffer.alloc(10_000);
    packet.writeInt32BE(10_000);
    const exact = new FrameReader();
    exact.push(packet);
    expect(exact.nextStartup(MAX_STARTUP_BYTES)?.length).toBe(9_996);
    const above = new FrameReader();
    const header = Buffer.alloc(4);
    header.writeInt32BE(10_001);
    above.push(header);
    expect(failure(() => above.nextStartup(MAX_STARTUP_BYTES)).message).toBe(
      "invalid length of startup packet",
    );
  });

  it("turns any bytes into frames, a wait for more, or one SqlError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, startup) => {
        const reader = new FrameReader();
        reader.push(Buffer.from(bytes));
        const error = sqlFailure(() => {
          if (startup) reader.nextStartup(MAX_STARTUP_BYTES);
          drain(reader);
        });
        // A dead reader keeps nothing; a living one keeps at most the frame it waits for.
        expect(reader.bufferedBytes).toBeLessThanOrEqual(error === undefined ? bytes.length : 0);
      }),
    );
  });
});
