/** Arrays written into a statement as text, without a cast: what they are, their column says. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { World } from "../support/world.js";

const text = (column: string): string => `SELECT ${column}::text FROM a ORDER BY id`;

describe.each(["main", "main/b", "main/c"])("an array without a cast, on %s", (database) => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    await using session = await world.connect();
    await session.query(
      'CREATE TABLE a (id int PRIMARY KEY, i int[], t text[], b bytea[], n int[][], f int[2], j json, "o d" text[], s text)',
    );
    await session.query("CREATE BRANCH b; CREATE BRANCH c FROM b");
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  test("is stored and compared as the array PostgreSQL reads", async () => {
    await using session = await world.connect(database);
    await session.query(String.raw`INSERT INTO a (id, i, t, b, n, f, j, "o d", s) VALUES
      (1, '{1,NULL, 3}', '{"a b",it''s,"q\"uote",NULL}', '{"\\x00ff"}', '{{1,2},{3,4}}', '{5,6}', '{"k": [1]}', '{}', '{x}'),
      (2, '[0:1]={7,8}', '{}', NULL, NULL, NULL, '{}', '{y}', '[z]')`);
    expect(await session.query(text("i"))).toEqual([["{1,NULL,3}"], ["{7,8}"]]);
    expect(await session.query("SELECT t[1], t[2], t[3], t[4], len(t) FROM a WHERE id = 1")).toEqual([
      ["a b", "it's", 'q"uote', null, 4n],
    ]);
    expect(await session.query("SELECT hex(b[1]) FROM a WHERE id = 1")).toEqual([["00FF"]]);
    expect(await session.query(text("n"))).toEqual([["{{1,2},{3,4}}"], [null]]);
    expect(await session.query(text("f"))).toEqual([["{5,6}"], [null]]);
    expect(await session.query(text("j"))).toEqual([['{"k": [1]}'], ["{}"]]);
    expect(await session.query('SELECT "o d" FROM a WHERE id = 1')).toEqual([
      [expect.objectContaining({ items: [] })],
    ]);
    expect(await session.query(text("s"))).toEqual([["{x}"], ["[z]"]]);
    expect(await session.query("SELECT id FROM a WHERE i = '{7,8}'")).toEqual([[2]]);
    await session.query("UPDATE a SET t = '{u,v}' WHERE i = '{7,8}'");
    expect(await session.query("SELECT t[2] FROM a WHERE id = 2")).toEqual([["v"]]);
    await session.query("BEGIN; DELETE FROM a WHERE t = '{u,v}'; ROLLBACK");
    expect(await session.query("SELECT count(*) FROM a")).toEqual([[2n]]);
    await session.query("DELETE FROM a");
  });

  test.each([
    ["INSERT INTO a (id, i) VALUES (9, '{1,2')", "22P02"],
    ["INSERT INTO a (id, i) VALUES (9, '{1,x}')", "22P02"],
    ["INSERT INTO a (id, n) VALUES (9, '{{1},{2,3}}')", "22P02"],
  ])("that is none is refused: %s", async (sql, code) => {
    await using session = await world.connect(database);
    expect(await session.outcome(sql)).toBe(code);
    expect(await session.query("SELECT count(*) FROM a WHERE id = 9")).toEqual([[0n]]);
  });
});
