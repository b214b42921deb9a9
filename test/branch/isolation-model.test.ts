/**
 * Random histories of main and branches of branches against a model of plain maps: every head must hold exactly what the
 * model says, whatever main did since the branch was made. Everyday runs follow the same histories, so that a failure is
 * the change's own; `npm run test:long` follows new ones (`MODEL_SEED`, `MODEL_RUNS`). A history that fails is made
 * shorter; `MODEL_PATH` and `MODEL_REPLAY`, as fast-check reports them, do the shortest again.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { steps } from "./histories/commands.js";
import { Model } from "./histories/model.js";
import { Program } from "./histories/program.js";

const STEPS = 400;
const EVERYDAY_RUNS = 20;
/** What everyday runs must have come to. */
const EVERYDAY_STEPS = 3_000;
const LONGEST_MS = 1_500_000;

const {
  MODEL_RUNS: runs = String(EVERYDAY_RUNS),
  MODEL_SEED: asked = "20261122",
  MODEL_PATH: path,
  MODEL_REPLAY: replayPath,
} = process.env;
const seed = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked);

test("every head holds what the model says", { timeout: 2 * LONGEST_MS }, async () => {
  await using folder = await temporaryDirectory();
  let [run, done] = [0, 0];
  const histories = fc.commands(steps, {
    maxCommands: STEPS,
    size: "max",
    ...(replayPath === undefined ? {} : { replayPath }),
  });
  await fc.assert(
    fc.asyncProperty(histories, async (commands) => {
      await using program = await Program.start(folder.file(`${++run}.duckdb`));
      const model = new Model();
      await fc.asyncModelRun(() => ({ model, real: program }), commands);
      await program.verify(model.heads);
      done += program.steps;
    }),
    {
      seed,
      numRuns: Number(runs),
      interruptAfterTimeLimit: LONGEST_MS,
      markInterruptAsFailure: true,
      ...(path === undefined ? {} : { path }),
    },
  );
  process.stdout.write(`MODEL_SEED=${seed}: ${run} histories, ${done} steps\n`);
  expect(done).toBeGreaterThanOrEqual(runs === String(EVERYDAY_RUNS) ? EVERYDAY_STEPS : 1);
});
