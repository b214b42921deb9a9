/** The corpus of this folder as data: 230 statements of every kind, each with an id. */
import { readFileSync } from "node:fs";
import { isNode } from "../../src/sql/ast.js";

export interface CorpusStatement {
  readonly id: string;
  readonly sql: string;
}

/** Reads a JSON file of statements; entries without an id get their SQL as one. */
export function readCorpus(file: string | URL): CorpusStatement[] {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(content)) throw new Error(`${String(file)} holds no list`);
  return content.filter(isNode).map(({ id, sql }) => {
    if (typeof sql !== "string") throw new Error(`${String(file)} holds an entry without sql`);
    return { id: typeof id === "string" ? id : sql, sql };
  });
}

export const STATEMENTS: readonly CorpusStatement[] = readCorpus(
  new URL("./corpus/statements.json", import.meta.url),
);
