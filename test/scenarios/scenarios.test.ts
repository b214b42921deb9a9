/** Plays every section of every scenario file here; the format is described in scenario.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { play } from "./runner.js";
import { readScenario } from "./scenario.js";

const FILES = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"));

describe.each(FILES)("%s", (name) => {
  const sections = readScenario(readFileSync(new URL(name, import.meta.url), "utf8"));

  it.each(sections.map((section) => [section.title, section] as const))("%s", async (_, section) => {
    const { expected, actual } = await play(section);
    expect(actual).toEqual(expected);
  });
});
