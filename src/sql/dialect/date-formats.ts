import { notSupported, SqlError } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { closingBracket, isSymbol, nameAt, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

const FUNCTIONS = new Set(["to_char", "to_date", "to_timestamp"]);

/** Longest first; the second form is FM's, without zeros or blanks in front. */
const ELEMENTS: readonly (readonly [string, string | undefined, string | undefined])[] = [
  ["Y,YYY", undefined, undefined],
  ["SSSS", undefined, undefined],
  ["IYYY", "%G", "%G"],
  ["YYYY", "%Y", "%-Y"],
  ["HH24", "%H", "%-H"],
  ["HH12", "%I", "%-I"],
  ["Month", undefined, "%B"],
  ["Day", undefined, "%A"],
  ["DDD", "%j", "%-j"],
  ["Mon", "%b", "%b"],
  ["MM", "%m", "%-m"],
  ["MI", "%M", "%-M"],
  ["MS", "%g", "%g"],
  ["US", "%f", "%f"],
  ["SS", "%S", "%-S"],
  ["HH", "%I", "%-I"],
  ["DD", "%d", "%-d"],
  ["Dy", "%a", "%a"],
  ["IW", "%V", "%V"],
  ["YY", "%y", "%-y"],
  ["AM", "%p", "%p"],
  ["PM", "%p", "%p"],
  ["TZ", "%Z", "%Z"],
];
/** Elements whose letters decide the case of the result. */
const CASED = new Set(["Month", "Day", "Mon", "Dy", "AM", "PM", "TZ"]);

/** Digits, and no letters but those that a number's format has: see src/catalog/expressions/number-text.ts. */
function isNumberFormat(format: string): boolean {
  const plain = format.replace(/"[^"]*"|FM|SG|PL|MI|PR|[SDG]/gi, "");
  return /[09]/.test(plain) && !/[a-z\\"]/i.test(plain);
}

/**
 * Formats of dates and times.
 *
 *   to_char(t, 'YYYY-MM-DD')  ⇒  to_char(t, '%Y-%m-%d')
 *   to_char(n, 'FM9,990.00')  ⇒  to_char(n, 'FM9,990.00', 'as written')
 *   to_char(t, 'FMDay, DDth') ⇒  to_char(t, 'FMDay, DDth', 'as written')
 *
 * Reason  to_char, to_date and to_timestamp are strftime and strptime here, with formats of their own; what strftime has no
 *         element for is written by this program (catalog/expressions/moment-text.ts). Throws 0A000 for what to_date and
 *         to_timestamp would have to read so, and for a format of theirs that is not in the text
 */
export const dateFormatsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((_, index) => {
    const call = formatOf(tokens, index);
    if (call === undefined) return [];
    const { format, end } = call;
    const asWritten = [{ start: end, end, text: ", 'as written'" }];
    if (format === undefined) return asWritten;
    if (call.name === "to_char" && isNumberFormat(format.value)) return asWritten;
    if (format.value.includes("%")) return [];
    if (call.name === "to_char" && !isTranslated(format.value)) return asWritten;
    return [{ start: format.start, end: format.end, text: quoteLiteral(strftimeFormat(format.value)) }];
  });

interface FormatCall {
  readonly name: string;
  /** Undefined for a format that is not in the text. */
  readonly format: Token | undefined;
  /** Behind the format. */
  readonly end: number;
}

function formatOf(tokens: readonly Token[], index: number): FormatCall | undefined {
  const name = isSymbol(tokens[index - 1], ".") ? undefined : nameAt(tokens, index);
  const isFormat = FUNCTIONS.has(name?.parts.at(-1) ?? "") && (name?.parts.length ?? 3) <= 2;
  if (name === undefined || !isFormat || !isSymbol(tokens[name.next], "(")) return undefined;
  const close = closingBracket(tokens, name.next) ?? name.next;
  const [, second, third] = splitAtCommas(tokens, name.next + 1, close);
  // As this pass has written it.
  if (second === undefined || third !== undefined) return undefined;
  const [from, to] = second;
  const literal = to === from + 1 ? tokens[from] : undefined;
  const called = name.parts.at(-1) ?? "";
  const end = tokens[to - 1]?.end ?? 0;
  if (literal?.kind === "string") return { name: called, format: literal, end };
  if (called === "to_char") return { name: called, format: undefined, end };
  throw notSupported(`${called}() with a format that is not a literal is not supported`);
}

/** Whether strftime has all of it. */
function isTranslated(template: string): boolean {
  try {
    strftimeFormat(template);
    return true;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

/** PostgreSQL's template as strftime's. */
function strftimeFormat(template: string): string {
  let [result, at] = ["", 0];
  while (at < template.length) {
    const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(template.slice(at));
    if (quoted !== null) {
      result += (quoted[1] ?? "").replace(/\\(.)/g, "$1").replaceAll("%", "%%");
      at += quoted[0].length;
      continue;
    }
    const isFilled = template.slice(at, at + 2).toUpperCase() === "FM";
    const element = elementAt(template, isFilled ? at + 2 : at);
    if (element !== undefined) {
      result += element[isFilled ? 2 : 1];
      at += element[0].length + (isFilled ? 2 : 0);
    } else {
      const character = template.charAt(at);
      if (isFilled || /[A-Za-z0-9]/.test(character)) throw unsupported(template);
      result += character === "%" ? "%%" : character;
      at += 1;
    }
  }
  return result;
}

/** strftime's format as PostgreSQL's template; undefined for one that this file does not make. */
export function postgresFormat(format: string): string | undefined {
  let made = "";
  for (const [part] of format.matchAll(/%-?[A-Za-z%]|[^%]+|%/g)) {
    const plain = ELEMENTS.find(([, one]) => one === part)?.[0];
    const filled = ELEMENTS.find(([, , one]) => one === part)?.[0];
    if (plain !== undefined) made += plain;
    else if (filled !== undefined) made += `FM${filled}`;
    else if (/[%"\\]/.test(part)) return undefined;
    else made += /[A-Za-z0-9]/.test(part) ? `"${part}"` : part;
  }
  return made;
}

function elementAt(template: string, at: number): readonly [string, string, string] | undefined {
  const found = ELEMENTS.find(([name]) => {
    const written = template.slice(at, at + name.length);
    return written.toUpperCase() === name.toUpperCase();
  });
  if (found === undefined) return undefined;
  const [name, plain, filled] = found;
  const written = template.slice(at, at + name.length);
  const behind = template.slice(at + name.length, at + name.length + 2);
  const isFilled = template.slice(at - 2, at).toUpperCase() === "FM";
  const isOther = (CASED.has(name) && written !== name) || /^(?:th|TH)/.test(behind);
  if (isOther || filled === undefined || (plain === undefined && !isFilled)) throw unsupported(template);
  return [written, plain ?? filled, filled];
}

function unsupported(template: string): Error {
  return notSupported(`the format "${template}" is not supported`);
}
