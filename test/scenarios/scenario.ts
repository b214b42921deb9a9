/**
 * Reads scenario files: what several clients, one per head, do one after the other, and what each is told.
 *
 *   # comment
 *   == sentence about behaviour        a section: a test of its own, on a server of its own
 *   main> SQL;                         a statement of the client on main; it ends with the line that ends in `;`
 *   branch x> SQL;                     the same on branch x, which that client chose at connect
 *   database y> SQL;                   … of a client that gave y as its database; `main#2>` is a second client
 *   $ 1 | two                          parameters: the statement goes through the extended protocol, prepared by name
 *   1 | two | NULL                     what it returns, a line per row; `(none)` for no row, `TAG n` for a command
 *   ERROR 42501: part of the text      or how it fails; the text (message, detail and hint) may be left out
 *   connect branch x                   opens a client; close branch x hangs up
 *
 * A cell `{name}` keeps the value it meets first, must meet it again, and stands for it in later SQL. Statements without
 * expectation must succeed. What comes before the first section is done at the beginning of each.
 */

export type Step =
  | {
      readonly kind: "statement";
      readonly client: string;
      readonly sql: string;
      readonly parameters: readonly string[] | undefined;
      readonly expected: readonly string[];
    }
  | { readonly kind: "connect" | "close"; readonly client: string; readonly expected: readonly string[] };

export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

const STATEMENT = /^((?:main|branch .+?|database .+?)(?:#\d)?)> (.*)$/;

/** Reads a file's sections, each with the file's common beginning in front. Throws for a line it cannot place. */
export function readScenario(text: string): Section[] {
  const [beginning = "", ...sections] = text.split(/^== /m);
  const common = readSteps(beginning);
  return sections.map((section) => {
    const end = section.indexOf("\n");
    return { title: section.slice(0, end).trim(), steps: [...common, ...readSteps(section.slice(end))] };
  });
}

function readSteps(text: string): Step[] {
  const steps: Step[] = [];
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    if (line.trim() === "") {
      at++;
      continue;
    }
    const { step, next } = readStep(lines, at);
    steps.push(step);
    at = next;
  }
  return steps;
}

function readStep(lines: readonly string[], start: number): { step: Step; next: number } {
  const first = lines[start] ?? "";
  const [, kind, client] = /^(connect|close) (.+)$/.exec(first) ?? [];
  if (client !== undefined && (kind === "connect" || kind === "close")) {
    const { expected, next } = readExpected(lines, start + 1);
    return { step: { kind, client, expected }, next };
  }
  const match = STATEMENT.exec(first);
  if (match === null) throw new Error(`not a step: ${first}`);
  let end = start;
  while (!(lines[end] ?? ";").endsWith(";")) end++;
  const sql = [match[2] ?? "", ...lines.slice(start + 1, end + 1)].join("\n").replace(/;$/, "");
  const bound = lines[end + 1]?.startsWith("$ ") === true ? lines[end + 1] : undefined;
  const { expected, next } = readExpected(lines, bound === undefined ? end + 1 : end + 2);
  const parameters = bound?.slice(2).split(" | ");
  return { step: { kind: "statement", client: match[1] ?? "", sql, parameters, expected }, next };
}

/** Everything up to a blank line or the next step. */
function readExpected(lines: readonly string[], start: number): { expected: string[]; next: number } {
  let next = start;
  while (next < lines.length && !isEnd(lines[next] ?? "")) next++;
  return { expected: lines.slice(start, next), next };
}

function isEnd(line: string): boolean {
  return line === "" || STATEMENT.test(line) || /^(?:connect|close) /.test(line);
}
