/** This program's version, as its package says. */
import { readFileSync } from "node:fs";

const PACKAGE = new URL("../../package.json", import.meta.url);

export function programVersion(): string {
  const description: unknown = JSON.parse(readFileSync(PACKAGE, "utf8"));
  const isObject = typeof description === "object" && description !== null && "version" in description;
  return isObject ? String(description.version) : "unknown";
}
