/** Values that are the same in another form: none of them is a change, and none a conflict. */
import { describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const MAKE = `CREATE TABLE t (id int PRIMARY KEY, j json, b jsonb, m MAP(VARCHAR, INT), l MAP(VARCHAR, INT)[], n int);
  INSERT INTO t VALUES (1, '{"a":1,"b":[1,2]}', '[1,2]', MAP {'x':1,'y':2}, [MAP {'x':1,'y':2}], 0), (2, '{}', '{}', MAP {}, [], 0)`;
const OTHERWISE = `UPDATE t SET j = '{"b": [1, 2], "a": 1}', b = '[1,   2]', m = MAP {'y':2,'x':1}, l = [MAP {'y':2,'x':1}] WHERE id = 1`;
const OTHERS = `UPDATE t SET j = '{"a":1,"b":[2,1]}', m = MAP {'x':2,'y':1} WHERE id = 1`;
const READ = "SELECT j::text, m::text, l::text, n FROM t WHERE id = 1";

describe("another form of the same value", () => {
  test("is no change", async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(`${MAKE}; CREATE BRANCH b`);
    const b = await open.session("main/b");
    await b.query(OTHERWISE);
    expect(await main.query("DIFF BRANCH b")).toEqual([]);
    await main.query("UPDATE t SET n = 1 WHERE id = 1; MERGE BRANCH b");
    expect(await main.query(READ)).toEqual([['{"a":1,"b":[1,2]}', "{x=1, y=2}", '{"{x=1, y=2}"}', 1]]);
  });

  test.each(["row", "cell"])("is no conflict, by %ss", async (granularity) => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(`${MAKE}; CREATE BRANCH b`);
    const b = await open.session("main/b");
    await b.query(`${OTHERS}; UPDATE t SET n = 5 WHERE id = 2`);
    await main.query(
      `UPDATE t SET j = '{"b": [2, 1], "a": 1e0}', m = MAP {'y':1,'x':2}, l = [MAP {'y':2,'x':1}] WHERE id = 1`,
    );
    await main.query(`MERGE BRANCH b WITH (granularity '${granularity}')`);
    // Main's own form stays.
    expect(
      await main.query("SELECT j::text, m::text, (SELECT n FROM t WHERE id = 2) FROM t WHERE id = 1"),
    ).toEqual([['{"b": [2, 1], "a": 1e0}', "{y=1, x=2}", 5]]);
  });

  test("does not hide what is really another value", async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(`${MAKE}; CREATE BRANCH b`);
    const b = await open.session("main/b");
    await b.query(OTHERS);
    await main.query(`UPDATE t SET j = '{"a":2,"b":[1,2]}' WHERE id = 1`);
    expect(await main.outcome("MERGE BRANCH b")).toBe("40002");
    expect(await main.outcome("MERGE BRANCH b USING branch_wins")).toBe("ok");
    expect(await main.query("SELECT j::text, m::text FROM t WHERE id = 1")).toEqual([
      ['{"a":1,"b":[2,1]}', "{x=2, y=1}"],
    ]);
  });
});
