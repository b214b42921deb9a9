/** A live branch shows what its parent has now: it is closed to those to whom the parent is closed. */
import { expect, test } from "vitest";
import { fullAccess } from "../../src/core/scopes.js";
import type { Principal, Scope } from "../../src/core/scopes.js";
import { OpenWorld } from "../support/open-world.js";

function user(name: string, ...scopes: readonly Scope[]): Principal {
  return { ...fullAccess(name), scopes: () => new Set(scopes) };
}

test("closing a branch closes the live branches made from it, to others and to who made them", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session("main", fullAccess("root"));
  await main.query("CREATE TABLE s (id int PRIMARY KEY, secret text); INSERT INTO s VALUES (1, 'a')");
  const ann = await open.session("main", user("ann", "data:read", "data:write", "branches:create"));
  await ann.query("CREATE BRANCH pb");
  const scopes = ["data:read", "data:write", "branches:create"] as const;
  const agent = await open.session("main", user("agent", ...scopes));
  await agent.query(
    "CREATE BRANCH live1 FROM pb WITH (isolation 'live'); CREATE BRANCH live2 FROM live1 WITH (isolation 'live'); CREATE BRANCH still FROM pb",
  );
  const onLive = await open.session("main/live2", user("agent", ...scopes));
  expect(await onLive.query("SELECT secret FROM s")).toEqual([["a"]]);
  await ann.query("ALTER BRANCH pb SET (access 'private'); USE BRANCH pb; UPDATE s SET secret = 'later'");
  for (const sql of [
    "SELECT secret FROM s",
    "INSERT INTO s VALUES (2, 'b')",
    "SELECT * FROM live1.s",
    "CREATE BRANCH more FROM live2",
  ])
    expect([sql, await onLive.outcome(sql)]).toEqual([sql, "42501"]);
  for (const sql of ["SELECT * FROM live2.s", "DIFF BRANCH live1 AGAINST live2", "USE BRANCH live1"])
    expect([sql, await agent.outcome(sql)]).toEqual([sql, "42501"]);
  expect(await agent.query("SELECT secret FROM still.s")).toEqual([["a"]]);
  await ann.query("GRANT READ ON BRANCH pb TO agent");
  expect(await onLive.query("SELECT secret FROM s")).toEqual([["later"]]);
});
