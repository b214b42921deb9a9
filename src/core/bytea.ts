/** PostgreSQL's text input of bytea: of parameters and COPY data, and of literals in the text of a statement. */
import { SQLSTATE, SqlError } from "./errors.js";

const BACKSLASH = 0x5c;

/** `\x` and hex digits (blanks between pairs allowed), or the escape form: `\\` and `\ooo`. */
export function parseBytea(text: string): Uint8Array {
  return text.startsWith("\\x") ? parseHex(text.slice(2)) : parseEscaped(text);
}

function parseHex(text: string): Uint8Array {
  const pairs = text.replace(/[ \t\n\r]+/g, "");
  const bad = /[^0-9a-f]/i.exec(pairs);
  if (bad !== null) {
    throw new SqlError(SQLSTATE.invalidParameterValue, `invalid hexadecimal digit: "${bad[0]}"`);
  }
  if (pairs.length % 2 === 1) {
    throw new SqlError(SQLSTATE.invalidParameterValue, "invalid hexadecimal data: odd number of digits");
  }
  return Buffer.from(pairs, "hex");
}

function parseEscaped(text: string): Uint8Array {
  const source = Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let i = 0; i < source.length;) {
    const byte = source[i] ?? 0;
    if (byte !== BACKSLASH) {
      bytes.push(byte);
      i += 1;
    } else if (source[i + 1] === BACKSLASH) {
      bytes.push(BACKSLASH);
      i += 2;
    } else {
      const octal = /^[0-3][0-7]{2}/.exec(source.toString("latin1", i + 1, i + 4));
      if (octal === null) {
        throw new SqlError(SQLSTATE.invalidTextRepresentation, "invalid input syntax for type bytea");
      }
      bytes.push(Number.parseInt(octal[0], 8));
      i += 4;
    }
  }
  return Uint8Array.from(bytes);
}
