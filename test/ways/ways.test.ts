/** One behaviour, three ways in: the PostgreSQL protocol, HTTP by the client library, the command line. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { overHttp } from "./http.js";
import { SCENARIOS } from "./scenarios.js";
import { fromShell } from "./shell.js";
import type { Way } from "./way.js";
import { overWire } from "./wire.js";

const WAYS: readonly (readonly [string, (app: App) => Way])[] = [
  ["the PostgreSQL protocol", overWire],
  ["HTTP", ({ http }) => overHttp(`http://127.0.0.1:${http?.port ?? 0}`)],
  ["the command line", fromShell],
];

describe.each(WAYS)("by %s", (_name, open) => {
  let app: App;
  let way: Way;
  beforeAll(async () => {
    app = await startApp(readConfig({ port: 0, data: ":memory:" }, {}), createLog("fatal"));
    way = open(app);
  });
  afterAll(async () => await app.close());

  test.each(Object.entries(SCENARIOS))("%s", async (_scenario, steps) => {
    for (const [index, { does, answer }] of steps.entries())
      expect([index, String(does), await does(way)]).toEqual([index, String(does), answer]);
  });
});
