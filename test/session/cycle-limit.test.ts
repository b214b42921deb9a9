/** statement_timeout between the messages of a statement. */
import { describe, expect, it } from "vitest";
import { SQLSTATE } from "../../src/core/errors.js";
import { CycleLimit } from "../../src/session/cycle-limit.js";
import { FRONTEND_TAG } from "../../src/wire/frontend-tags.js";
import { sqlFailure } from "../support/sql-failure.js";

const { parse, bind, describe: describeTag, execute, sync } = FRONTEND_TAG;
const LIMIT_MS = 2;

function passLimit(): void {
  const end = performance.now() + LIMIT_MS + 1;
  while (performance.now() < end);
}

describe("the time between messages", () => {
  it("ends a statement whose next message comes too late", () => {
    const limit = new CycleLimit();
    limit.begin(parse, LIMIT_MS);
    passLimit();
    expect(sqlFailure(() => limit.begin(describeTag, LIMIT_MS))?.code).toBe(SQLSTATE.queryCanceled);
    // What follows its error is another statement.
    expect(() => limit.begin(parse, LIMIT_MS)).not.toThrow();
  });

  it("counts anew behind Execute, and behind Sync", () => {
    const limit = new CycleLimit();
    limit.begin(execute, LIMIT_MS);
    passLimit();
    limit.end(execute);
    expect(() => limit.begin(bind, LIMIT_MS)).not.toThrow();
    passLimit();
    limit.begin(sync, LIMIT_MS);
    expect(() => limit.begin(bind, LIMIT_MS)).not.toThrow();
  });

  it("is not limited without a setting", () => {
    const limit = new CycleLimit();
    limit.begin(parse, 0);
    passLimit();
    expect(() => limit.begin(bind, 0)).not.toThrow();
  });
});
