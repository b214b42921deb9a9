/** docs/ERRORS.md lists the errors that src raises: no fewer, no more, each with its code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SQLSTATE } from "../../src/core/errors.js";

const ROOT = join(import.meta.dirname, "../..");

/** Names used as `SQLSTATE.name` anywhere in src. */
function raisedNames(): Set<string> {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const texts = files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(ROOT, "src", file), "utf8"));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/\bSQLSTATE\.(\w+)/g)].map((match) => match[1] ?? "")),
  );
}

/** `| code | name | when |` */
function documented(): { code: string; name: string; when: string }[] {
  const text = readFileSync(join(ROOT, "docs/ERRORS.md"), "utf8");
  return [...text.matchAll(/^\| (\w{5}) +\| (\w+) +\| (.*?) +\|$/gm)].map(
    ([, code = "", name = "", when = ""]) => ({
      code,
      name,
      when,
    }),
  );
}

describe("docs/ERRORS.md", () => {
  it("lists exactly the errors that are raised", () => {
    expect(
      documented()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([...raisedNames()].toSorted());
  });

  it("gives each its SQLSTATE and says when it comes", () => {
    const codes: Readonly<Record<string, string>> = SQLSTATE;
    for (const { code, name, when } of documented()) {
      expect([name, code]).toEqual([name, codes[name]]);
      expect(when).not.toBe("");
    }
  });
});

describe("the catalogue of errors", () => {
  it("has each SQLSTATE once", () => {
    const codes = Object.values(SQLSTATE);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
