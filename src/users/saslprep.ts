/** SASLprep: the one form of a password that a client and a server derive keys from. */
import {
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  NON_ASCII_SPACES,
  PROHIBITED,
  RIGHT_TO_LEFT,
  UNASSIGNED,
} from "./stringprep-tables.js";

type CharacterSet = readonly { readonly first: number; readonly last: number }[];

const nonAsciiSpaces = readSet(NON_ASCII_SPACES);
const mappedToNothing = readSet(MAPPED_TO_NOTHING);
const prohibited = readSet(PROHIBITED);
const unassigned = readSet(UNASSIGNED);
const rightToLeft = readSet(RIGHT_TO_LEFT);
const leftToRight = readSet(LEFT_TO_RIGHT);

const ASCII = /^[ -~]*$/;

/**
 * Prepares a password. One that SASLprep forbids is taken as it is, as libpq and PostgreSQL do: such passwords work with
 * every client that does the same.
 *
 * `"naïve ﬁsh"` ⇒ `"naïve fish"`
 *
 * Source  RFC 4013
 */
export function saslprep(password: string): string {
  if (ASCII.test(password)) return password;
  const mapped = Array.from(password, mapCharacter).join("");
  const prepared = mapped.normalize("NFKC");
  return isAllowed(Array.from(prepared, codePoint)) ? prepared : password;
}

function mapCharacter(character: string): string {
  const code = codePoint(character);
  if (includes(nonAsciiSpaces, code)) return " ";
  return includes(mappedToNothing, code) ? "" : character;
}

function isAllowed(codes: readonly number[]): boolean {
  if (codes.length === 0) return false;
  if (codes.some((code) => includes(prohibited, code) || includes(unassigned, code))) return false;
  if (!codes.some((code) => includes(rightToLeft, code))) return true;
  // A text with characters written from right to left has no others, and begins and ends with one.
  const ends = [codes[0], codes.at(-1)];
  return (
    ends.every((code) => code !== undefined && includes(rightToLeft, code)) &&
    !codes.some((code) => includes(leftToRight, code))
  );
}

/** Binary search for the first range that does not end before the code point. */
function includes(set: CharacterSet, code: number): boolean {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle]?.last ?? 0) < code) low = middle + 1;
    else high = middle;
  }
  const range = set[low];
  return range !== undefined && code >= range.first;
}

function readSet(table: string): CharacterSet {
  const numbers = table.split(" ").map((text) => Number.parseInt(text, 36));
  const ranges = [];
  let at = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const first = at + (numbers[i] ?? 0);
    at = first + (numbers[i + 1] ?? 0);
    ranges.push({ first, last: at });
  }
  return ranges;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
