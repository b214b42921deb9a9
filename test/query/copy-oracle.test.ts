/**
 * COPY FROM STDIN beside PostgreSQL 15: the same bytes into the same table end with the same rows, or with the same error at
 * the same place; on main, on a branch and on a branch of a branch.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import type { WireClient } from "../support/wire-client.js";
import { COPY_CASES, type CopyCase } from "./copy-cases.js";
import { copyIn, rowsOf, startHeads, type Heads, type Outcome } from "./copy-heads.js";

async function runCase(client: WireClient, { columns, copy, data }: CopyCase): Promise<Outcome> {
  await client.query("drop table if exists t");
  await rowsOf(client, `create table t (${columns})`);
  const outcome = await copyIn(client, `copy t ${copy}`, Buffer.from(data));
  return { ...outcome, rows: await rowsOf(client, "select * from t") };
}

/** DuckDB's generated columns are all computed when they are read. */
function withoutStored(copyCase: CopyCase): CopyCase {
  return { ...copyCase, columns: copyCase.columns.replace(" stored", "") };
}

function nameOf({ columns, copy, data }: CopyCase): string {
  return `t (${columns}) ${copy} < ${JSON.stringify(Buffer.from(data).toString("latin1").slice(0, 60))}`;
}

describe.skipIf(!hasPostgres)("COPY FROM STDIN as in PostgreSQL 15", () => {
  let heads: Heads;
  beforeAll(async () => {
    heads = await startHeads();
  }, 60_000);
  afterAll(async () => await heads[Symbol.asyncDispose]());

  test.each(COPY_CASES.map((copyCase) => [nameOf(copyCase), copyCase] as const))(
    "%s",
    async (_name, copyCase) => {
      const expected = await runCase(heads.oracle, copyCase);
      for (const client of heads.ours)
        expect(await runCase(client, withoutStored(copyCase))).toEqual(expected);
    },
  );
});
