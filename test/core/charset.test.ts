/** Client encodings of one byte per character, held against PostgreSQL's conversions, byte by byte. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { charsetName, charsetOf } from "../../src/core/charset.js";
import { SqlError } from "../../src/core/errors.js";
import { hasPostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { WireClient } from "../support/wire-client.js";

const NAMES: readonly string[] = [
  ...Array.from({ length: 9 }, (_, n) => `LATIN${n + 1}`),
  ...[5, 6, 7, 8].map((n) => `ISO_8859_${n}`),
  "KOI8R",
  "KOI8U",
  "WIN866",
  ...Array.from({ length: 9 }, (_, n) => `WIN125${n}`),
];

/** Code points of the upper half, -1 where there is none; each byte is told back as it was. */
function ours(name: string): number[] {
  return Array.from({ length: 128 }, (_, index) => {
    const text = characterOf(name, index + 128);
    return text === undefined ? -1 : (text.codePointAt(0) ?? 0);
  });
}

function characterOf(name: string, byte: number): string | undefined {
  const charset = charsetOf(name);
  try {
    const text = charset?.decode(Uint8Array.of(byte)) ?? "";
    return charset?.encode(text)[0] === byte ? text : "another byte";
  } catch (error) {
    if (error instanceof SqlError && error.code === "22P05") return undefined;
    throw error;
  }
}

describe("client encodings", () => {
  it("go by PostgreSQL's many names", () => {
    const written = [
      "latin-1",
      "ISO_8859-1",
      "windows-1252",
      "Win 1251",
      "koi8",
      "alt",
      "iso8859-15",
      "iso-8859-5",
    ];
    expect(written.map(charsetName)).toEqual(
      "LATIN1 LATIN1 WIN1252 WIN1251 KOI8R WIN866 LATIN9 ISO_8859_5".split(" "),
    );
    expect(["utf8", "sql_ascii", "bogus", "big5"].map(charsetName)).toEqual(Array(4).fill(undefined));
  });

  it("say which character they lack, and write a question mark only in messages", () => {
    const latin = charsetOf("latin1");
    expect(() => latin?.encode("a€")).toThrow(
      'character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"',
    );
    expect(latin?.encodeLossy("é€")).toEqual(Uint8Array.of(0xe9, 0x3f));
  });
});

describe.skipIf(!hasPostgres)("PostgreSQL 15 reads the same characters", () => {
  let postgres: PostgresServer;
  let client: WireClient;
  beforeAll(async () => {
    postgres = await startPostgres();
    client = await WireClient.start(postgres.address, { database: "postgres", user: "postgres" });
    await client.query(
      `create function point(b int, name text) returns int language plpgsql as $$ begin
         return ascii(convert_from(set_byte('x'::bytea, 0, b), name));
       exception when others then return -1; end $$`,
    );
  });
  afterAll(async () => {
    client[Symbol.dispose]();
    await postgres[Symbol.asyncDispose]();
  });

  it.each(NAMES)("%s", async (name: string) => {
    const messages = await client.query(
      `select array_to_string(array_agg(point(b, '${name}') order by b), ',') from generate_series(128, 255) b`,
    );
    const row = messages.find((message) => message.name === "dataRow");
    if (row === undefined || !("fields" in row) || !Array.isArray(row.fields)) throw new Error("no row");
    expect(ours(name)).toEqual(String(row.fields[0]).split(",").map(Number));
  });
});
