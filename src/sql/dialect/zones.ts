import { notSupported } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** With the sign behind a name, or in front of the hours; a colon and minutes may follow. */
const POSIX = /^(?:(?:<[A-Za-z0-9+:-]+>|[A-Za-z]{3,})([+-]?)|([+-]))(\d{1,2})((?::\d{2}){0,2})$/;

/**
 * Zones as POSIX names them, whose hours count westwards.
 *
 *   a AT TIME ZONE 'UTC-05:00'  ⇒  a AT TIME ZONE 'Etc/GMT-5'
 *   a AT TIME ZONE t.zone       ⇒  a AT TIME ZONE duckbranch_zone(t.zone)
 *   a AT TIME ZONE $1           ⇒  a AT TIME ZONE duckbranch_zone(CAST($1 AS VARCHAR))
 *
 * Reason  ICU counts those of UTC-5 eastwards, and knows no -05:00; no macro stands in front of AT TIME ZONE. Throws 0A000 for
 *         minutes, which no zone of the IANA database has
 */
export const zonesPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index): TextEdit[] => {
    const isAt =
      isWord(token, "at") && isWord(tokens[index + 1], "time") && isWord(tokens[index + 2], "zone");
    const zone = isAt ? tokens[index + 3] : undefined;
    if (zone === undefined) return [];
    if (zone.kind === "string") return literal(zone);
    if (zone.kind === "parameter" && !isSymbol(tokens[index + 4], "::"))
      return around(zone, zone, "duckbranch_zone(CAST(", " AS VARCHAR))");
    const name = nameAt(tokens, index + 3);
    const last = name && tokens[name.next - 1];
    const behind = name && tokens[name.next];
    const isColumn = !isSymbol(behind, "(") && !isSymbol(behind, "[") && behind?.kind !== "string";
    if (last === undefined || !isColumn || isWord(zone, "null") || isSymbol(behind, "::")) return [];
    return around(zone, last, "duckbranch_zone(", ")");
  });

function literal({ start, end, value }: Token): TextEdit[] {
  const [match, sign, only, hours, minutes = ""] = POSIX.exec(value) ?? [];
  if (match === undefined) return [];
  if (/[1-9]/.test(minutes))
    throw notSupported("time zones with an offset in parts of an hour are not supported", "name a place");
  const west = Number(hours);
  const offset = west === 0 ? "" : `${(sign ?? only) === "-" ? "-" : "+"}${west}`;
  return [{ start, end, text: quoteLiteral(`Etc/GMT${offset}`) }];
}

function around(first: Token, last: Token, open: string, close: string): TextEdit[] {
  return [
    { start: first.start, end: first.start, text: open },
    { start: last.end, end: last.end, text: close },
  ];
}
