/** The whole program inside the test's process, on a free port. */
import { type App, startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";

export interface TestApp extends AsyncDisposable, Pick<App, "address"> {}

/** Serves a file, or a database in memory. Disposing closes it with a checkpoint. */
export async function startTestApp(data = ":memory:"): Promise<TestApp> {
  const app = await startApp(readConfig({ port: 0, httpPort: "off", data }, {}), createLog("error"));
  return { address: app.address, [Symbol.asyncDispose]: async () => await app.close() };
}
