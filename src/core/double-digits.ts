/** Which numbers a reader that knows only double precision, as JavaScript's, reads as they were written. */

/** A number of no more characters has at most as many digits as every double keeps. */
export const SURE_DIGITS = 15;

/** What begins and ends strings of a JSON text, in which digits are no numbers, and its numbers. A string as a whole may be too long for it. */
const QUOTE_OR_NUMBER = /\\.|"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Whether the double nearest to a decimal text, written out again, is the same number; false for a text that is none. */
export function survivesDouble(text: string): boolean {
  const written = canonical(text);
  return written !== undefined && written === canonical(String(Number(text)));
}

/** Digits without zeros around them, and the power of ten they count; a sign is as the double's. */
function canonical(text: string): string | undefined {
  const [, whole, fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + digits.length - kept.length;
  return kept === "" ? "0" : `${kept}e${power}`;
}

/** The first number of a JSON text that would be another one after JSON.parse. */
export function lostNumber(json: string): string | undefined {
  const isNumber = outsideStrings();
  for (const [token] of json.matchAll(QUOTE_OR_NUMBER))
    if (isNumber(token) && !survivesDouble(token)) return token;
  return undefined;
}

/** The same JSON text, in which such numbers are strings. */
export function exactJson(json: string): string {
  const isNumber = outsideStrings();
  return json.replace(QUOTE_OR_NUMBER, (token) =>
    isNumber(token) && !survivesDouble(token) ? `"${token}"` : token,
  );
}

/** Tells of each token of a text, in their order, whether it is a number. */
function outsideStrings(): (token: string) => boolean {
  let isInside = false;
  return (token) => {
    if (token === '"') isInside = !isInside;
    return !isInside && token !== '"' && !token.startsWith("\\");
  };
}
