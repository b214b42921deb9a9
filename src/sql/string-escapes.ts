/** Decodes what stands between the quotes of E'…' and U&'…' literals. */

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** A run of escaped bytes, a code point, any other escaped character, or a doubled quote. */
const ESCAPE = /(?:\\[0-7]{1,3}|\\x[0-9A-Fa-f]{1,2})+|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\[\s\S]|''/g;

/** Undefined when an escape is malformed. Octal and \x bytes above 127 must together be UTF-8. */
export function decodeEscapes(body: string): string | undefined {
  let isValid = true;
  const decoded = body.replaceAll(ESCAPE, (escape) => {
    if (escape === "''") return "'";
    const kind = escape.charAt(1);
    const isCodePoint = (kind === "u" && escape.length === 6) || (kind === "U" && escape.length === 10);
    if (isCodePoint) {
      const character = codePoint(escape.slice(2));
      isValid &&= character !== undefined;
      return character ?? "";
    }
    if (/^\\(?:[0-7]|x[0-9A-Fa-f])/.test(escape)) {
      const bytes = decodeBytes(escape);
      isValid &&= bytes !== undefined;
      return bytes ?? "";
    }
    isValid &&= kind !== "u" && kind !== "U";
    return SIMPLE_ESCAPES.get(kind) ?? kind;
  });
  return isValid ? decoded : undefined;
}

function decodeBytes(escapes: string): string | undefined {
  const bytes = escapes
    .split("\\")
    .slice(1)
    .map((escape) =>
      escape.startsWith("x") ? Number.parseInt(escape.slice(1), 16) : Number.parseInt(escape, 8) & 255,
    );
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

/** U&'d\0061t' ⇒ dat; `\\` is a backslash, doubled quotes are already undone. UESCAPE with another character is not supported: the parser refuses it. */
export function decodeUnicodeEscapes(body: string): string | undefined {
  let isValid = true;
  const decoded = body.replaceAll(/\\(?:\\|\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4})|)/g, (escape, long, short) => {
    if (escape === "\\\\") return "\\";
    const character = codePoint(typeof long === "string" ? long : typeof short === "string" ? short : "");
    isValid &&= character !== undefined;
    return character ?? "";
  });
  return isValid ? decoded : undefined;
}

function codePoint(hex: string): string | undefined {
  const code = Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
