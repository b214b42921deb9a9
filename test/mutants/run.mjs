/**
 * `npm run mutants`: makes the merge wrong in one way after the other, in a copy of the sources, and counts the tests that notice.
 * Each wrong merge has to be noticed by two at least. Exits with 1 when one is not. `npm run mutants pattern` runs those
 * whose name matches it, with the tests of further arguments instead of these.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MUTATIONS } from "./mutations.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;
const ENOUGH = 2;
/** Tests that were under way when the last failed are not in the report. */
const FAILURES = 4;
const GIVEN = process.argv.slice(3);
const TESTS = [
  "test/branch/merge-columns.test.ts",
  "test/branch/merge-foreign-keys.test.ts",
  "test/branch/merge-invariant.test.ts",
  "test/branch/merge-laws.test.ts",
  "test/branch/merge-sets.test.ts",
  "test/branch/merge-token.test.ts",
  "test/branch/merge-undo.test.ts",
  "test/branch/merge-violations.test.ts",
  "test/scenarios/scenarios.test.ts",
];
const CONFIG = `export default { test: { include: ["test/**/*.test.ts"], testTimeout: 60000, maxWorkers: 2, isolate: false } };`;

const directory = mkdtempSync(join(tmpdir(), "duckbranch-mutants-"));
let hasSurvivor = false;
try {
  for (const path of ["src", "test", "package.json", "tsconfig.json"])
    cpSync(join(ROOT, path), join(directory, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  writeFileSync(join(directory, "vitest.config.js"), CONFIG);
  const chosen = MUTATIONS.filter(({ name }) => new RegExp(process.argv[2] ?? "").test(name));
  process.stdout.write("| Wrong merge | Killed by |\n| --- | --- |\n");
  for (const mutation of chosen) {
    const killers = await killersOf(mutation);
    if (killers.length < ENOUGH) hasSurvivor = true;
    process.stdout.write(`| ${mutation.name} | ${killers.join("; ") || "**nothing**"} |\n`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = hasSurvivor ? 1 : 0;

/** Names of the tests that fail, up to some more than enough. */
function killersOf({ file, from, to }) {
  const path = join(directory, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} does not have this once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  const report = join(directory, "report.json");
  const { error } = spawnSync(
    join(directory, "node_modules/.bin/vitest"),
    [
      "run",
      ...(GIVEN.length > 0 ? GIVEN : TESTS),
      `--bail=${FAILURES}`,
      "--reporter=json",
      `--outputFile=${report}`,
    ],
    { cwd: directory, stdio: "ignore" },
  );
  if (error !== undefined) throw error;
  writeFileSync(path, text);
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "failed")
    .map(({ title }) => title);
}
