import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BufferedRows } from "../../src/session/buffered-rows.js";
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
