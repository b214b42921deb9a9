/** What each session remembers of sequences, and which of them may be set from where. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { World } from "../support/world.js";

test("currval and lastval are what the session itself drew", async () => {
  await using world = await World.open();
  await using first = await world.connect();
  await using second = await world.connect();
  await first.query("CREATE TABLE t (id serial, a int)");
  expect(await first.outcome("SELECT currval('t_id_seq')")).toBe("55000");
  expect(await first.outcome("SELECT lastval()")).toBe("55000");
  await first.query("INSERT INTO t (a) VALUES (1)");
  await second.query("INSERT INTO t (a) VALUES (2), (3)");
  expect(await first.query("SELECT currval('t_id_seq'), lastval()")).toEqual([[1n, 1n]]);
  expect(await second.query("SELECT currval('public.t_id_seq'::regclass), lastval()")).toEqual([[3n, 3n]]);
  await first.query("DISCARD SEQUENCES");
  expect(await first.outcome("SELECT currval('t_id_seq')")).toBe("55000");
});

test("a sequence made anew under its name has given nothing yet", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE TABLE t (id serial, a int); INSERT INTO t (a) VALUES (1); DROP TABLE t");
  expect(await session.outcome("SELECT currval('t_id_seq')")).toBe("42P01");
  await session.query("CREATE TABLE t (id serial, a int)");
  expect(await session.outcome("SELECT currval('t_id_seq')")).toBe("55000");
});

test("many rows: the value of the last one", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE SEQUENCE s INCREMENT BY -5 START -1 MINVALUE -1000000 MAXVALUE -1");
  await session.query("CREATE TABLE t (id bigint DEFAULT nextval('s'), a bigint)");
  await session.query("INSERT INTO t (a) SELECT x FROM generate_series(1, 5000) g(x)");
  expect(await session.query("SELECT currval('s') = min(id) FROM t")).toEqual([[true]]);
});

test("a name means the branch's own sequence, one of an ancestor, then main's", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id serial, a int); CREATE BRANCH upper");
  await using upper = await world.connect("main/upper");
  await upper.query("CREATE TABLE u (id serial, a int)");
  await upper.query("INSERT INTO u (a) VALUES (1)");
  await main.query("CREATE BRANCH lower FROM upper");
  await using lower = await world.connect("main/lower");
  expect(await lower.query("SELECT nextval('u_id_seq')")).toEqual([[2n]]);
  expect(await lower.query("SELECT currval('public.u_id_seq')")).toEqual([[2n]]);
  await lower.query("DROP TABLE t; CREATE TABLE t (id serial, a int)");
  await lower.query("INSERT INTO t (a) VALUES (1), (2), (3)");
  expect(await lower.query("SELECT currval('t_id_seq'), last_value FROM t_id_seq")).toEqual([[3n, 3n]]);
  expect(await main.query("SELECT is_called FROM t_id_seq")).toEqual([[false]]);
  expect(await main.outcome("SELECT nextval('u_id_seq')")).toBe("42P01");
  expect(await main.outcome("SELECT * FROM u_id_seq")).toBe("42P01");
});

test("a branch sets main's sequence forward, never back", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id serial, a int); INSERT INTO t (a) VALUES (1), (2); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  expect(await branch.outcome("SELECT setval('t_id_seq', 1)")).toBe("0A000");
  expect(await branch.outcome("ALTER SEQUENCE t_id_seq RESTART")).toBe("0A000");
  expect(await branch.query("SELECT setval('t_id_seq', 10)")).toEqual([[10n]]);
  expect(await branch.query("INSERT INTO t (a) VALUES (3) RETURNING id")).toEqual([[11]]);
  expect(await main.query("INSERT INTO t (a) VALUES (3) RETURNING id")).toEqual([[12]]);
});

test("main sets back no sequence that a branch's copy draws from", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id serial, a int); INSERT INTO t (a) VALUES (1), (2); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  await branch.query("INSERT INTO t (a) VALUES (3)");
  expect(await main.outcome("SELECT setval('t_id_seq', 1)")).toBe("0A000");
  expect(await main.query("SELECT setval('t_id_seq', 7, false)")).toEqual([[7n]]);
  expect(await main.query("SELECT nextval('t_id_seq')")).toEqual([[7n]]);
});

test("setval is refused where it could not be seen by the statement itself", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE SEQUENCE s; CREATE TABLE t (a bigint)");
  expect(await session.outcome("SELECT setval('s', 4), nextval('s')")).toBe("0A000");
  expect(await session.outcome("INSERT INTO t SELECT setval('s', 4)")).toBe("0A000");
  expect(await session.outcome("CREATE VIEW v AS SELECT setval('s', 4)")).toBe("0A000");
  expect(await session.outcome("SELECT setval('missing', 4)")).toBe("42P01");
  expect(await session.query("SELECT nextval('s')")).toEqual([[1n]]);
});

test("a rollback to a savepoint keeps what was set before it", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE TABLE t (id serial, a int UNIQUE); INSERT INTO t (a) VALUES (1), (2), (3)");
  await session.query("BEGIN; SELECT setval('t_id_seq', 1); SAVEPOINT s");
  expect(await session.outcome("INSERT INTO t (a) VALUES (1)")).toBe("23505");
  await session.query("ROLLBACK TO s; COMMIT");
  expect(await session.query("SELECT last_value < 3 FROM t_id_seq")).toEqual([[true]]);
});

test("what is remembered of a sequence far ahead, and of one that was set so", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE TABLE t (id bigserial, a int)");
  expect(await session.query("SELECT setval('t_id_seq', 1000000000000)")).toEqual([[1000000000000n]]);
  expect(await session.query("INSERT INTO t (a) VALUES (1) RETURNING id")).toEqual([[1000000000001n]]);
  expect(await session.query("SELECT currval('t_id_seq')")).toEqual([[1000000000001n]]);
});

test("after the file was opened anew a sequence stands where it stood, and begins where it began", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sequences-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const path = join(folder, "data.db");
  {
    await using world = await World.open(path);
    await using session = await world.connect();
    await session.query("CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY (START WITH 10), s serial)");
    await session.query("INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES");
  }
  await using world = await World.open(path);
  await using session = await world.connect();
  expect(await session.query("SELECT last_value, is_called FROM t_id_seq")).toEqual([[11n, true]]);
  await session.query("SELECT setval('t_s_seq', 2)");
  expect(await session.query("INSERT INTO t DEFAULT VALUES RETURNING id, s")).toEqual([[12, 3]]);
  await session.query("TRUNCATE t RESTART IDENTITY");
  expect(await session.query("INSERT INTO t DEFAULT VALUES RETURNING id, s")).toEqual([[10, 1]]);
});
