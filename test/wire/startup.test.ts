import * as fc from "fast-check";
import { serialize } from "pg-protocol";
import { describe, expect, it } from "vitest";
import { parseStartupOptions } from "../../src/wire/startup-options.js";
import { decodeStartupPacket } from "../../src/wire/startup-packets.js";
import { sqlFailure } from "../support/sql-failure.js";

/** pg-protocol writes whole packets; the decoder gets the body behind the length. */
function body(packet: Buffer): Buffer {
  return packet.subarray(4);
}

function version(major: number, minor: number, rest = ""): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(major, 0);
  head.writeUInt16BE(minor, 2);
  return Buffer.concat([head, Buffer.from(rest)]);
}

function codeOf(run: () => unknown): string {
  return sqlFailure(run)?.code ?? "none";
}

describe("decodeStartupPacket", () => {
  it("reads the parameters of a start-up message", () => {
    const packet = decodeStartupPacket(body(serialize.startup({ user: "ann", database: "db/dev" })));
    if (packet.type !== "startup") throw new Error(packet.type);
    expect(packet.minorVersion).toBe(0);
    expect(packet.parameters.get("user")).toBe("ann");
    expect(packet.parameters.get("database")).toBe("db/dev");
  });

  it("sets protocol options apart", () => {
    const packet = decodeStartupPacket(version(3, 2, "user\0ann\0_pq_.shiny\0on\0\0"));
    expect(packet).toEqual({
      type: "startup",
      minorVersion: 2,
      parameters: new Map([["user", "ann"]]),
      protocolOptions: ["_pq_.shiny"],
    });
  });

  it("reads the requests", () => {
    expect(decodeStartupPacket(body(serialize.requestSsl()))).toEqual({ type: "sslRequest" });
    expect(decodeStartupPacket(version(1234, 5680))).toEqual({ type: "gssRequest" });
    const secret = Buffer.from([0, 0, 0, 7]);
    expect(decodeStartupPacket(body(serialize.cancel(42, 7)))).toEqual({
      type: "cancelRequest",
      processId: 42,
      secret,
    });
  });

  it("refuses other versions, missing ends and bytes left over", () => {
    expect(codeOf(() => decodeStartupPacket(version(2, 0)))).toBe("0A000");
    expect(codeOf(() => decodeStartupPacket(version(1234, 1)))).toBe("0A000");
    expect(codeOf(() => decodeStartupPacket(version(3, 0, "user\0ann\0")))).toBe("08P01");
    expect(codeOf(() => decodeStartupPacket(version(3, 0, "user\0ann\0\0x")))).toBe("08P01");
    expect(codeOf(() => decodeStartupPacket(version(1234, 5679, "x")))).toBe("08P01");
  });

  it("throws nothing but SqlError, whatever the body", () => {
    const head = fc.constantFrom(version(3, 0), version(1234, 5678), Buffer.alloc(0));
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 60 }), (start, bytes) => {
        const code = codeOf(() => decodeStartupPacket(Buffer.concat([start, Buffer.from(bytes)])));
        expect(["none", "08P01", "0A000", "22021"]).toContain(code);
      }),
    );
  });
});

describe("parseStartupOptions", () => {
  it.each([
    ["", []],
    ["-c branch=dev", [["branch", "dev"]]],
    [
      "  -cbranch=dev\t--time-zone=UTC ",
      [
        ["branch", "dev"],
        ["time_zone", "UTC"],
      ],
    ],
    [String.raw`-c application_name=two\ words\\x`, [["application_name", String.raw`two words\x`]]],
    [
      "-c a=b=c -c empty=",
      [
        ["a", "b=c"],
        ["empty", ""],
      ],
    ],
  ])("reads %j", (options, expected) => {
    expect(parseStartupOptions(options)).toEqual(expected);
  });

  it.each(["-c", "-c novalue", "-c =x", "branch=dev", "-d 5", "--", "--x"])("refuses %j", (options) => {
    expect(codeOf(() => parseStartupOptions(options))).toBe("42601");
  });

  it("reads back any value escaped by the client's rule", () => {
    const value = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(value, (plain) => {
        const escaped = plain.replaceAll(/[\\\s]/gu, (char) => `\\${char}`);
        expect(parseStartupOptions(`-c x=${escaped} -c y=1`)).toEqual([
          ["x", plain],
          ["y", "1"],
        ]);
      }),
    );
  });
});
