import { describe, expect, it } from "vitest";
import { saslprep } from "../../src/users/saslprep.js";

describe("saslprep", () => {
  it.each([
    // The examples of RFC 4013, section 3.
    ["I\u00adX", "IX"],
    ["user", "user"],
    ["USER", "USER"],
    ["\u00aa", "a"],
    ["\u2168", "IX"],
    // Forbidden there, taken as they are here: as libpq does.
    ["\u0007", "\u0007"],
    ["\u0627\u0031", "\u0627\u0031"],
    ["na\u00efve \ufb01sh", "na\u00efve fish"],
    ["e\u0301", "\u00e9"],
    ["a\u3000b\u00a0c\u200bd", "a b c d"],
    // A compatibility form beside a character unknown to Unicode 3.2.
    ["\ufb01\u{1f600}", "\ufb01\u{1f600}"],
    ["\u05d0 \ufb01", "\u05d0 \ufb01"],
    ["\u05d0\u212b\u05d0", "\u05d0\u212b\u05d0"],
    ["\u00ad", "\u00ad"],
    ["\ue000\ufb01", "\ue000\ufb01"],
    ["", ""],
  ])("makes of %j %j", (password, prepared) => {
    expect(saslprep(password)).toBe(prepared);
  });
});
