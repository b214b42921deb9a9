/** COPY data: PostgreSQL's rules one by one, and what is written reads back under any chunking. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CopyEncoder } from "../../src/pgtypes/copy-encoder.js";
import type { TextCopyFormat } from "../../src/pgtypes/client-values.js";
import { TextCopyReader } from "../../src/pgtypes/copy-parser.js";
import { CopyRows, type CopyRow, textColumns } from "../support/copy-reading.js";
import { TestEngine } from "./engine.js";

const TEXT: TextCopyFormat = {
  format: "text",
  delimiter: "\t",
  null: "\\N",
  header: "none",
  quote: '"',
  escape: '"',
};
const CSV: TextCopyFormat = { ...TEXT, format: "csv", delimiter: ",", null: "" };

function parse(
  format: TextCopyFormat,
  columns: readonly string[],
  ...pieces: readonly (string | Uint8Array)[]
): CopyRow[] {
  const reader = new TextCopyReader({ format, table: "t", columns: textColumns(columns), required: [] });
  const rows = new CopyRows(reader, columns.length);
  for (const piece of pieces) rows.push(Buffer.from(piece));
  return rows.finish();
}

/** The bodies of CopyData messages. */
function bodiesOf(messages: Uint8Array): string[] {
  const bytes = Buffer.from(messages);
  const bodies: string[] = [];
  for (let at = 0; at < bytes.length;) {
    expect(bytes.readUInt8(at)).toBe("d".charCodeAt(0));
    const end = at + 1 + bytes.readInt32BE(at + 1);
    bodies.push(bytes.toString("utf8", at + 5, end));
    at = end;
  }
  return bodies;
}

const AB = ["a", "b"] as const;

describe("COPY FROM, text format", () => {
  test.each<[string, string, CopyRow[]]>([
    [
      "fields and NULL",
      "1\tx\n\\N\ty\n",
      [
        ["1", "x"],
        [null, "y"],
      ],
    ],
    [
      "no line end at the end",
      "1\tx\n2\ty",
      [
        ["1", "x"],
        ["2", "y"],
      ],
    ],
    ["an empty field is an empty string", "\t\n", [["", ""]]],
    ["letters", "a\\tb\\nc\\rd\\be\\ff\\vg\t\\\\\n", [["a\tb\nc\rd\be\ff\vg", "\\"]]],
    ["octal and hex", "\\101\\x42\\x4a4\t\\7\n", [["ABJ4", "\u0007"]]],
    ["bytes of one character", "\\303\\274\t\\xc3\\xbc\n", [["ü", "ü"]]],
    ["an escaped other character is itself", "\\q\\,\t\\x\n", [["q,", "x"]]],
    ["escaped delimiter and line end", "a\\\tb\tc\\\nd\n", [["a\tb", "c\nd"]]],
    ["an escaped backslash before a delimiter", "a\\\\\tb\n", [["a\\", "b"]]],
    ["NULL is compared before escapes", "\\\\N\t\\N\n", [["\\N", null]]],
    [
      "CRLF",
      "1\tx\r\n2\ty\r\n",
      [
        ["1", "x"],
        ["2", "y"],
      ],
    ],
    [
      "CR alone",
      "1\tx\r2\ty\r",
      [
        ["1", "x"],
        ["2", "y"],
      ],
    ],
    ["the end marker ends the data", "1\tx\n\\.\nrubbish", [["1", "x"]]],
    ["the end marker behind data", "1\tx\\.\n", [["1", "x"]]],
    ["the end marker with CRLF", "1\tx\r\n\\.\r\nrubbish", [["1", "x"]]],
    ["no data at all", "", []],
  ])("%s", (_name, data, rows) => {
    expect(parse(TEXT, AB, data)).toEqual(rows);
    expect(parse(TEXT, AB, ...Array.from(Buffer.from(data), (byte) => Buffer.of(byte)))).toEqual(rows);
  });

  test("an empty line is one empty field", () => {
    expect(parse(TEXT, ["a"], "\n\n")).toEqual([[""], [""]]);
  });

  test("HEADER skips one line", () => {
    expect(parse({ ...TEXT, header: "line" }, AB, "whatever it is\n1\t2\n")).toEqual([["1", "2"]]);
  });

  test.each<[string, string, string, string]>([
    ["too many", "1\t2\n1\t2\t3\n", "extra data after last expected column", 'COPY t, line 2: "1\t2\t3"'],
    ["too few", "1\n", 'missing data for column "b"', 'COPY t, line 1: "1"'],
    ["marker with data behind", "\\.x\n", "end-of-copy marker corrupt", "COPY t, line 1"],
    ["other line end", "1\t2\r\n1\t2\n", "literal newline found in data", "COPY t, line 2"],
    ["a CR in the data", "1\t2\n1\rx\t2\n", "literal carriage return found in data", "COPY t, line 2"],
  ])("error: %s", (_name, data, message, where) => {
    expect(() => parse(TEXT, AB, data)).toThrowError(
      expect.objectContaining({ code: "22P04", message, where }),
    );
  });

  test("bytes that are not UTF-8, with the bad sequence", () => {
    const message = 'invalid byte sequence for encoding "UTF8": 0xff';
    expect(() => parse(TEXT, AB, Buffer.from([0x61, 0xff, 0x09, 0x0a]))).toThrowError(
      expect.objectContaining({ code: "22021", message }),
    );
    expect(() => parse(TEXT, ["a"], "\\377\n")).toThrowError(
      expect.objectContaining({ code: "22021", message }),
    );
    expect(() => parse(TEXT, ["a"], Buffer.from([0xc3]))).toThrowError(
      expect.objectContaining({ code: "22021" }),
    );
  });

  test("a line beyond the limit", () => {
    const columns = textColumns(["a"]);
    const rows = new CopyRows(
      new TextCopyReader({ format: TEXT, table: "t", columns, required: [], maxRowBytes: 10 }),
      1,
    );
    expect(() => rows.push(Buffer.from("x".repeat(11)))).toThrowError(
      expect.objectContaining({ code: "54000" }),
    );
  });
});

describe("COPY FROM, csv format", () => {
  test.each<[string, string, CopyRow[]]>([
    [
      "fields, NULL and the empty string",
      '1,x\n,""\n',
      [
        ["1", "x"],
        [null, ""],
      ],
    ],
    ["quotes, delimiters and line ends inside", '"a,b","say ""hi""\nthere"\n', [["a,b", 'say "hi"\nthere']]],
    ["a CRLF inside quotes stays", '"a\r\nb",c\r\n', [["a\r\nb", "c"]]],
    ["quotes in the middle of a field", 'a"b,c"d,e\n', [["ab,cd", "e"]]],
    ["a backslash is data", "\\N,a\\tb\n", [["\\N", "a\\tb"]]],
    ["the end marker alone on its line", "1,2\n\\.\nrubbish", [["1", "2"]]],
    ["a marker that is none", "\\.x,2\n", [["\\.x", "2"]]],
    ["blanks count", " a , b \n", [[" a ", " b "]]],
  ])("%s", (_name, data, rows) => {
    expect(parse(CSV, AB, data)).toEqual(rows);
    expect(parse(CSV, AB, ...Array.from(Buffer.from(data), (byte) => Buffer.of(byte)))).toEqual(rows);
  });

  test("another quote, escape, delimiter and NULL", () => {
    const format = { ...CSV, delimiter: ";", quote: "'", escape: "\\", null: "none" };
    expect(parse(format, AB, "'it\\'s; \\\\ \\n';none\n'none';''\n")).toEqual([
      ["it's; \\ \\n", null],
      ["none", ""],
    ]);
  });

  test("an unterminated quote, and the line number behind line ends in quotes", () => {
    expect(() => parse(CSV, AB, '1,"2')).toThrowError(
      expect.objectContaining({ code: "22P04", message: "unterminated CSV quoted field" }),
    );
    expect(() => parse(CSV, AB, '1,2\n"x\ny",2\n3\n')).toThrowError(
      expect.objectContaining({ message: 'missing data for column "b"', where: 'COPY t, line 4: "3"' }),
    );
  });
});

const anyText = fc.string({
  unit: fc.constantFrom("a", "N", "\\", ".", "\n", "\r", "\t", ",", '"', "ü", "🦆", " ", "\b"),
});
const anyRows = fc.array(fc.tuple(fc.option(anyText), fc.option(anyText)), { minLength: 1, maxLength: 20 });

describe("what COPY TO writes, COPY FROM reads", () => {
  test.each<[string, TextCopyFormat]>([
    ["text", TEXT],
    ["csv", CSV],
    ["csv with another escape", { ...CSV, escape: "\\", null: "N" }],
    ["text with another delimiter", { ...TEXT, delimiter: ",", null: "" }],
  ])("%s, cut anywhere", (_name, format) => {
    fc.assert(
      fc.property(anyRows, fc.array(fc.nat(400), { maxLength: 8 }), (rows, cuts) => {
        // In text format a value equal to the NULL string is NULL: PostgreSQL cannot tell them apart either.
        const written = rows.map((row) =>
          row.map((value) => (format.format === "text" && value === format.null ? null : value)),
        );
        const encoder = new CopyEncoder([null, null], format, { timeZone: "UTC" });
        const data = Buffer.from(bodiesOf(encoder.encodeText(written)).join(""));
        const bounds = [
          0,
          ...cuts.map((cut) => Math.min(cut, data.length)).toSorted((a, b) => a - b),
          data.length,
        ];
        const pieces = bounds.slice(1).map((end, i) => data.subarray(bounds[i], end));
        expect(parse(format, AB, ...pieces)).toEqual(written);
      }),
    );
  });

  test("a chunk of DuckDB's", async () => {
    const engine = await TestEngine.open();
    const { types, chunks } = await engine.chunks(
      `SELECT range::integer, CASE WHEN range = 1 THEN NULL ELSE 'tab' || chr(9) || '"' || range END, [1, NULL], true FROM range(3)`,
    );
    const [chunk] = chunks;
    if (chunk === undefined) throw new Error("no chunk");
    const text = new CopyEncoder(types, TEXT, { timeZone: "UTC" }).encodeChunk(chunk);
    const csv = new CopyEncoder(types, CSV, { timeZone: "UTC" }).encodeChunk(chunk);
    expect(bodiesOf(text)).toEqual([
      '0\ttab\\t"0\t{1,NULL}\tt\n',
      "1\t\\N\t{1,NULL}\tt\n",
      '2\ttab\\t"2\t{1,NULL}\tt\n',
    ]);
    expect(bodiesOf(csv)).toEqual([
      '0,"tab\t""0","{1,NULL}",t\n',
      '1,,"{1,NULL}",t\n',
      '2,"tab\t""2","{1,NULL}",t\n',
    ]);
    engine.close();
  });
});
