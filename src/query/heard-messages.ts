/** What client_min_messages lets through to the client. */
import type { Notice } from "./types.js";

/** From which setting on a client hears no more of a level. */
const RANKS: readonly string[] = [
  "debug5",
  "debug4",
  "debug3",
  "debug2",
  "debug1",
  "log",
  "notice",
  "warning",
  "error",
];

/** INFO it always hears. */
export function isHeard(severity: Notice["severity"], least: string): boolean {
  if (severity === "INFO") return true;
  const level = severity === "DEBUG" ? "debug1" : severity.toLowerCase();
  return RANKS.indexOf(level) >= RANKS.indexOf(least);
}
