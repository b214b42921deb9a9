/** One message of thousands of statements: each is short, and between them others are served. */
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { WireClient } from "../support/wire-client.js";

let app: App;
beforeAll(async () => {
  app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
});
afterAll(async () => await app.close());

describe("a message of many statements does not keep others waiting", () => {
  // Short enough to be read on the spot; what they do needs no other thread.
  it.each(["show application_name;", "set application_name = 'x';"])("%s", async (statement) => {
    using hog = await WireClient.start(app.address);
    using other = await WireClient.start(app.address);
    await other.query("select 1");
    hog.send(serialize.query(statement.repeat(1_100)));
    const first = await Promise.race([
      hog.untilReady().then(() => "the one with many"),
      other.query("select 1").then(() => "the one with one"),
    ]);
    expect(first).toBe("the one with one");
  });
});
