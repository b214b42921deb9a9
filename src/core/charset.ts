/**
 * The encodings of one byte per character that a client may speak: LATIN1, WIN1252 and their kin, by PostgreSQL's names.
 * What is stored is UTF-8; a character that the client's encoding lacks is an error, never another character.
 */
import { SQLSTATE, SqlError } from "./errors.js";

/** PostgreSQL's names, and those by which the platform knows the same table; none where ours is spelled out below. */
const TABLES: Readonly<Record<string, string | undefined>> = {
  LATIN1: undefined,
  LATIN2: "iso-8859-2",
  LATIN3: "iso-8859-3",
  LATIN4: "iso-8859-4",
  LATIN5: undefined,
  LATIN6: "iso-8859-10",
  LATIN7: "iso-8859-13",
  LATIN8: "iso-8859-14",
  LATIN9: "iso-8859-15",
  ISO_8859_5: "iso-8859-5",
  ISO_8859_6: "iso-8859-6",
  ISO_8859_7: "iso-8859-7",
  ISO_8859_8: "iso-8859-8",
  KOI8R: "koi8-r",
  KOI8U: "koi8-u",
  WIN866: "ibm866",
  WIN1250: "windows-1250",
  WIN1251: "windows-1251",
  WIN1252: undefined,
  WIN1253: "windows-1253",
  WIN1254: "windows-1254",
  WIN1255: "windows-1255",
  WIN1256: "windows-1256",
  WIN1257: "windows-1257",
  WIN1258: "windows-1258",
};

/** Other names for them, folded as `foldName` does. */
const ALIASES: Readonly<Record<string, string>> = {
  iso88591: "LATIN1",
  iso88592: "LATIN2",
  iso88593: "LATIN3",
  iso88594: "LATIN4",
  iso88599: "LATIN5",
  iso885910: "LATIN6",
  iso885913: "LATIN7",
  iso885914: "LATIN8",
  iso885915: "LATIN9",
  koi8: "KOI8R",
  alt: "WIN866",
  win: "WIN1251",
  abc: "WIN1258",
  tcvn: "WIN1258",
  tcvn5712: "WIN1258",
  vscii: "WIN1258",
};

/** The bytes 0x80 to 0x9f of WIN1252; a zero where it has none. The platform takes them for LATIN1's. */
const WIN1252_MIDDLE = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";
/** Where LATIN5 is not LATIN1. */
const LATIN5_OWN: ReadonlyMap<number, number> = new Map([
  [0xd0, 0x11e],
  [0xdd, 0x130],
  [0xde, 0x15e],
  [0xf0, 0x11f],
  [0xfd, 0x131],
  [0xfe, 0x15f],
]);
const NONE = -1;

/** One encoding. Each byte is a character or none; the first 128 are ASCII. */
export class Charset {
  readonly name: string;
  /** Code points of the upper 128 bytes. */
  readonly #upper: readonly number[];
  readonly #bytes: ReadonlyMap<number, number>;

  constructor(name: string, upper: readonly number[]) {
    this.name = name;
    this.#upper = upper;
    const pairs = upper.map((point, index): readonly [number, number] => [point, index + 128]);
    this.#bytes = new Map(pairs.filter(([point]) => point !== NONE));
  }

  /** Errors: 22P05 for a byte that is no character. */
  decode(bytes: Uint8Array): string {
    let text = "";
    for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : this.#character(byte);
    return text;
  }

  /** A client's bytes as they are stored. Errors: 22P05. */
  toUtf8(bytes: Uint8Array): Uint8Array {
    return isAscii(bytes) ? bytes : Buffer.from(this.decode(bytes), "utf8");
  }

  /** Errors: 22P05 for a character that it lacks. */
  encode(text: string): Uint8Array {
    return this.#encode(text, (character) => {
      const hex = Array.from(Buffer.from(character), (byte) => `0x${byte.toString(16)}`).join(" ");
      throw untranslatable(hex, "UTF8", this.name);
    });
  }

  /** For messages about a failure, which must not fail themselves: what it lacks becomes a question mark. */
  encodeLossy(text: string): Uint8Array {
    return this.#encode(text, () => 0x3f);
  }

  fromUtf8(bytes: Uint8Array): Uint8Array {
    return isAscii(bytes) ? bytes : this.encode(Buffer.from(bytes).toString("utf8"));
  }

  #encode(text: string, lacking: (character: string) => number): Uint8Array {
    return Uint8Array.from(Array.from(text), (character) => {
      const point = character.codePointAt(0) ?? 0;
      return point < 128 ? point : (this.#bytes.get(point) ?? lacking(character));
    });
  }

  #character(byte: number): string {
    const point = this.#upper[byte - 128] ?? NONE;
    if (point === NONE) throw untranslatable(`0x${byte.toString(16)}`, this.name, "UTF8");
    return String.fromCodePoint(point);
  }
}

export function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 128);
}

function untranslatable(bytes: string, from: string, to: string): SqlError {
  const message = `character with byte sequence ${bytes} in encoding "${from}" has no equivalent in encoding "${to}"`;
  return new SqlError(SQLSTATE.untranslatableCharacter, message);
}

const made = new Map<string, Charset>();

/** PostgreSQL's name for an encoding of these, however it is written; undefined for any other word. */
export function charsetName(written: string): string | undefined {
  const folded = foldName(written);
  return (
    ALIASES[folded] ?? Object.keys(TABLES).find((name) => foldName(name) === folded.replace("windows", "win"))
  );
}

/** The encoding of that name, UTF8 and SQL_ASCII aside: those are sent as they are stored. */
export function charsetOf(written: string): Charset | undefined {
  const name = charsetName(written);
  if (name === undefined) return undefined;
  const known = made.get(name) ?? new Charset(name, upperOf(name));
  made.set(name, known);
  return known;
}

function foldName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function upperOf(name: string): number[] {
  const decoder = new TextDecoder(TABLES[name] ?? "utf-8");
  return Array.from({ length: 128 }, (_, index) => {
    const byte = index + 128;
    if (name === "LATIN1") return byte;
    if (name === "LATIN5") return LATIN5_OWN.get(byte) ?? byte;
    if (name === "WIN1252") return byte >= 0xa0 ? byte : WIN1252_MIDDLE.codePointAt(index) || NONE;
    const point = decoder.decode(Uint8Array.of(byte)).codePointAt(0) ?? 0xfffd;
    return point === 0xfffd || isFiller(name, byte, point) ? NONE : point;
  });
}

/** The platform fills the gaps of Windows' tables with control characters, and one with a private one. */
function isFiller(name: string, byte: number, point: number): boolean {
  if (!name.startsWith("WIN125")) return false;
  return point === byte ? byte < 0xa0 || (name === "WIN1253" && byte === 0xaa) : point >= 0xe000;
}
