import * as fc from "fast-check";
import { Parser } from "pg-protocol/dist/parser.js";
import type { BackendMessage } from "pg-protocol/dist/messages.js";
import { describe, expect, it } from "vitest";
import * as backend from "../../src/wire/backend-messages.js";
import { MessageWriter } from "../../src/wire/message-writer.js";

function parsed(write: (writer: MessageWriter) => void): BackendMessage[] {
  const writer = new MessageWriter();
  write(writer);
  const messages: BackendMessage[] = [];
  new Parser().parse(writer.take(), (message) => messages.push(message));
  return messages;
}

describe("backend messages, read by an independent codec", () => {
  it("have no fields, for those that have none", () => {
    const names = parsed((writer) => {
      backend.writeParseComplete(writer);
      backend.writeBindComplete(writer);
      backend.writeCloseComplete(writer);
      backend.writeNoData(writer);
      backend.writePortalSuspended(writer);
      backend.writeEmptyQueryResponse(writer);
      backend.writeCopyDone(writer);
    }).map((message) => message.name);
    expect(names).toEqual([
      "parseComplete",
      "bindComplete",
      "closeComplete",
      "noData",
      "portalSuspended",
      "emptyQuery",
      "copyDone",
    ]);
  });

  it("describe rows", () => {
    const field = {
      name: "größe",
      tableOid: 70_000,
      columnNumber: 3,
      typeOid: 3_000_000_000,
      typeSize: -1,
      typeModifier: 12,
      format: 1,
    } as const;
    const [message] = parsed((writer) => backend.writeRowDescription(writer, [field]));
    expect(message).toMatchObject({
      name: "rowDescription",
      fields: [
        {
          name: "größe",
          tableID: 70_000,
          columnID: 3,
          dataTypeSize: -1,
          dataTypeModifier: 12,
          format: "binary",
        },
      ],
    });
  });

  it("carry errors with every field", () => {
    const [message] = parsed((writer) =>
      backend.writeErrorResponse(writer, {
        severity: "ERROR",
        code: "42601",
        message: "syntax error",
        detail: "d",
        hint: "h",
        position: 8,
      }),
    );
    expect(message).toMatchObject({
      name: "error",
      severity: "ERROR",
      code: "42601",
      message: "syntax error",
      detail: "d",
      hint: "h",
      position: "8",
    });
  });

  it("stay in step whatever text they carry, zero bytes included", () => {
    const text = fc.string({ unit: "binary", maxLength: 3000 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
        const messages = parsed((writer) => {
          for (const value of texts) {
            backend.writeParameterStatus(writer, "name", value);
            backend.writeErrorResponse(writer, { severity: "ERROR", code: "XX000", message: value });
          }
          backend.writeReadyForQuery(writer, "T");
        });
        expect(messages.map((message) => message.name)).toEqual([
          ...texts.flatMap(() => ["parameterStatus", "error"]),
          "readyForQuery",
        ]);
        expect(messages.at(-1)).toMatchObject({ status: "T" });
      }),
    );
  });

  it("are not rewritten after they were taken", () => {
    const writer = new MessageWriter();
    backend.writeCommandComplete(writer, "SELECT 1");
    const first = writer.take();
    const copy = Buffer.from(first);
    backend.writeCommandComplete(writer, "SELECT 2");
    expect(first).toEqual(copy);
    expect(writer.length).toBe(copy.length);
  });
});
