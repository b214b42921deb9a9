/** A point query that is run again and again is not read anew: it must notice all that makes another query of its text. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestSession, type Value, World } from "../support/world.js";

/** More often than it takes until a read is run as the one before. */
const TIMES = 6;
const NO_OIDS: readonly number[] = [];

let world: World;
let owner: TestSession;

beforeEach(async () => {
  world = await World.open();
  owner = await world.connect();
  await owner.query(`CREATE TABLE t (id int PRIMARY KEY, a text, n numeric(9, 2));
    INSERT INTO t SELECT i, 'row ' || i, i FROM range(100) r (i);
    CREATE SCHEMA other; CREATE TABLE other.t (id int PRIMARY KEY, a text); INSERT INTO other.t VALUES (7, 'other')`);
});

afterEach(async () => {
  await owner[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Names and types of the columns, and the rows. */
type Answer = readonly [columns: readonly string[], rows: Value[][]];

/** A prepared statement of a session: gives names, types and rows of one run, or the SQLSTATE of its failure. */
async function prepare(
  session: TestSession,
  sql: string,
): Promise<(value: string | null) => Promise<Answer>> {
  const [statement] = await session.session.parse(sql);
  if (statement === undefined) throw new Error("there is a statement");
  return async (value) => {
    const bytes = value === null ? null : Buffer.from(value);
    const result = await session.session.execute(statement, [{ format: "text", bytes }], NO_OIDS);
    if (result.kind !== "rows") throw new Error("a query gives rows");
    const rows: Value[][] = [];
    for await (const batch of result.batches) if (batch.kind === "chunk") rows.push(...batch.chunk.getRows());
    return [result.columns.map(({ name, type }) => `${name} ${String(type)}`), rows];
  };
}

const COLUMNS: readonly string[] = ["id INTEGER", "a VARCHAR"];
const SEVENTH = [COLUMNS, [[7, "row 7"]]];

/** Runs it until it is run as before. */
async function warmUp(read: (value: string) => Promise<Answer>): Promise<void> {
  for (let i = 0; i < TIMES; i++) expect(await read("7")).toEqual(SEVENTH);
}

/** What another session, or the same, does between two runs, and what the next run gives. */
const CHANGES: readonly (readonly [
  who: "owner" | "reader",
  sql: string,
  next: readonly [columns: readonly string[], rows: Value[][] | undefined],
])[] = [
  ["owner", "UPDATE t SET a = 'new' WHERE id = 7", [COLUMNS, [[7, "new"]]]],
  ["owner", "DELETE FROM t WHERE id = 7", [COLUMNS, []]],
  [
    "owner",
    "ALTER TABLE t ALTER COLUMN a TYPE varchar[] USING [a]",
    [["id INTEGER", "a VARCHAR[]"], undefined],
  ],
  [
    "owner",
    "ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a int DEFAULT 3",
    [["id INTEGER", "a INTEGER"], [[7, 3]]],
  ],
  [
    "owner",
    "DROP TABLE t; CREATE TABLE t (id int, a text); INSERT INTO t VALUES (7, 'x'), (7, 'y')",
    [
      COLUMNS,
      [
        [7, "x"],
        [7, "y"],
      ],
    ],
  ],
  [
    "reader",
    "CREATE TEMP TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (7, 'mine')",
    [COLUMNS, [[7, "mine"]]],
  ],
  ["reader", "SET search_path = other", [COLUMNS, [[7, "other"]]]],
  ["reader", "BEGIN; UPDATE t SET a = 'open' WHERE id = 7", [COLUMNS, [[7, "open"]]]],
  [
    "reader",
    "CREATE BRANCH b; SET branch = 'b'; UPDATE t SET a = 'of b' WHERE id = 7",
    [COLUMNS, [[7, "of b"]]],
  ],
];

test.for(CHANGES)("%s: %s", async ([who, sql, next]) => {
  await using reader = await world.connect();
  const read = await prepare(reader, "SELECT id, a FROM t WHERE id = $1");
  await warmUp(read);
  await (who === "owner" ? owner : reader).query(sql);
  for (let i = 0; i < TIMES; i++) {
    const [columns, rows] = await read("7");
    const [expectedColumns, expectedRows = rows] = next;
    expect(columns).toEqual(expectedColumns);
    expect(rows).toEqual(expectedRows);
  }
});

test.for(["main", "main/b", "main/b/c"])("values of all kinds on %s", async (head) => {
  await owner.query("CREATE BRANCH b");
  await using b = await world.connect("main/b");
  await b.query('UPDATE t SET n = n WHERE id = 7; CREATE BRANCH "b/c"');
  await using reader = await world.connect(head);
  const read = await prepare(reader, "SELECT id, a FROM t WHERE id = $1");
  await warmUp(async (value) => await read(value));
  expect(await read("8")).toEqual([COLUMNS, [[8, "row 8"]]]);
  expect(await read(null)).toEqual([COLUMNS, []]);
  expect(await read("-1")).toEqual([COLUMNS, []]);
  await expect(read("no number")).rejects.toMatchObject({ code: "22P02" });
  await reader.session.fail();
  expect(await read("7")).toEqual(SEVENTH);
});

test("columns follow the types of what is bound", async () => {
  await using reader = await world.connect();
  const read = await prepare(reader, "SELECT $1::numeric AS x FROM t WHERE n = $1::numeric AND id = 7");
  for (let i = 0; i < TIMES; i++) {
    expect(await read("7")).toMatchObject([[expect.stringMatching(/^x DECIMAL/)], [[expect.anything()]]]);
    expect(await read("7.123456")).toMatchObject([[expect.stringMatching(/^x DECIMAL/)], []]);
  }
});

test("more prepared statements than are kept", async () => {
  await using reader = await world.connect();
  const reads = [];
  for (let i = 0; i < 150; i++)
    reads.push(await prepare(reader, `SELECT id, a FROM t /* ${i} */ WHERE id = $1`));
  for (let round = 0; round < 4; round++) for (const read of reads) expect(await read("7")).toEqual(SEVENTH);
});

test("a branch that is dropped is not read once more", async () => {
  await owner.query("CREATE BRANCH b");
  await using reader = await world.connect("main/b");
  const read = await prepare(reader, "SELECT id, a FROM t WHERE id = $1");
  await warmUp(read);
  await owner.query("DROP BRANCH b");
  await expect(read("7")).rejects.toMatchObject({ code: "3D000" });
});

test("on a branch no row that main changes meanwhile", async () => {
  await using reader = await world.connect();
  for (let round = 0; round < 10; round++) {
    await owner.query(`CREATE BRANCH "b${round}"`);
    await reader.query(`SET branch = 'b${round}'`);
    const read = await prepare(reader, "SELECT id, a FROM t WHERE id = $1");
    await warmUp(read);
    const change = owner.query(`UPDATE t SET a = 'round ${round}' WHERE id = 7`);
    for (let i = 0; i < TIMES; i++) expect(await read("7")).toEqual(SEVENTH);
    await change;
    expect(await read("7")).toEqual(SEVENTH);
    await owner.query("UPDATE t SET a = 'row 7' WHERE id = 7");
  }
});
