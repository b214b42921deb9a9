/** Owners, grants and protected branches: who may do what with whose branch, whatever scopes they have. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fullAccess, type Principal, type Scope } from "../../src/core/scopes.js";
import type { TestSession } from "../support/world.js";
import { OpenWorld } from "../support/open-world.js";

const DEVELOPER: readonly Scope[] = [
  "branches:create",
  "branches:merge",
  "branches:discard",
  "data:read",
  "data:write",
];

function developer(name: string, scopes = DEVELOPER): Principal {
  return { ...fullAccess(name), scopes: () => new Set(scopes) };
}

let open: OpenWorld;
let root: TestSession;
let ann: TestSession;
let ben: TestSession;

beforeAll(async () => {
  open = await OpenWorld.open();
  root = await open.session("main", fullAccess("root"));
  ann = await open.session("main", developer("ann"));
  ben = await open.session("main", developer('b "en'));
  await root.query("CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1)");
});
afterAll(async () => await open[Symbol.asyncDispose]());

/** What a session says to each statement. */
async function outcomes(session: TestSession, ...texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const text of texts) found.push(`${text}: ${await session.outcome(text)}`);
  return found;
}

function all(outcome: string, ...texts: readonly string[]): string[] {
  return texts.map((text) => `${text}: ${outcome}`);
}

const USES = [
  "USE BRANCH mine",
  "SELECT * FROM mine.t",
  "DESCRIBE BRANCH mine",
  "DIFF BRANCH mine",
  "EXPLAIN MERGE BRANCH mine",
];
const CHANGES = [
  "MERGE BRANCH mine",
  "ALTER BRANCH mine SET (description 'x')",
  "ALTER BRANCH mine RENAME TO other",
  "DROP BRANCH mine",
  "GRANT READ ON BRANCH mine TO me",
  "REVOKE READ ON BRANCH mine FROM me",
  "ALTER BRANCH mine SET (access 'open')",
];

async function newBranch(options = ""): Promise<void> {
  await root.outcome("USE BRANCH main; DROP BRANCH mine CASCADE");
  await ann.query("USE BRANCH main");
  await ben.query("USE BRANCH main");
  await ann.query(`CREATE BRANCH mine ${options}; USE BRANCH mine; UPDATE t SET b = b + 1; USE BRANCH main`);
}

describe("a branch that nobody has closed", () => {
  test("is everybody's, but who may use it is its owner's to say", async () => {
    await newBranch();
    expect(await outcomes(ben, ...USES, "UPDATE t SET b = b + 1", "USE BRANCH main")).toEqual(
      all("ok", ...USES, "UPDATE t SET b = b + 1", "USE BRANCH main"),
    );
    expect(await outcomes(ben, ...CHANGES.slice(4))).toEqual(all("42501", ...CHANGES.slice(4)));
    expect(await outcomes(ben, "ALTER BRANCH mine SET (description 'x')", "DROP BRANCH mine")).toEqual(
      all("ok", "ALTER BRANCH mine SET (description 'x')", "DROP BRANCH mine"),
    );
  });
});

describe("a private branch", () => {
  test("is its owner's and the administrator's", async () => {
    await newBranch("WITH (access 'private')");
    expect(await outcomes(ben, ...USES, ...CHANGES)).toEqual(all("42501", ...USES, ...CHANGES));
    expect(await ben.outcome("CREATE BRANCH spy FROM mine")).toBe("42501");
    expect(await ben.outcome("COPY mine.t TO STDOUT")).toBe("42501");
    expect(await ben.outcome("CREATE TEMP TABLE spied AS SELECT * FROM mine.t")).toBe("42501");
    expect(await ben.outcome("BEGIN; LOCK TABLE mine.t")).toBe("42501");
    await ben.query("ROLLBACK");
    const [[id] = []] = await root.query(
      "SELECT branch_id FROM duckbranch.branches WHERE name = 'mine' AND access = 'private'",
    );
    expect(await ben.outcome(`SELECT * FROM branch_${String(id)}.t`)).toBe("42501");
    expect(await ben.outcome(`SET search_path = branch_${String(id)}; SELECT * FROM t`)).toBe("42501");
    await ben.query("RESET search_path");
    expect(await outcomes(ann, ...USES, "USE BRANCH main")).toEqual(all("ok", ...USES, "USE BRANCH main"));
    expect(await outcomes(root, ...USES, "USE BRANCH main")).toEqual(all("ok", ...USES, "USE BRANCH main"));
    await expect(open.world.connect("main/mine", developer("ben"))).rejects.toMatchObject({ code: "42501" });
  });

  test("is others' as far as they were granted it, in sessions that are on it, too", async () => {
    await newBranch();
    await ben.query("USE BRANCH mine");
    await ann.query("GRANT READ ON BRANCH mine TO nobody");
    const told = [
      "SELECT * FROM t",
      "SELECT 1",
      "SELECT 't'::regclass",
      "SELECT NULL::mood",
      "SELECT format_type(5, -1)",
    ];
    expect(await outcomes(ben, ...told, "SHOW branch")).toEqual([
      ...all("42501", ...told),
      "SHOW branch: ok",
    ]);
    await ann.query(`GRANT READ ON BRANCH mine TO "b ""en"`);
    const writes = ["UPDATE t SET b = 7", "CREATE TABLE n (a int)", "INSERT INTO t VALUES (2, 2)"];
    expect(await outcomes(ben, "SELECT * FROM t", ...writes)).toEqual([
      "SELECT * FROM t: ok",
      ...all("42501", ...writes),
    ]);
    await ben.query("USE BRANCH main");
    expect(await outcomes(ben, ...CHANGES)).toEqual(all("42501", ...CHANGES));
    await ann.query(`SELECT branch_grant('mine', 'write', 'b "en')`);
    await ben.query("USE BRANCH mine");
    expect(await outcomes(ben, "UPDATE t SET b = 7", "USE BRANCH main", "MERGE BRANCH mine")).toEqual(
      all("ok", "UPDATE t SET b = 7", "USE BRANCH main", "MERGE BRANCH mine"),
    );
    expect(await root.query("SELECT grantee, privilege FROM duckbranch.grants ORDER BY ALL")).toEqual([
      ['b "en', "read"],
      ['b "en', "write"],
      ["nobody", "read"],
    ]);
  });

  test("stays closed when the last grant is taken back, and is open again when its owner says so", async () => {
    await newBranch();
    await ann.query("REVOKE READ ON BRANCH mine FROM ben");
    expect(await ben.outcome("SELECT * FROM mine.t")).toBe("ok");
    await ann.query("GRANT READ ON BRANCH mine TO PUBLIC");
    expect(await ben.outcome("SELECT * FROM mine.t")).toBe("ok");
    await ann.query("REVOKE READ ON BRANCH mine FROM PUBLIC");
    expect(await ben.outcome("SELECT * FROM mine.t")).toBe("42501");
    await ann.query("ALTER BRANCH mine SET (access 'open')");
    expect(await ben.outcome("SELECT * FROM mine.t")).toBe("ok");
  });

  test("has private children, and says nothing of its tables, merges and conflicts to others", async () => {
    await newBranch("WITH (access 'private')");
    await ann.query("CREATE BRANCH child FROM mine");
    expect(await ben.outcome("SELECT * FROM child.t")).toBe("42501");
    await root.query("UPDATE t SET b = b + 10");
    expect(await ann.outcome("MERGE BRANCH mine USING manual")).toBe("ok");
    const counts = `SELECT (SELECT count(*) FROM duckbranch.conflicts c JOIN duckbranch.merges m USING (merge_id) WHERE m.branch_name = 'mine' AND m.status = 'conflicted'),
      (SELECT count(*) FROM duckbranch.branch_tables WHERE branch = 'mine'),
      (SELECT count(*) > 0 FROM duckbranch.history h JOIN duckbranch.branches b USING (branch_id) WHERE b.name = 'mine' AND b.status = 'conflicted')`;
    expect(await ann.query(counts)).toEqual([[1n, 1n, true]]);
    expect(await ben.query(counts)).toEqual([[0n, 0n, false]]);
    const [[merge] = []] = await ann.query(
      "SELECT merge_id FROM duckbranch.merges WHERE branch_name = 'mine' AND status = 'conflicted'",
    );
    expect(await ben.outcome(`ABANDON MERGE ${String(merge)}`)).toBe("42501");
    expect(await ben.outcome(`RESOLVE MERGE ${String(merge)} WITH (t branch_wins)`)).toBe("42501");
    expect(await ann.outcome(`ABANDON MERGE ${String(merge)}`)).toBe("ok");
  });
});

describe("a protected branch", () => {
  test("is merged, and loses its protection, by administrators alone", async () => {
    await newBranch();
    // Nobody locks the owner of an open branch out of it.
    expect(await outcomes(ben, "USE BRANCH mine", "USE BRANCH main", "ALTER BRANCH mine PROTECT")).toEqual([
      "USE BRANCH mine: ok",
      "USE BRANCH main: ok",
      "ALTER BRANCH mine PROTECT: 42501",
    ]);
    expect(await ann.outcome("ALTER BRANCH mine PROTECT")).toBe("ok");
    expect(
      await outcomes(ann, "MERGE BRANCH mine", "MERGE BRANCH main INTO mine", "ALTER BRANCH mine UNPROTECT"),
    ).toEqual(
      all("42501", "MERGE BRANCH mine", "MERGE BRANCH main INTO mine", "ALTER BRANCH mine UNPROTECT"),
    );
    expect(await outcomes(ann, "DROP BRANCH mine")).toEqual(["DROP BRANCH mine: 55000"]);
    expect(await outcomes(root, "MERGE BRANCH mine", "ALTER BRANCH mine UNPROTECT")).toEqual(
      all("ok", "MERGE BRANCH mine", "ALTER BRANCH mine UNPROTECT"),
    );
  });
});

describe("an agent", () => {
  test("proposes and others merge: it brings its branch up to date, and no more", async () => {
    await newBranch();
    const scopes: Scope[] = ["branches:create", "branches:discard", "data:read", "data:write"];
    await using agent = await open.world.connect("main", developer("agent", scopes));
    await agent.query("CREATE BRANCH proposal");
    expect(await outcomes(agent, "MERGE BRANCH proposal", "MERGE BRANCH main INTO proposal")).toEqual([
      "MERGE BRANCH proposal: 42501",
      "MERGE BRANCH main INTO proposal: ok",
    ]);
    expect(await agent.outcome("UPDATE t SET b = 0")).toBe("42501");
    expect(await agent.outcome("DROP BRANCH proposal")).toBe("ok");
  });
});
