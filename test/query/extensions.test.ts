/** There are no extensions: a script that makes sure of one is warned and goes on, one that creates it fails. */
import { expect, test } from "vitest";
import { World } from "../support/world.js";

test.each(["main", "main/work"])("CREATE EXTENSION on %s", async (head) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE BRANCH work");
  await using session = await world.connect(head);

  expect(await session.outcome("CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public")).toBe("ok");
  expect(session.session.takeNotices()).toEqual([
    {
      severity: "WARNING",
      code: "01000",
      message: 'extension "citext" is not available: nothing was created',
    },
  ]);
  expect(await session.outcome("SELECT 'a'::citext = 'A'")).toBe("42704");
  expect(await session.outcome('CREATE EXTENSION "uuid-ossp"')).toBe("0A000");
  expect(await session.outcome("CREATE EXTENSION IF NOT EXISTS plpgsql")).toBe("ok");
  expect(await session.outcome("CREATE EXTENSION plpgsql")).toBe("42710");
});
