/** Which tables a commit has to keep first, as the registry's state and what was kept already say. */
import { describe, expect, test } from "vitest";
import { WrittenRelations, type ChangedRows } from "../../src/branch/changed-rows.js";
import { headId, MAIN, type Branch, type Version } from "../../src/branch/model.js";
import { NO_TERMS } from "../../src/branch/terms.js";
import { RegistryState } from "../../src/branch/registry-state.js";

const PHYSICAL = { schema: "main", name: "t" };
const CURRENT: Version = {
  id: 1,
  head: MAIN,
  schema: "main",
  name: "t",
  kind: "table",
  objectId: 1,
  from: 10,
  to: null,
  physical: PHYSICAL,
  definition: null,
  layer: null,
  lineage: null,
};
const LOG = { schema: "duckbranch_store", name: "log2" };
const LOGGED: Version = {
  ...CURRENT,
  id: 2,
  from: 0,
  to: 10,
  layer: { kind: "logged", log: LOG, lastRow: 99, over: "table" },
};
const SOME_ROWS: ChangedRows = [{ json: "[1]", lowest: 1, highest: 1 }];

function branchAt(pin: number): Branch {
  return {
    id: headId(`b${pin}`),
    name: `b${pin}`,
    schemaName: `branch_b${pin}`,
    parent: MAIN,
    pin,
    owner: "o",
    grants: null,
    agent: null,
    description: null,
    createdAtMs: 0,
    expiresAtMs: null,
    status: "active",
    protected: false,
    held: null,
    terms: NO_TERMS,
    released: false,
    isolation: "snapshot",
    tablePins: new Map(),
    earlierPins: [],
    comingPin: null,
  };
}

function stateOf(versions: readonly Version[], pins: readonly number[]): RegistryState {
  return RegistryState.empty().with([
    ...versions.map((version) => ({ change: "putVersion", version }) as const),
    ...pins.map((pin) => ({ change: "putBranch", branch: branchAt(pin) }) as const),
  ]);
}

/** Whether a transaction that changed these rows, kept as of the points given, has something left to keep. */
function isUnkept(
  state: RegistryState,
  rows: readonly ChangedRows[],
  keptAt: readonly number[] = [],
): boolean {
  const written = new WrittenRelations();
  for (const some of rows) written.add({ head: MAIN, schema: "main", name: "t" }, some);
  for (const at of keptAt) written.markKept(CURRENT, at);
  return written.unkept(state).length > 0;
}

describe("what has to be kept before a commit", () => {
  test("nothing where no pin reads the table", () => {
    expect(isUnkept(stateOf([CURRENT], [5]), ["unknown"])).toBe(false);
  });

  test("everything written where a pin reads the table as it is, rows added included", () => {
    for (const rows of ["unknown", SOME_ROWS, []] as const)
      expect(isUnkept(stateOf([CURRENT], [12]), [rows], [12])).toBe(true);
  });

  test("rows that change where a pin reads the table through a log, rows added excepted", () => {
    const state = stateOf([LOGGED, CURRENT], [5]);
    expect(isUnkept(state, [[]])).toBe(false);
    expect(isUnkept(state, [SOME_ROWS])).toBe(true);
    expect(isUnkept(state, ["unknown"])).toBe(true);
    expect(isUnkept(state, [SOME_ROWS], [10])).toBe(false);
  });

  test("rows kept before the newest pin's state ended are kept again", () => {
    expect(isUnkept(stateOf([LOGGED, CURRENT], [5]), [SOME_ROWS], [9])).toBe(true);
  });

  test("rows that no other statement of the transaction knows make all of them unknown", () => {
    const written = new WrittenRelations();
    for (const rows of [SOME_ROWS, "unknown", SOME_ROWS] as const)
      written.add({ head: MAIN, schema: "main", name: "T" }, rows);
    expect(written.unkept(stateOf([CURRENT], [12]))).toEqual([{ version: CURRENT, rows: "unknown" }]);
  });

  test("rows found after some were kept are not kept with them", () => {
    const written = new WrittenRelations();
    written.add({ head: MAIN, schema: "main", name: "t" }, SOME_ROWS);
    written.markKept(CURRENT, 11);
    written.add({ head: MAIN, schema: "main", name: "t" }, SOME_ROWS);
    expect(written.unkept(stateOf([LOGGED, CURRENT], [5]))).toHaveLength(1);
  });
});
