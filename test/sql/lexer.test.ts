import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SqlError } from "../../src/core/errors.js";
import { characterPosition, skipBlanks, tokenise } from "../../src/sql/lexer.js";
import { plainBlanks, splitStatements } from "../../src/sql/split.js";

function kinds(text: string): string[] {
  return tokenise(text).map((token) => `${token.kind}:${token.value}`);
}

describe("tokenise", () => {
  test("folds words and keeps quoted names", () => {
    expect(kinds('SELECT "Foo""x".Ünï, a$1')).toEqual([
      "word:select",
      'quoted:Foo"x',
      "symbol:.",
      "word:Ünï",
      "symbol:,",
      "word:a$1",
    ]);
  });

  test.each([
    ["'it''s'", "it's"],
    ["'a' -- seam\n  'b'", "ab"],
    ["'a''\n'''", "a'\n'"],
    [String.raw`E'a\'b\n\x41\101\u00e9\U0001F600\\'`, "a'b\nAAé😀\\"],
    ["E'a'\n'\\'b'", "a'b"],
    [String.raw`'C:\new'`, String.raw`C:\new`],
    [String.raw`U&'d\0061t\+000061'`, "data"],
    ['$$It\'s a "quoted" ; body$$', 'It\'s a "quoted" ; body'],
    ["$tag$ another $$ one $tag$", " another $$ one "],
    ["n'x'", "x"],
  ])("reads the string %j", (text, value) => {
    expect(tokenise(text)).toEqual([{ kind: "string", start: 0, end: text.length, value }]);
  });

  test("does not join strings on one line", () => {
    expect(kinds("'a' 'b'")).toEqual(["string:a", "string:b"]);
  });

  test("skips nested comments and stops operators before comments", () => {
    expect(kinds("a/* x /* y */ ; */+--c\n-1<>-2 ~-3 @-4")).toEqual([
      "word:a",
      "operator:+",
      "operator:-",
      "number:1",
      "operator:<>",
      "operator:-",
      "number:2",
      "operator:~-",
      "number:3",
      "operator:@-",
      "number:4",
    ]);
  });

  test("tells casts, slices, parameters and numbers apart", () => {
    expect(kinds("x::int[1:2] $12 f(a := 1) 1.5e-3 .5 0xFF 1_000 1..2")).toEqual([
      ..."word:x operator::: word:int symbol:[ number:1 symbol:: number:2 symbol:] parameter:12".split(" "),
      ..."word:f symbol:( word:a operator::= number:1 symbol:)".split(" "),
      ..."number:1.5e-3 number:.5 number:0xFF number:1_000 number:1 symbol:. number:.2".split(" "),
    ]);
  });

  test.each(["'a", '"a', "E'a\\'", "$$a", "/* /* */", "\\", '""', String.raw`U&'\00'`, "a $ b"])(
    "refuses %j with a position",
    (text) => {
      expect(() => tokenise(text)).toThrow(
        expect.objectContaining({ code: "42601", position: expect.any(Number) }),
      );
    },
  );

  test("covers every input: what lies between tokens is blank or comment, or the input is a SqlError", () => {
    const pieces = fc.constantFrom(
      ..."' '' \" $$ $a$ -- /* */ ; \\ E' U&\" \n a . :: => 1.e $1 \u00a0 é 😀 (".split(" "),
      " ",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: "grapheme" })), { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        let done = 0;
        try {
          for (const token of tokenise(text)) {
            expect(skipBlanks(text, done)).toBe(token.start);
            expect(token.end).toBeGreaterThan(token.start);
            done = token.end;
          }
          expect(skipBlanks(text, done)).toBe(text.length);
        } catch (error) {
          if (!(error instanceof SqlError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("splitStatements", () => {
  test("keeps semicolons inside quotes and comments, and drops blanks at the ends", () => {
    const text = " a ';' ; -- ; \n b $$;$$ /* ; */;; c";
    expect(splitStatements(text)).toEqual([
      { text: "a ';'", offset: 1 },
      { text: "b $$;$$", offset: 16 },
      { text: "c", offset: 34 },
    ]);
  });

  test("gives back any statements that were joined, at their offsets", () => {
    const statement = fc.constantFrom(
      "select 1",
      "a ';' b",
      'x "a;""b"',
      "$q$;$q$",
      "E'\\';'",
      "/*;*/ t",
      "é😀",
      "'a'\n';'",
    );
    const separator = fc.constantFrom(";", " ; ", ";;", "; -- ; '\n", ";/* ; */");
    fc.assert(
      fc.property(fc.array(fc.tuple(statement, separator), { maxLength: 8 }), (parts) => {
        const text = parts.flat().join("");
        const split = splitStatements(text);
        expect(split.map((piece) => piece.text)).toEqual(parts.map(([sql]) => sql.replace("/*;*/ ", "")));
        for (const piece of split) expect(text.startsWith(piece.text, piece.offset)).toBe(true);
      }),
    );
  });
});

describe("plainBlanks", () => {
  test("makes Unicode blanks plain outside quotes only, at the same positions", () => {
    expect(plainBlanks("a\u00a0'\u00a0'\u3000\"\u00a0\"\ufeff/*\u2003*/$$\u00a0$$")).toBe(
      "a '\u00a0' \"\u00a0\" /* */$$\u00a0$$",
    );
  });
});

test("a position counts characters, not UTF-16 units", () => {
  expect(characterPosition("😀é x", 4)).toBe(4);
});
