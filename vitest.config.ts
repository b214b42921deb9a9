import { defineConfig } from "vitest/config";
import { SlowFirst } from "./test/support/slow-first.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Tests that start the program as a process need it compiled.
    globalSetup: ["test/cli/build.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores: DuckDB and the server under test need one of them.
    maxWorkers: 2,
    // What is imported once serves all files of a worker: a fifteenth of the time.
    isolate: false,
    sequence: { sequencer: SlowFirst },
  },
});
