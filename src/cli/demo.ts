/** `npm run demo`: a server of its own on a free port, the tutorial walked over it, and nothing left behind. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp } from "../app.js";
import { readConfig } from "../config.js";
import { Cleanup } from "../core/cleanup.js";
import { createLog } from "../core/log.js";
import { walkTutorial } from "./demo-tutorial.js";

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const start = performance.now();
const cleanup = new Cleanup();
try {
  const directory = await mkdtemp(join(tmpdir(), "duckbranch-demo-"));
  cleanup.defer(async () => await rm(directory, { recursive: true, force: true }));
  const config = readConfig({ port: 0, data: join(directory, "demo.db"), logLevel: "warn" }, {});
  const app = await startApp(config, createLog(config.logLevel));
  cleanup.defer(async () => await app.close());
  print(
    `duckbranch listening on ${app.address.host}:${app.address.port}, data in ${directory} (removed at the end)`,
  );
  await walkTutorial(app.address, print);
} finally {
  await cleanup.close();
}
print("");
print(`Done in ${((performance.now() - start) / 1000).toFixed(1)} s. Now yours: npm start`);
