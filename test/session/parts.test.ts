import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BufferedRows } from "../../src/session/buffered-rows.js";
import { frameCopyRows } from "../../src/session/copy-out.js";
import {
  type AnnouncedTypes,
  encodingFormats,
  expandFormats,
  requireAnnounced,
  resultFormats,
} from "../../src/session/row-description.js";
import { endsTransaction } from "../../src/session/transaction-end.js";
import { MessageWriter } from "../../src/wire/message-writer.js";
import { sqlFailure } from "../support/sql-failure.js";

function rowsOf(framed: Buffer): string[] {
  const rows: string[] = [];
  for (let at = 0; at < framed.length;) {
    expect(framed.readUInt8(at)).toBe("d".charCodeAt(0));
    const end = at + 1 + framed.readInt32BE(at + 1);
    rows.push(framed.toString("utf8", at + 5, end));
    at = end;
  }
  return rows;
}

function announcedFailure(announced: AnnouncedTypes | undefined, actual: AnnouncedTypes): string | undefined {
  return sqlFailure(() => requireAnnounced(announced, actual))?.code;
}

describe("BufferedRows", () => {
  it("gives every row once and in order, however many are asked for at a time", () => {
    const parts = fc.array(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(parts, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (rows, limits) => {
        const buffered = new BufferedRows();
        const all: Buffer[] = [];
        for (const part of rows) {
          const writer = new MessageWriter();
          for (const row of part) writer.begin("D").append(row).end();
          const bytes = writer.take();
          all.push(bytes);
          buffered.add({ bytes, rows: part.length });
        }
        const taken: Uint8Array[] = [];
        let count = 0;
        for (let i = 0; ; i++) {
          const limit = limits[i % limits.length] ?? 1;
          const next = buffered.take(limit);
          if (next === undefined) break;
          expect(next.rows).toBeLessThanOrEqual(limit);
          count += next.rows;
          taken.push(next.bytes);
        }
        expect(Buffer.concat(taken)).toEqual(Buffer.concat(all));
        expect(count).toBe(rows.flat().length);
        expect(buffered.bytes).toBe(0);
      }),
    );
  });
});

describe("frameCopyRows", () => {
  const csv = { format: "csv", delimiter: ",", null: "", header: false, quote: '"', escape: '"' } as const;

  it.each([
    ["quotes and line ends inside quotes", csv, ['1,"a\nb"\n', '2,"say ""\n"""\n', "3,\n"]],
    ["an escape of its own", { ...csv, escape: "\\" }, ['1,"a\\"\nb"\n', '2,"\\\\"\n', "3,x\\\n"]],
    ["text format", { ...csv, format: "text" } as const, ["1\ta\\nb\n", "\n", '2\t"\n']],
  ])("cuts between rows: %s", (_, format, rows) => {
    expect(rowsOf(frameCopyRows(Buffer.from(rows.join("")), format))).toEqual(rows);
  });
});

describe("endsTransaction", () => {
  it.each(["commit", "END;", " -- x\n/* y */ Rollback", "abort work", "COMMIT AND CHAIN", "rollback work"])(
    "is true for %j",
    (text) => expect(endsTransaction(text)).toBe(true),
  );

  it.each([
    "select 1",
    "rollback to a",
    "ROLLBACK WORK TO SAVEPOINT a",
    "ending",
    "-- commit",
    "abandon merge 1",
    "",
  ])("is false for %j", (text) => expect(endsTransaction(text)).toBe(false));
});

describe("formats and types", () => {
  it("expand none to text, one to all, and keep many", () => {
    expect(expandFormats([], 2)).toEqual([0, 0]);
    expect(expandFormats([1], 2)).toEqual([1, 1]);
    expect(expandFormats([1, 0], 2)).toEqual([1, 0]);
    expect(sqlFailure(() => resultFormats([1, 0, 1], 2))?.code).toBe("08P01");
  });

  it("encode a column of unknown type as the text it was told to be", () => {
    expect(encodingFormats([1, 1], [23, "open"])).toEqual([1, 0]);
    expect(encodingFormats([1, 1], undefined)).toEqual([1, 1]);
  });

  it("hold a result against what was announced", () => {
    expect(announcedFailure(undefined, [23])).toBeUndefined();
    expect(announcedFailure([23, 25], [23, 25])).toBeUndefined();
    expect(announcedFailure(null, null)).toBeUndefined();
    expect(announcedFailure([23], [25])).toBe("0A000");
    expect(announcedFailure([23], [23, 23])).toBe("0A000");
    expect(announcedFailure(null, [23])).toBe("0A000");
    expect(announcedFailure([23], null)).toBe("0A000");
    expect(announcedFailure(["open", 25], [23, "open"])).toBeUndefined();
    expect(announcedFailure([23], ["open"])).toBe("0A000");
  });
});
