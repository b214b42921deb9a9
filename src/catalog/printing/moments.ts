/** Literals of moments and intervals in the form in which PostgreSQL shows them. Pure. */

/** Days, months and so on ⇒ how many of which field. */
const UNITS: readonly (readonly [words: RegExp, field: "months" | "days" | "seconds", size: number])[] = [
  [/^(?:years?|yrs?|y)$/, "months", 12],
  [/^(?:months?|mons?)$/, "months", 1],
  [/^(?:weeks?|w)$/, "days", 7],
  [/^(?:days?|d)$/, "days", 1],
  [/^(?:hours?|hrs?|h)$/, "seconds", 3600],
  [/^(?:minutes?|mins?|m)$/, "seconds", 60],
  [/^(?:seconds?|secs?|s)$/, "seconds", 1],
];

/** A text that this does not know stays as it is. */
export function momentText(text: string, type: string): string {
  if (type === "interval") return intervalText(text) ?? text;
  if (type.startsWith("time ") && /^\d\d:\d\d$/.test(text)) return `${text}:00`;
  return type === "timestamp without time zone" ? (stampText(text) ?? text) : text;
}

/** With a time of day, to the second. */
function stampText(text: string): string | undefined {
  const [, date, time = "00:00", seconds = ":00"] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?$/.exec(text) ?? [];
  return date === undefined ? undefined : `${date} ${time}${seconds}`;
}

function intervalText(text: string): string | undefined {
  const parts = { months: 0, days: 0, seconds: 0 };
  const rest = text
    .trim()
    .toLowerCase()
    .replace(/(\d+):(\d\d)(?::(\d\d))?/, "$1 h $2 m $3 s")
    .replace(/ {2}s$/, "");
  for (const piece of rest.match(/-?[\d.]+\s*[a-z]+/g) ?? []) {
    const [, count = "", unit = ""] = /^(-?[\d.]+)\s*([a-z]+)$/.exec(piece) ?? [];
    const found = UNITS.find(([words]) => words.test(unit));
    if (found === undefined || !/^-?\d+$/.test(count)) return undefined;
    parts[found[1]] += Number(count) * found[2];
  }
  const isRead = rest.replaceAll(/-?[\d.]+\s*[a-z]+/g, "").trim() === "";
  return isRead && Object.values(parts).every((part) => part >= 0) ? shown(parts) : undefined;
}

const counted = (count: number, word: string): string[] =>
  count === 0 ? [] : [`${count} ${word}${count === 1 ? "" : "s"}`];
const two = (count: number): string => String(count).padStart(2, "0");

function shown(parts: { readonly months: number; readonly days: number; readonly seconds: number }): string {
  const { months, days, seconds } = parts;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const dates = [
    ...counted(Math.floor(months / 12), "year"),
    ...counted(months % 12, "mon"),
    ...counted(days, "day"),
  ];
  return [...dates, ...(seconds > 0 || dates.length === 0 ? [clock] : [])].join(" ");
}
