import { describe, expect, it } from "vitest";
import { LoginThrottle } from "../../src/session/login-throttle.js";

const HOUR_MS = 3_600_000;

function startClock(): { throttle: LoginThrottle; passMs: (ms: number) => void } {
  let now = 0;
  return { throttle: new LoginThrottle(() => now), passMs: (ms) => void (now += ms) };
}

function delaysOf(throttle: LoginThrottle, attempts: number, address: string, user: string): number[] {
  return Array.from({ length: attempts }, () => {
    const delay = throttle.delayMs(address, user);
    throttle.failed(address, user);
    return delay;
  });
}

describe("LoginThrottle", () => {
  it("lets people mistype, then doubles, up to a bound", () => {
    const { throttle } = startClock();
    expect(delaysOf(throttle, 12, "a", "u")).toEqual([
      0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000,
    ]);
  });

  it("counts a user over all addresses, and an address over all users", () => {
    const { throttle } = startClock();
    for (let i = 0; i < 5; i++) throttle.failed(`address ${i}`, "u");
    for (let i = 0; i < 5; i++) throttle.failed("a", `user ${i}`);
    expect(throttle.delayMs("elsewhere", "u")).toBe(1000);
    expect(throttle.delayMs("a", "somebody")).toBe(1000);
    expect(throttle.delayMs("elsewhere", "somebody")).toBe(0);
  });

  it("forgets the user who got in, not the address", () => {
    const { throttle } = startClock();
    for (let i = 0; i < 5; i++) throttle.failed("a", "u");
    throttle.succeeded("u");
    expect(throttle.delayMs("elsewhere", "u")).toBe(0);
    expect(throttle.delayMs("a", "u")).toBe(1000);
  });

  it("forgets failures one by one", () => {
    const { throttle, passMs } = startClock();
    for (let i = 0; i < 50; i++) throttle.failed("a", "u");
    passMs(60_000 * 6);
    expect(throttle.delayMs("a", "u")).toBe(500);
    passMs(HOUR_MS);
    expect(delaysOf(throttle, 4, "a", "u")).toEqual([0, 0, 0, 250]);
  });

  it("holds no more than so many names, those that failed last", () => {
    const { throttle } = startClock();
    for (let i = 0; i < 5; i++) throttle.failed("a", "first");
    for (let i = 0; i < 5; i++) throttle.failed("b", "second");
    for (let i = 0; i < 9_999; i++) throttle.failed(`address ${i}`, `user ${i}`);
    expect(throttle.delayMs("-", "first")).toBe(0);
    expect(throttle.delayMs("-", "second")).toBe(1000);
  });
});
