/**
 * Where the answers may differ, each with its reason. Everything else is a failure.
 *
 * Not said by these conversations, for it is answered otherwise: a declared type that PostgreSQL refuses without a cast
 * (text for an integer column) is converted; an error in a cursor's query comes at DECLARE, which runs it, for a FETCH would
 * see what was changed meanwhile; branches of a UNION of unlike types become text, and sum(int4) is a numeric, as DuckDB has it.
 */

interface Difference {
  readonly reason: string;
  readonly applies: (
    messages: readonly string[],
    ours: readonly string[],
    theirs: readonly string[],
  ) => boolean;
}

const DIFFERENCES: readonly Difference[] = [
  {
    reason:
      "what this server refuses by name (0A000) never ran: the transaction is in another state from there on",
    applies: (_, ours, theirs) => count(ours, "0A000") > count(theirs, "0A000"),
  },
  {
    reason:
      "PostgreSQL runs a Query in the unnamed portal and leaves it behind when the Query fails inside a block; nothing can be done with it",
    applies: (messages, ours) =>
      ours.at(-1) === "ReadyForQuery E" &&
      count(ours, "34000") > 0 &&
      messages.some((message) => /^(?:Describe|Execute) .*"(?:name|portal)":""/.test(message)),
  },
  {
    reason:
      "FETCH is described by the cursor there is: PostgreSQL keeps what it found at Parse, even if the cursor was made later",
    applies: (messages, ours, theirs) =>
      messages.some((message) => message.startsWith("Describe")) &&
      ours.length === theirs.length &&
      ours.every((line, i) => line === theirs[i] || theirs[i] === "noData" || ours[i] === "noData"),
  },
  {
    reason:
      "DuckDB computes 2,048 rows at a time: an error in one of them comes before the rows in front of it are sent, and before what describes them",
    applies: (_, ours, theirs) => {
      const at = ours.findIndex((line, i) => line !== theirs[i]);
      const behind = theirs.slice(at).findIndex((line) => !/^(?:RowDescription|DataRow)/.test(line));
      const error = ours[at] ?? "";
      return behind > 0 && /^error ERROR 2[12]/.test(error) && theirs[at + behind] === error;
    },
  },
  {
    reason:
      "a message that is none of COPY's ends the COPY; PostgreSQL 15 loses step with its client there, and closes the connection",
    applies: (_, ours, theirs) =>
      theirs.at(-2) === "error FATAL 08P01" &&
      count(ours, "08P01") === 1 &&
      ours.includes("copyInResponse [0,0]"),
  },
  {
    reason: "PostgreSQL computes constants when a portal is bound: an error of one comes at Bind",
    applies: (_, ours, theirs) => {
      const at = ours.findIndex((line, i) => line !== theirs[i]);
      const behind = ours.slice(at).findIndex((line) => !/^(?:bindComplete|RowDescription)/.test(line));
      const error = theirs[at] ?? "";
      return behind > 0 && error.startsWith("error ERROR 22") && ours[at + behind] === error;
    },
  },
  {
    reason:
      "a literal that is compared is read when a row comes by: a SELECT that is not prepared, and finds no rows, does not notice a wrong one",
    applies: (messages, ours, theirs) =>
      messages.some((message) => /^Query "select .*'x'/.test(message)) &&
      theirs.some((line) => line.endsWith(" 22P02")) &&
      !ours.some((line) => line.startsWith("DataRow")),
  },
  {
    reason:
      "in a failed block nothing is described; PostgreSQL describes what has no columns, such as FETCH of a cursor that did not exist at Parse",
    applies: (messages, ours, theirs) =>
      messages.some((message) => message.startsWith("Describe")) &&
      theirs.includes("noData") &&
      count(ours, "25P02") > count(theirs, "25P02") &&
      ours.at(-1) === theirs.at(-1),
  },
];

export function isKnown(
  messages: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): boolean {
  if (ours.length === theirs.length && ours.every((line, i) => line === theirs[i])) return false;
  return DIFFERENCES.some(({ applies }) => applies(messages, ours, theirs));
}

function count(lines: readonly string[], code: string): number {
  return lines.filter((line) => line.endsWith(` ${code}`)).length;
}
