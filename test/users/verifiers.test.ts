import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  deriveTolerantVerifier,
  deriveVerifier,
  formatVerifier,
  isPasswordOf,
  mockVerifier,
  parseVerifier,
} from "../../src/users/scram-verifier.js";
import { emptyUserList, formatUserList, parseUserList } from "../../src/users/user-list.js";

/** Captured from PostgreSQL 15: CREATE ROLE ann PASSWORD 'secret'; SELECT rolpassword FROM pg_authid. */
const OF_POSTGRES =
  "SCRAM-SHA-256$4096:sUNjg32JtOGuk3/jphtjhg==$G9z/zxSN9JIry4p0yfR3FDGkNziV7EaJG9ufgunFZfs=:REaiUUs1haHBnHZM0N6NkMFXgOFhRHIHtXCinywfe0U=";

describe("a verifier", () => {
  it("made by PostgreSQL is understood", async () => {
    const verifier = parseVerifier(OF_POSTGRES);
    if (verifier === undefined) throw new Error("not understood");
    expect(await isPasswordOf(verifier, "secret")).toBe(true);
    expect(await isPasswordOf(verifier, "Secret")).toBe(false);
    expect(formatVerifier(verifier)).toBe(OF_POSTGRES);
  });

  it("is the same after writing and reading, and new each time", async () => {
    const verifier = await deriveVerifier("na\u00efve \ufb01sh");
    expect(parseVerifier(formatVerifier(verifier))).toEqual(verifier);
    expect(await isPasswordOf(verifier, "na\u00efve fish")).toBe(true);
    expect((await deriveVerifier("x")).salt).not.toEqual((await deriveVerifier("x")).salt);
  });

  it("of a shared password takes both forms, and has no text", async () => {
    const verifier = await deriveTolerantVerifier("\ufb01");
    expect(verifier.keys).toHaveLength(2);
    expect(() => formatVerifier(verifier)).toThrow("one pair of keys");
  });

  it.each([
    "secret",
    "md5d41d8cd98f00b204e9800998ecf8427e",
    "SCRAM-SHA-256$0:c2FsdA==$c2FsdA==:c2FsdA==",
    OF_POSTGRES.slice(0, -8),
    `${OF_POSTGRES} `,
    OF_POSTGRES.replace("4096", "9999999"),
  ])("is not %j", (text) => {
    expect(parseVerifier(text)).toBeUndefined();
  });

  it("of a user who does not exist looks like one of a user who does, and stays", () => {
    const secret = randomBytes(32);
    const mock = mockVerifier(secret, "nobody");
    expect(mock).toEqual(mockVerifier(secret, "nobody"));
    expect(mock.salt).not.toEqual(mockVerifier(secret, "somebody").salt);
    expect(mock.salt).not.toEqual(mockVerifier(randomBytes(32), "nobody").salt);
    expect(parseVerifier(formatVerifier(mock))).toEqual(mock);
  });
});

describe("a list of users", () => {
  it("keeps any names, and its secret", async () => {
    const verifier = await deriveVerifier("x");
    const names = ["ann", "a b", "a:b", "x:SCRAM-SHA-256$1:y", "\u00dcber", "#c", "'"];
    const list = {
      ...emptyUserList(),
      secret: randomBytes(32),
      verifiers: new Map(names.map((name) => [name, verifier])),
    };
    expect(parseUserList(formatUserList(list))).toEqual(list);
  });

  it("may be written by hand: lines as pg_authid has them, in any order, with empty ones", () => {
    const { verifiers } = parseUserList(`\nann:${OF_POSTGRES}\r\n\nben:${OF_POSTGRES}`);
    expect([...verifiers.keys()]).toEqual(["ann", "ben"]);
  });

  it.each([
    [`ann:${OF_POSTGRES}\nben:secret`, /^line 2 is not/],
    [`:${OF_POSTGRES}`, /^line 1 is not/],
    [`ann ${OF_POSTGRES}`, /^line 1 is not/],
    [`ann:${OF_POSTGRES}\nann:${OF_POSTGRES}`, /^line 2 names a user again/],
  ])("refuses %j, and does not repeat it", (text, message) => {
    expect(() => parseUserList(text)).toThrow(message);
    expect(() => parseUserList(text)).not.toThrow(/secret|SCRAM/);
  });
});
