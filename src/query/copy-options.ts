/**
 * COPY's options: which there are, how each reads its value, and which exclude each other, in PostgreSQL's order and words.
 *
 * Source  ProcessCopyOptions in PostgreSQL 15's copy.c
 */
import { charsetName } from "../core/charset.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyFormat, TextCopyFormat } from "../pgtypes/client-values.js";
import type { CopyOption, CopyOptionValue } from "../sql/analysis.js";

/** Columns a FORCE option names; `all` for `*`. */
type ForcedColumns = readonly string[] | "all";

export interface CopyOptions {
  readonly format: CopyFormat;
  readonly freeze: boolean;
  readonly forceQuote: ForcedColumns;
  readonly forceNotNull: ForcedColumns;
  readonly forceNull: ForcedColumns;
}

type Direction = "in" | "out";
type OptionName = (typeof OPTION_NAMES)[number];
type Given = Partial<Record<OptionName, CopyOption>>;

const OPTION_NAMES = [
  "format",
  "freeze",
  "delimiter",
  "null",
  "header",
  "quote",
  "escape",
  "force_quote",
  "force_not_null",
  "force_null",
  "encoding",
] as const;

/** Encodings PostgreSQL has a name for, but this server no conversion from. */
const OTHER_ENCODINGS =
  /^(?:sql_?ascii|latin-?\d+|l\d+|iso_?8859-?\d+|win\d+|windows-?\d+|koi8[ru]?|euc_?(?:jp|cn|kr|tw|jis_?2004)|big5|gbk|gb18030|s?jis|shift_?jis(?:_?2004)?|johab|uhc|mule_?internal|abc|alt|tcvn\d*|vscii|win)$/i;

/** Errors: 42601 unknown, repeated or contradicting options, 22023 and 0A000 values that cannot be. */
export function readCopyOptions(options: readonly CopyOption[], direction: Direction): CopyOptions {
  const given = collect(options);
  const name = given.format === undefined ? "text" : stringOf(given.format);
  if (name !== "text" && name !== "csv" && name !== "binary")
    throw invalid(`COPY format "${name}" not recognized`, given.format);
  const forceQuote = columnsOf(given.force_quote, true);
  const forceNotNull = columnsOf(given.force_not_null, false);
  const forceNull = columnsOf(given.force_null, false);
  const freeze = given.freeze !== undefined && booleanOf(given.freeze);
  const header = given.header === undefined ? "none" : headerOf(given.header, direction);
  const own = given.encoding && { encoding: encodingOf(given.encoding) };
  const lines = name === "binary" ? undefined : readLines(given, name, header);
  if (name === "binary") refuseInBinary(given, header);
  else if (lines !== undefined) checkDelimiter(lines);
  checkForces(given, name === "csv", direction);
  if (lines !== undefined) checkNull(lines);
  return {
    format: { ...(lines ?? { format: "binary" }), ...own },
    freeze,
    forceQuote,
    forceNotNull,
    forceNull,
  };
}

function collect(options: readonly CopyOption[]): Given {
  const given: Given = {};
  for (const option of options) {
    const name = OPTION_NAMES.find((known) => known === option.name);
    if (name === undefined)
      throw new SqlError(SQLSTATE.syntaxError, `option "${option.name}" not recognized`, {
        position: option.position,
      });
    if (given[name] !== undefined)
      throw new SqlError(SQLSTATE.syntaxError, "conflicting or redundant options", {
        position: option.position,
      });
    given[name] = option;
  }
  return given;
}

function invalid(message: string, { position }: { readonly position?: number } = {}): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, message, { position });
}

/** As PostgreSQL's defGetString: words and numbers are strings, too. */
function stringOf({ name, value }: CopyOption): string {
  switch (value.kind) {
    case "none":
      throw new SqlError(SQLSTATE.syntaxError, `${name} requires a parameter`);
    case "text":
    case "number":
      return value.text;
    case "star":
      return "*";
    case "names":
      return value.names.join(".");
    default:
      return value satisfies never;
  }
}

function stringOr(option: CopyOption | undefined, otherwise: string): string {
  return option === undefined ? otherwise : stringOf(option);
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, on: true, false: false, off: false };

function knownBoolean(value: CopyOptionValue): boolean | undefined {
  if (value.kind === "none") return true;
  if (value.kind === "number") return value.text === "1" ? true : value.text === "0" ? false : undefined;
  return value.kind === "text" ? BOOLEANS[value.text.toLowerCase()] : undefined;
}

function booleanOf({ name, value }: CopyOption): boolean {
  const known = knownBoolean(value);
  if (known === undefined) throw new SqlError(SQLSTATE.syntaxError, `${name} requires a Boolean value`);
  return known;
}

function headerOf({ name, value }: CopyOption, direction: Direction): TextCopyFormat["header"] {
  const known = knownBoolean(value);
  if (known !== undefined) return known ? "line" : "none";
  if (value.kind !== "text" || value.text.toLowerCase() !== "match")
    throw new SqlError(SQLSTATE.syntaxError, `${name} requires a Boolean value or "match"`);
  if (direction === "out") throw notSupported(`cannot use "${value.text}" with HEADER in COPY TO`);
  return "match";
}

function columnsOf(option: CopyOption | undefined, takesAll: boolean): ForcedColumns {
  if (option === undefined) return [];
  const { value } = option;
  if (value.kind === "names") return value.names;
  if (value.kind === "star" && takesAll) return "all";
  throw invalid(`argument to option "${option.name}" must be a list of column names`, option);
}

function encodingOf(option: CopyOption): string {
  const encoding = stringOf(option);
  if (/^(?:utf-?8|unicode)$/i.test(encoding)) return "UTF8";
  const known = charsetName(encoding);
  if (known !== undefined) return known;
  if (OTHER_ENCODINGS.test(encoding)) throw notSupported(`COPY encoding "${encoding}" is not supported`);
  throw invalid(`argument to option "${option.name}" must be a valid encoding name`, option);
}

function contradiction(what: string): SqlError {
  return new SqlError(SQLSTATE.syntaxError, `cannot specify ${what} in BINARY mode`);
}

function refuseInBinary(given: Given, header: TextCopyFormat["header"]): void {
  if (given.delimiter !== undefined) throw contradiction("DELIMITER");
  if (given.null !== undefined) throw contradiction("NULL");
  if (header !== "none") throw notSupported("cannot specify HEADER in BINARY mode");
}

function readLines(
  given: Given,
  format: TextCopyFormat["format"],
  header: TextCopyFormat["header"],
): TextCopyFormat {
  const isCsv = format === "csv";
  const quote = stringOr(given.quote, '"');
  return {
    format,
    delimiter: stringOr(given.delimiter, isCsv ? "," : "\t"),
    null: stringOr(given.null, isCsv ? "" : String.raw`\N`),
    header,
    quote,
    escape: stringOr(given.escape, quote),
  };
}

function isOneByte(text: string): boolean {
  return Buffer.byteLength(text) === 1;
}

function checkDelimiter({ format, delimiter, null: nullText, quote }: TextCopyFormat): void {
  if (!isOneByte(delimiter)) throw notSupported("COPY delimiter must be a single one-byte character");
  if (/[\r\n]/.test(delimiter)) throw invalid("COPY delimiter cannot be newline or carriage return");
  if (/[\r\n]/.test(nullText))
    throw invalid("COPY null representation cannot use newline or carriage return");
  if (format === "text" && /[\\.a-z0-9]/.test(delimiter))
    throw invalid(`COPY delimiter cannot be "${delimiter}"`);
  if (format === "csv" && !isOneByte(quote))
    throw notSupported("COPY quote must be a single one-byte character");
  if (format === "csv" && delimiter === quote) throw invalid("COPY delimiter and quote must be different");
}

/** Options of csv alone, and of one direction alone. */
function checkForces(given: Given, isCsv: boolean, direction: Direction): void {
  if (!isCsv && given.quote !== undefined) throw notSupported("COPY quote available only in CSV mode");
  if (!isCsv && given.escape !== undefined) throw notSupported("COPY escape available only in CSV mode");
  if (given.escape !== undefined && !isOneByte(stringOf(given.escape)))
    throw notSupported("COPY escape must be a single one-byte character");
  const forces = [
    [given.force_quote, "force quote", "out", "TO"],
    [given.force_not_null, "force not null", "in", "FROM"],
    [given.force_null, "force null", "in", "FROM"],
  ] as const;
  for (const [option, words, only, keyword] of forces) {
    if (option === undefined) continue;
    if (!isCsv) throw notSupported(`COPY ${words} available only in CSV mode`);
    if (direction !== only) throw notSupported(`COPY ${words} only available using COPY ${keyword}`);
  }
}

function checkNull({ format, delimiter, null: nullText, quote }: TextCopyFormat): void {
  if (nullText.includes(delimiter))
    throw notSupported("COPY delimiter must not appear in the NULL specification");
  if (format === "csv" && nullText.includes(quote))
    throw notSupported("CSV quote character must not appear in the NULL specification");
}
