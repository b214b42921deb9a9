/** Compiles the program before tests that start it as a process. Runs once, before all test files. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Type errors do not stop the tests: `npm run types` is what reports them. */
export function setup(): void {
  const { status, stdout, error } = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
    { cwd: ROOT, encoding: "utf8" },
  );
  if (error !== undefined) throw error;
  if (status !== 0) process.stderr.write(`the program was compiled with errors:\n${stdout}`);
}
