/** The wrong merges of `npm run mutants` are still made of the sources as they are. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MUTATIONS } from "./mutations.mjs";

test.each(MUTATIONS)("$name: its piece of the source is there once", ({ file, from }) => {
  expect(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").split(from)).toHaveLength(2);
});
