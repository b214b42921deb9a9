/** Tells a clean refusal (SqlError) from everything else. */
import { SqlError } from "../../src/core/errors.js";

/** The SqlError `run` throws, undefined when it throws nothing. Anything else thrown passes through and fails the test. */
export function sqlFailure(run: () => unknown): SqlError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
}
