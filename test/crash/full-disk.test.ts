/** A disk that is full loses nothing that was acknowledged, whatever DuckDB was writing when it was. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectPg, type PgClient } from "../cli/pg-client.js";
import { ServerProcess } from "../cli/server-process.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { World } from "../support/world.js";

/** More than fits. */
const MAX_ROUNDS = 500;
const ROWS = 2000;

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : error;
}

/** Inserts until the disk is full: the rounds that were acknowledged, and how the last one failed. */
async function fill(client: PgClient): Promise<{ acknowledged: number; code: unknown }> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const rows = `SELECT ${round}, repeat(md5(random()::text), 4) || i FROM range(${ROWS}) r(i)`;
    try {
      // oxlint-disable-next-line no-await-in-loop
      await client.rows(`INSERT INTO t ${rows}`);
    } catch (error) {
      return { acknowledged: round, code: codeOf(error) };
    }
  }
  return { acknowledged: MAX_ROUNDS, code: "none" };
}

async function roundsOf(client: PgClient): Promise<unknown[]> {
  return await client.rows("SELECT round, count(*)::int FROM t GROUP BY 1 ORDER BY 1");
}

const complete = (rounds: number): unknown[] => Array.from({ length: rounds }, (_, round) => [round, ROWS]);

describe.skipIf(!existsSync("/bin/bash"))("a full disk", () => {
  it("under the log fails what writes with 53100, and everything else goes on", async () => {
    await using directory = await temporaryDirectory();
    const file = directory.file("a.db");
    let written = 0;
    {
      await using server = await ServerProcess.serve(file, { maxFileKb: 8000 });
      await using client = await connectPg(server.address);
      await client.rows("CREATE TABLE t (round int, s text)");
      const { acknowledged, code } = await fill(client);
      expect(code).toBe("53100");
      expect(await roundsOf(client)).toEqual(complete(acknowledged));
      written = acknowledged;
    }
    await using again = await ServerProcess.serve(file);
    await using client = await connectPg(again.address);
    expect(await roundsOf(client)).toEqual(complete(written));
  });

  it("under the checkpoint is told to every client as 57P02, and ends the process", async () => {
    await using directory = await temporaryDirectory();
    const file = directory.file("a.db");
    let written = 0;
    {
      await using server = await ServerProcess.serve(file, { maxFileKb: 20_000 });
      await using writer = await connectPg(server.address);
      await using idle = await connectPg(server.address);
      const told = new Promise((resolve) => idle.pg.on("error", (error) => resolve(codeOf(error))));
      await writer.rows("CREATE TABLE t (round int, s text)");
      await writer.rows("CREATE BRANCH b");
      const { acknowledged, code } = await fill(writer);
      expect(code).toBe("57P02");
      expect(await told).toBe("57P02");
      expect((await server.exited).code).toBe(1);
      written = acknowledged;
    }
    await using again = await ServerProcess.serve(file);
    await using client = await connectPg(again.address);
    const rounds = await roundsOf(client);
    // The round that failed may be there, as a whole: its client was told that nobody knows.
    expect([complete(written), complete(written + 1)]).toContainEqual(rounds);
    await using branch = await connectPg(again.address, "main/b");
    expect(await branch.value("SELECT count(*)::int FROM t")).toBe(0);
  });

  it("cannot be feigned by a client", async () => {
    await using world = await World.open();
    await using session = await world.connect();
    const texts = ["FATAL Error: x", 'IO Error: Database "duckbranch_db" has been invalidated'];
    for (const text of texts) {
      expect(await session.outcome(`SELECT '${text}'::int`)).toBe("22P02");
      expect(await session.outcome(`SELECT error('${text}')`)).not.toBe("57P02");
    }
  });
});
