/** What definitions keep in checks is read as it is written now, and as older files have it. */
import { describe, expect, test } from "vitest";
import { domainTest, readDomainCheck } from "../../src/core/domain-checks.js";
import { nameTest, readLabel, withoutName } from "../../src/sql/constraint-labels.js";
import { foreignKeyCheck, readForeignKeyCheck, type KeptForeignKey } from "../../src/sql/foreign-keys.js";
import { heldTypeCheck, readHeldType } from "../../src/sql/held-types.js";
import { isPolicyCheck, policyCheck } from "../../src/sql/merge-policies.js";

/** The form of before: a call that is always above zero. */
function asBefore(check: string): string {
  const older = check.replace(/('(?:[^']|'')*') IS NOT NULL/, "length($1) > 0");
  expect(older).not.toBe(check);
  return older;
}

const forms: readonly ((check: string) => string)[] = [(check) => check, asBefore];

describe.each(forms)("a check", (form) => {
  test("holds a column's type", () => {
    const type = { kind: "text", name: "varchar", length: 20 } as const;
    expect(readHeldType(form(heldTypeCheck("v", type)))).toEqual(type);
  });

  test("names a constraint", () => {
    const check = `((a > 0) AND (${form(nameTest({ name: "it's" }))}))`;
    expect(readLabel(check)).toEqual({ name: "it's" });
    expect(withoutName(check)).toBe("((a > 0))");
  });

  test("holds a column to its domain", () => {
    const label = { domain: "d", constraint: "it's" };
    expect(readDomainCheck(`CHECK ((v > 0) AND (${form(domainTest(label))}))`)).toEqual(label);
  });

  test("keeps a merge policy", () => {
    expect(isPolicyCheck(form(policyCheck("n", "sum_delta")))).toBe(true);
  });

  test("keeps a foreign key", () => {
    const key: KeptForeignKey = {
      name: "k",
      columns: ["a"],
      schema: "main",
      table: "p",
      target: ["id"],
      onDelete: "a",
      onUpdate: "c",
      full: false,
      deferrable: "not",
    };
    expect(readForeignKeyCheck(form(foreignKeyCheck(key)))).toEqual(key);
  });
});
