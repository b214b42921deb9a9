/** Merge policies of columns: what may be declared, what a merge by cells makes of it, and where it goes with the column. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

/** What a table `t (id, v type)` has under both sides' changes of one cell; "conflict" where MERGE refuses it. */
interface Meeting {
  readonly base: string;
  readonly main: string;
  readonly branch: string;
  readonly merged: string | null;
}

async function textOf(session: TestSession, id: number): Promise<unknown> {
  return (await session.query(`SELECT v::text FROM t WHERE id = ${id}`))[0]?.[0];
}

let open: OpenWorld;
let branches = 0;

beforeAll(async () => {
  open = await OpenWorld.open();
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
});

/** Makes `t` and a branch of it. Their sessions. */
async function forked(script: string): Promise<{ main: TestSession; branch: TestSession; name: string }> {
  const main = await open.session();
  const name = `b${++branches}`;
  await main.query(`DROP TABLE IF EXISTS t; DROP TYPE IF EXISTS size; ${script}; CREATE BRANCH ${name}`);
  return { main, branch: await open.session(`main/${name}`), name };
}

/** Row n of `t` is the n-th meeting's. What each is merged to; null for a conflict. */
async function meet(type: string, policy: string, meetings: readonly Meeting[]): Promise<unknown[]> {
  const there = meetings.flatMap(({ base }, index) => (base === "absent" ? [] : [`(${index + 1}, ${base})`]));
  const { main, branch, name } = await forked(`CREATE TABLE t (id int PRIMARY KEY, v ${type});
    ALTER TABLE t ALTER COLUMN v SET (merge_policy = '${policy}');
    ${there.length > 0 ? `INSERT INTO t VALUES ${there.join(", ")}` : ""}`);
  const change = (side: "main" | "branch"): string =>
    meetings
      .map((meeting, index) =>
        meeting.base === "absent"
          ? `INSERT INTO t VALUES (${index + 1}, ${meeting[side]})`
          : `UPDATE t SET v = ${meeting[side]} WHERE id = ${index + 1}`,
      )
      .join("; ");
  await branch.query(change("branch"));
  await main.query(change("main"));
  await main.query(`MERGE BRANCH ${name} USING main_wins WITH (granularity 'cell')`);
  const conflicts = await main.query(
    `SELECT (key->>'id')::int FROM duckbranch.conflicts JOIN duckbranch.merges USING (merge_id) WHERE branch_name = '${name}'`,
  );
  const found: unknown[] = [];
  for (let id = 1; id <= meetings.length; id += 1)
    found.push(conflicts.flat().includes(id) ? null : await textOf(main, id));
  return found;
}

const m = (base: string, main: string, branch: string, merged: string | null): Meeting => ({
  base,
  main,
  branch,
  merged,
});

const CASES: readonly (readonly [type: string, policy: string, meetings: readonly Meeting[]])[] = [
  [
    "int",
    "sum_delta",
    [
      m("10", "13", "8", "11"),
      m("10", "12", "12", "12"),
      m("NULL", "3", "4", "7"),
      m("5", "NULL", "6", null),
      m("5", "6", "NULL", null),
      m("2147483647", "2147483646", "1", "0"),
      m("10", "11", "10", "11"),
    ],
  ],
  ["int", "sum_delta", [m("absent", "3", "4", "7"), m("absent", "3", "NULL", null)]],
  [
    "numeric(7,2)",
    "sum_delta",
    [m("1.10", "2.20", "-3.35", "-2.25"), m("99999.99", "0", "0.01", "-99999.98")],
  ],
  ["numeric", "sum_delta", [m("1.5", "2.25", "3", "3.75")]],
  ["float8", "sum_delta", [m("1", "2.5", "'infinity'", "Infinity"), m("1", "'nan'", "5", "NaN")]],
  [
    "int",
    "max",
    [m("1", "5", "3", "5"), m("9", "2", "7", "7"), m("1", "NULL", "3", "3"), m("1", "4", "NULL", "4")],
  ],
  ["float8", "max", [m("1", "'nan'", "'infinity'", "NaN")]],
  ["date", "min", [m("'2024-01-05'", "'2024-01-03'", "'2024-02-01'", "2024-01-03")]],
  ["text", "max", [m("''", "'Z'", "'a'", "a"), m("'x'", "'ü'", "'z'", "ü")]],
  [
    "timestamptz",
    "min",
    [m("'2024-01-01 00:00+00'", "'2024-01-01 12:00+02'", "'2024-01-01 10:30+00'", "2024-01-01 10:00:00+00")],
  ],
  [
    "int[]",
    "set_union",
    [
      m("ARRAY[1,2]", "ARRAY[2,1,5]", "ARRAY[1,2,2,4,5]", "{1,2,5,4}"),
      m("ARRAY[3,1]", "ARRAY[7,1]", "ARRAY[1,8,NULL]", "{1,7,8,NULL}"),
      m("ARRAY[1]", "NULL", "ARRAY[2]", "{2}"),
      m("ARRAY[1]", "ARRAY[]::int[]", "ARRAY[2]", "{2}"),
    ],
  ],
  ["text[]", "set_union", [m("absent", "ARRAY['b','a']", "ARRAY['a','c']", "{b,a,c}")]],
  [
    "jsonb",
    "json_keys",
    [
      m(`'{"a":1,"b":2}'`, `'{"a":5,"b":2}'`, `'{"a":1,"c":[1]}'`, `{"a": 5, "c": [1]}`),
      m(`'{"a":1}'`, `'{"a":2}'`, `'{"a":3}'`, null),
      m(`'{"a":1}'`, `'{"a":null}'`, `'{}'`, null),
      m(`'{"a":1}'`, `'{"a":1,"/~\\"x":{}}'`, `'{"a":1,"":0}'`, `{"": 0, "a": 1, "/~\\"x": {}}`),
      m("NULL", `'{"a":1}'`, `'{"b":2}'`, `{"a": 1, "b": 2}`),
      m(`'{"a":1}'`, `'[1]'`, `'{"b":2}'`, null),
      m(`'{"a":1}'`, "NULL", `'{"b":2}'`, null),
    ],
  ],
  ["json", "json_keys", [m(`'{"a":1}'`, `'{"a": 1, "b":2}'`, `'{"a":1.5}'`, `{"a": 1.5, "b": 2}`)]],
];

describe("a cell that both sides changed", () => {
  test.each(CASES)("of type %s under %s", async (type, policy, meetings) => {
    expect(await meet(type, policy, meetings)).toEqual(meetings.map(({ merged }) => merged));
  });

  test("of an enum is the later of its labels under max", async () => {
    const { main, branch, name } = await forked(`CREATE TYPE size AS ENUM ('small', 'big', 'huge');
      CREATE TABLE t (id int PRIMARY KEY, v size); INSERT INTO t VALUES (1, 'small'); ALTER TABLE t ALTER v SET (merge_policy = max)`);
    await main.query("UPDATE t SET v = 'huge'");
    await branch.query("UPDATE t SET v = 'big'");
    await main.query(`MERGE BRANCH ${name} WITH (granularity 'cell')`);
    expect(await textOf(main, 1)).toBe("huge");
  });

  test.each([
    ["smallint", "32000", "32700", "32600"],
    ["bigint", "0", "9223372036854775807", "1"],
    ["numeric(4,1)", "0", "999.9", "1"],
    ["float8", "0", "1e308", "1.2e308"],
    ["real", "0", "3e38", "2e38"],
  ])("of type %s is refused where its sum does not fit", async (type, base, ours, theirs) => {
    const { main, branch, name } = await forked(`CREATE TABLE t (id int PRIMARY KEY, v ${type});
      INSERT INTO t VALUES (1, ${base}); ALTER TABLE t ALTER v SET (merge_policy = 'sum_delta')`);
    await main.query(`UPDATE t SET v = ${ours}`);
    await branch.query(`UPDATE t SET v = ${theirs}`);
    const before = await main.query("SELECT * FROM t");
    expect(await main.outcome(`MERGE BRANCH ${name} WITH (granularity 'cell')`)).toBe("22003");
    expect(await main.query("SELECT * FROM t")).toEqual(before);
  });
});

const STOCK = `CREATE TABLE t (id int PRIMARY KEY, qty int, note text, tags text[]);
  INSERT INTO t VALUES (1, 10, 'a', '{x}'), (2, 20, 'b', '{}'), (3, 30, 'c', NULL)`;
const COUNTED = `${STOCK}; ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta')`;

describe("a merge says what policies settled", () => {
  test("in its answer, in EXPLAIN MERGE and in duckbranch.merges, beside what the strategy decided", async () => {
    const { main, branch, name } = await forked(
      `${COUNTED}; ALTER TABLE t ALTER tags SET (merge_policy = set_union)`,
    );
    await branch.query("UPDATE t SET qty = qty + 1, tags = tags || ARRAY['s'], note = 's' WHERE id < 3");
    await main.query(
      "UPDATE t SET qty = qty + 2, tags = tags || ARRAY['t'] WHERE id = 1; UPDATE t SET qty = 0, note = 't' WHERE id = 2",
    );
    const how = "WITH (granularity 'cell')";
    expect((await main.query(`EXPLAIN MERGE BRANCH ${name} ${how}`))[0]?.at(-2)).toBe(
      "qty: sum_delta 2, tags: set_union 1",
    );
    expect(await main.outcome(`MERGE BRANCH ${name} ${how}`)).toBe("40002");
    const answer = (await main.query(`MERGE BRANCH ${name} USING main_wins ${how}`))[0] ?? [];
    expect(answer.slice(10, 12)).toEqual([4n, '{"main_wins":1,"sum_delta":2,"set_union":1}']);
    expect(
      await main.query("SELECT id, qty, note, array_to_string(tags, ',') FROM t WHERE id < 3 ORDER BY id"),
    ).toEqual([
      [1, 13, "s", "x,t,s"],
      [2, 1, "t", "s"],
    ]);
    expect(
      await main.query(
        `SELECT resolved::text FROM duckbranch.merges WHERE branch_name = '${name}' AND status = 'merged'`,
      ),
    ).toEqual([['{"main_wins":1,"sum_delta":2,"set_union":1}']]);
  });

  test("and leaves them alone where rows are merged whole", async () => {
    const { main, branch, name } = await forked(COUNTED);
    await branch.query("UPDATE t SET qty = 11 WHERE id = 1");
    await main.query("UPDATE t SET qty = 12 WHERE id = 1");
    expect(await main.outcome(`MERGE BRANCH ${name}`)).toBe("40002");
  });

  test("and no strategy decides a column whose policy is to fail, but a resolution does", async () => {
    const { main, branch, name } = await forked(
      `${STOCK}; ALTER TABLE t ALTER qty SET (merge_policy = fail)`,
    );
    await branch.query("UPDATE t SET qty = 11, note = 's' WHERE id = 1");
    await main.query("UPDATE t SET qty = 12 WHERE id = 1");
    const how = "WITH (granularity 'cell')";
    expect(await main.outcome(`MERGE BRANCH ${name} USING branch_wins ${how}`)).toBe("40002");
    const [, id] = (await main.query(`MERGE BRANCH ${name} USING manual ${how}`))[0] ?? [];
    await main.query(`RESOLVE MERGE '${String(id)}' WITH (t 'branch_wins')`);
    expect(await main.query("SELECT qty, note FROM t WHERE id = 1")).toEqual([[11, "s"]]);
  });

  test("and a sum that breaks a constraint is a violation like any other", async () => {
    const { main, branch, name } =
      await forked(`CREATE TABLE t (id int PRIMARY KEY, qty int CHECK (qty < 15));
      INSERT INTO t VALUES (1, 10); ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta')`);
    await branch.query("UPDATE t SET qty = 14");
    await main.query("UPDATE t SET qty = 13");
    for (const strategy of ["abort", "branch_wins"])
      expect(await main.outcome(`MERGE BRANCH ${name} USING ${strategy} WITH (granularity 'cell')`)).toBe(
        "23514",
      );
    expect(await main.query("SELECT qty FROM t")).toEqual([[13]]);
  });

  test("and a merge of sums is undone by what it added, whatever was added since", async () => {
    const { main, branch, name } = await forked(COUNTED);
    await branch.query("UPDATE t SET qty = qty + 5 WHERE id < 3");
    await main.query("UPDATE t SET qty = qty - 1 WHERE id = 1");
    const [, id] = (await main.query(`MERGE BRANCH ${name} WITH (granularity 'cell')`))[0] ?? [];
    await main.query("UPDATE t SET qty = qty + 100 WHERE id = 1");
    await main.query(`UNDO MERGE '${String(id)}'`);
    expect(await main.query("SELECT qty FROM t ORDER BY id")).toEqual([[109], [20], [30]]);
  });
});

const grow = async (
  { main, branch }: { main: TestSession; branch: TestSession },
  ours: string,
  theirs = ours,
): Promise<void> => {
  await branch.query(`UPDATE t SET ${theirs} = ${theirs} + 1 WHERE id = 1`);
  await main.query(`UPDATE t SET ${ours} = ${ours} + 2 WHERE id = 1`);
};
const merged = async (main: TestSession, name: string, column = "qty"): Promise<unknown> => {
  const outcome = await main.outcome(`MERGE BRANCH ${name} WITH (granularity 'cell')`);
  return outcome === "ok" ? (await main.query(`SELECT "${column}" FROM t WHERE id = 1`))[0]?.[0] : outcome;
};

describe("a policy goes with its column", () => {
  test("to branches, and back from them", async () => {
    const own = await forked(STOCK);
    await own.branch.query("ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta')");
    await grow(own, "qty");
    expect(await merged(own.main, own.name)).toBe(13);
    // The table has it now, for the next branch.
    await own.main.query(`CREATE BRANCH next${own.name}`);
    const next = await open.session(`main/next${own.name}`);
    await grow({ main: own.main, branch: next }, "qty");
    expect(await merged(own.main, `next${own.name}`)).toBe(16);
  });

  test("as far as a branch of a branch", async () => {
    const { branch, name } = await forked(COUNTED);
    await branch.query(`CREATE BRANCH child${name}`);
    const child = await open.session(`main/child${name}`);
    await child.query("UPDATE t SET qty = qty + 1 WHERE id = 1");
    await branch.query("UPDATE t SET qty = qty + 2 WHERE id = 1");
    await branch.query(`MERGE BRANCH child${name} WITH (granularity 'cell')`);
    expect(await branch.query("SELECT qty FROM t WHERE id = 1")).toEqual([[13]]);
  });

  test.each(['ALTER TABLE t RENAME COLUMN qty TO "q ""ty"', 'ALTER TABLE t RENAME qty TO "Länge"'])(
    "under another name: %s",
    async (rename) => {
      const name = / TO "(.*)"$/.exec(rename)?.[1] ?? "";
      const own = await forked(COUNTED);
      await own.branch.query(rename);
      await grow(own, "qty", `"${name}"`);
      expect(await merged(own.main, own.name, name)).toBe(13);
      await own.main.query(`CREATE BRANCH next${own.name}`);
      const next = await open.session(`main/next${own.name}`);
      await grow({ main: own.main, branch: next }, `"${name}"`);
      expect(await merged(own.main, `next${own.name}`, name)).toBe(16);
    },
  );

  test("and goes when it goes, or is taken back, in a transaction too", async () => {
    const { main } = await forked(COUNTED);
    await main.query("ALTER TABLE t DROP qty; ALTER TABLE t ADD qty int DEFAULT 0");
    const own = { main, name: `b${++branches}` };
    await main.query(`CREATE BRANCH ${own.name}`);
    await grow({ main, branch: await open.session(`main/${own.name}`) }, "qty");
    expect(await merged(main, own.name)).toBe("40002");
    await main.query("BEGIN; ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta'); ROLLBACK");
    expect(await merged(main, own.name)).toBe("40002");
    await main.query("BEGIN; ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta'); COMMIT");
    expect(await merged(main, own.name)).toBe(3);
  });

  test("and two that were declared differently on both sides are a conflict", async () => {
    const own = await forked(COUNTED);
    await own.branch.query("ALTER TABLE t ALTER qty SET (merge_policy = 'max')");
    await own.main.query("ALTER TABLE t ALTER qty RESET (merge_policy)");
    await grow(own, "qty");
    expect(await merged(own.main, own.name)).toBe("40002");
    await own.main.query("ALTER TABLE t ALTER qty SET (merge_policy = 'max')");
    expect(await merged(own.main, own.name)).toBe(12);
  });

  test("and is told of a type that comes from the other side and does not go with it", async () => {
    const own = await forked(STOCK);
    await own.branch.query("ALTER TABLE t ALTER qty TYPE text");
    await own.main.query("ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta')");
    expect(await own.main.outcome(`MERGE BRANCH ${own.name}`)).toBe("40002");
  });
});

describe("a policy is refused", () => {
  test.each([
    ["ALTER TABLE t ALTER note SET (merge_policy = 'sum_delta')", "42804"],
    ["ALTER TABLE t ALTER tags SET (merge_policy = 'max')", "42804"],
    ["ALTER TABLE t ALTER qty SET (merge_policy = 'set_union')", "42804"],
    ["ALTER TABLE t ALTER note SET (merge_policy = 'json_keys')", "42804"],
    ["ALTER TABLE t ALTER qty SET (merge_policy = 'newest')", "22023"],
    ["ALTER TABLE t ALTER qty SET (bogus = 1)", "22023"],
    ["ALTER TABLE t ALTER qty SET (merge_policy)", "22023"],
    ["ALTER TABLE t ALTER qty SET (merge_policy = 'lww')", "0A000"],
    ["ALTER TABLE t ALTER id SET (merge_policy = 'max')", "42P16"],
    ["ALTER TABLE t ALTER nowhere SET (merge_policy = 'max')", "42703"],
    ["ALTER TABLE nowhere ALTER qty SET (merge_policy = 'max')", "42P01"],
    ["CREATE TABLE keyless (a int); ALTER TABLE keyless ALTER a SET (merge_policy = 'max')", "0A000"],
    ["ALTER TABLE t ALTER qty SET (merge_policy = 'sum_delta'); ALTER TABLE t ALTER qty TYPE text", "42804"],
    ["ALTER TABLE t ALTER qty RESET (merge_policy); ALTER TABLE t ALTER qty SET (n_distinct = 5)", "ok"],
  ])("%s: %s", async (statement, code) => {
    const { main, branch } = await forked(`DROP TABLE IF EXISTS keyless; ${STOCK}`);
    for (const session of [branch, main]) expect(await session.outcome(statement)).toBe(code);
  });
});
