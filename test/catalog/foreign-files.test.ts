/** What files of other programs, or of earlier versions, have that no statement of a client makes. */
import { expect, test } from "vitest";
import { followOfflineChanges } from "../../src/branch/lifecycle.js";
import { World } from "../support/world.js";

test("a check that says an enum by its name is listed, whatever functions the user has", async () => {
  await using world = await World.open();
  using raw = await world.context.registry.database.connect("data");
  await raw.run(`CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE MACRO lower(a) AS 'mine'; CREATE MACRO list_filter(a, b) AS a;
    CREATE TABLE felt (m mood, CHECK (m <> CAST('sad' AS mood)))`);
  await followOfflineChanges(world.context, new AbortController().signal);
  await using main = await world.connect();
  await main.query("CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  for (const head of [main, branch])
    expect(
      await head.query(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'",
      ),
    ).toEqual([["felt", "CHECK ((m <> 'sad'::mood))"]]);
});
