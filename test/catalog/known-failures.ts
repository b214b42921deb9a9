/** Statements of the corpus that do not run yet: number ⇒ why. The test fails when one is missing here, and when one runs. */
export const KNOWN_FAILURES: ReadonlyMap<number, string> = new Map([
  [127, "COPY in binary format is not supported yet"],
]);
