/** pgbench: its own initialisation, then its TPC-B script in each protocol. The four sums must agree to the unit. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../cli/pg-client.js";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { runProgram } from "./run-program.js";
import { hasProgram } from "./toolchain.js";

const MODES = ["simple", "extended", "prepared"] as const;
const TRANSACTIONS = 200;
const BRANCH = "main/bench";

/** What must be the same in all four tables, and how many transactions were recorded. */
const SUMS = `SELECT (SELECT sum(abalance) FROM pgbench_accounts)::BIGINT, (SELECT sum(tbalance) FROM pgbench_tellers)::BIGINT,
  (SELECT sum(bbalance) FROM pgbench_branches)::BIGINT, (SELECT coalesce(sum(delta), 0) FROM pgbench_history)::BIGINT,
  (SELECT count(*) FROM pgbench_history)::BIGINT`;

describe.skipIf(!hasProgram("pgbench"))("pgbench", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await pgbench("main", "-i", "-s", "1", "-q");
    await using client = await connectPg(app.address);
    await client.rows("CREATE BRANCH bench");
  });
  afterAll(async () => await app[Symbol.asyncDispose]());

  async function pgbench(database: string, ...args: string[]): Promise<string> {
    const { host, port } = app.address;
    const environment = { PGHOST: host, PGPORT: String(port), PGUSER: "tester", PGDATABASE: database };
    const { code, output, errors } = await runProgram("pgbench", args, { environment });
    expect({ code, errors }).toMatchObject({ code: 0 });
    return output;
  }

  async function sums(database: string): Promise<unknown[]> {
    await using client = await connectPg(app.address, database);
    const [row] = await client.rows(SUMS);
    return row ?? [];
  }

  /** Runs one mode, without emptying the history first; the sums agree afterwards, and `done` transactions are recorded. */
  async function bench(database: string, mode: string, done: number): Promise<void> {
    const output = await pgbench(database, "-n", "-M", mode, "-t", String(TRANSACTIONS));
    expect(output).toContain(`actually processed: ${TRANSACTIONS}/${TRANSACTIONS}`);
    const [accounts, tellers, branches, history, count] = await sums(database);
    expect([tellers, branches, history]).toEqual([accounts, accounts, accounts]);
    expect(count).toBe(String(done));
  }

  test("made 100,000 accounts, and their key", async () => {
    await using client = await connectPg(app.address);
    expect(await client.value("SELECT count(*)::INT FROM pgbench_accounts")).toBe(100_000);
    await expect(client.rows("INSERT INTO pgbench_accounts (aid) VALUES (1)")).rejects.toMatchObject({
      code: "23505",
    });
  });

  test("keeps exact sums on a branch, and main as it was", { timeout: 300_000 }, async () => {
    const before = await sums("main");
    let done = 0;
    for (const mode of MODES) await bench(BRANCH, mode, (done += TRANSACTIONS));
    expect(await sums("main")).toEqual(before);
  });

  test("keeps exact sums on main, and the branch as it was", { timeout: 300_000 }, async () => {
    const before = await sums(BRANCH);
    let done = 0;
    for (const mode of MODES) await bench("main", mode, (done += TRANSACTIONS));
    expect(await sums(BRANCH)).toEqual(before);
  });

  test("makes its tables anew on a branch, where main keeps its own", { timeout: 300_000 }, async () => {
    const before = await sums("main");
    await pgbench(BRANCH, "-i", "-s", "1", "-q");
    expect(await sums(BRANCH)).toEqual(["0", "0", "0", "0", "0"]);
    expect(await sums("main")).toEqual(before);
  });
});
