/** Builds the program before tests that start it as a process. Runs once, before all test files. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Type errors do not stop the tests: `npm run types` is what reports them. */
export function setup(): void {
  const { status, stdout } = runNode("node_modules/typescript/bin/tsc", "-p", "tsconfig.json");
  if (status !== 0) process.stderr.write(`the program was compiled with errors:\n${stdout}`);
  const prepared = runNode("dist/prepare.js");
  if (prepared.status !== 0) process.stderr.write(`its start could not be prepared:\n${prepared.stderr}`);
}

function runNode(...args: readonly string[]) {
  const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (result.error !== undefined) throw result.error;
  return result;
}
