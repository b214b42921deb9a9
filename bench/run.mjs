/**
 * `npm run bench`: measures this server against DuckDB without one and against PostgreSQL 15, in one run and on one
 * machine, and reports ratios.
 * Prints a table, writes bench/results.json, and puts the table into the README. Exits with 1 when a target is missed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { measureBranchCreation } from "./branch-creation.mjs";
import { measureBranchStorage } from "./branch-storage.mjs";
import { measureBytesWritten } from "./bytes-written.mjs";
import { measureCatalog } from "./catalog.mjs";
import { measureCycles } from "./cycles.mjs";
import { measureDepth } from "./depth.mjs";
import { measureForeignKeys } from "./foreign-keys.mjs";
import { measureIdleConnections } from "./idle-connections.mjs";
import { measureCopy } from "./copy.mjs";
import { measureMerge } from "./merge.mjs";
import { measurePointQuery } from "./point-query.mjs";
import { toTable, updateReadme } from "./report.mjs";
import { measureSlowReader } from "./slow-reader.mjs";
import { measureStreaming } from "./streaming.mjs";
import { measureTreeSearch } from "./tree-search.mjs";

const ROOT = new URL("../", import.meta.url);

const MEASUREMENTS = {
  branchCreation: measureBranchCreation,
  branchStorage: measureBranchStorage,
  bytesWritten: measureBytesWritten,
  depth: measureDepth,
  treeSearch: measureTreeSearch,
  cycles: measureCycles,
  merge: measureMerge,
  streaming: measureStreaming,
  pointQuery: measurePointQuery,
  slowReader: measureSlowReader,
  idleConnections: measureIdleConnections,
  copy: measureCopy,
  foreignKeys: measureForeignKeys,
  catalog: measureCatalog,
};

/** Names on the command line limit the run; then nothing is written. */
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown !== undefined) {
  throw new Error(`unknown measurement "${unknown}": choose from ${Object.keys(MEASUREMENTS).join(", ")}`);
}

const results = {};
for (const [name, measure] of Object.entries(MEASUREMENTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  results[name] = await measure();
}

if (chosen.length > 0) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
else publish();

function publish() {
  const { version } = JSON.parse(readFileSync(new URL("node_modules/@duckdb/node-api/package.json", ROOT)));
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}, DuckDB ${version}`;
  const measured = { measuredAt: new Date().toISOString(), machine, ...results };
  writeFileSync(new URL("bench/results.json", ROOT), `${JSON.stringify(measured, undefined, 2)}\n`);
  const table = toTable(results);
  process.stdout.write(`${table}\n`);
  updateReadme(new URL("README.md", ROOT), table, machine);
  if (Object.values(results).some((result) => result?.met === false)) process.exitCode = 1;
}
