/** The `options` start-up parameter: settings in the style of a command line, as libpq and PGOPTIONS send them. */
import { SQLSTATE, SqlError } from "../core/errors.js";

/**
 * Splits `options` into settings. `-c name=value`, `-cname=value` and `--name=value`; words are separated by white space,
 * a backslash takes the next character as it is. In names given with `--`, `-` stands for `_`.
 *
 * `-c branch=dev --work-mem=1MB` ⇒ branch = dev, work_mem = 1MB
 *
 * Errors  42601 for anything else: an ignored option would be a setting the user believes in
 */
export function parseStartupOptions(options: string): (readonly [name: string, value: string])[] {
  const words = splitWords(options);
  const settings: (readonly [string, string])[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const next = words[i + 1];
    if (word === "-c" && next !== undefined) {
      settings.push(parseSetting(next, "-c "));
      i++;
    } else if (word.startsWith("-c") && word.length > 2) settings.push(parseSetting(word.slice(2), "-c "));
    else if (word.startsWith("--")) settings.push(parseSetting(word.slice(2), "--"));
    else throw invalidOption(word);
  }
  return settings;
}

function parseSetting(text: string, option: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new SqlError(SQLSTATE.syntaxError, `${option}${text} requires a value`);
  // PostgreSQL's ParseLongOption: dashes in the name are written for underscores, for -c as for --.
  return [text.slice(0, equals).replaceAll("-", "_"), text.slice(equals + 1)];
}

function invalidOption(word: string): SqlError {
  return new SqlError(SQLSTATE.syntaxError, `invalid command-line argument for server process: ${word}`, {
    hint: "write settings as -c name=value",
  });
}

function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i);
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    // A backslash at the very end stands for nothing, as in PostgreSQL.
    if (char === "\\") char = text.charAt(++i);
    word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
