/** `duckbranch branch` and `duckbranch sql` against a running server: output, exit codes, what is asked before. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { makeCertificate, writeCertificate } from "../support/certificate.js";
import { ServerProcess } from "./server-process.js";
import { temporaryDirectory, type TemporaryDirectory } from "./temporary-directory.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/duckbranch.cjs", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let directory: TemporaryDirectory;
let server: Awaited<ReturnType<typeof ServerProcess.serve>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  server = await ServerProcess.serve(directory.file("a.db"));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function duckbranch(
  args: readonly string[],
  input = "",
  settings: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const { host, port } = server.address;
  const env = { ...process.env, PGHOST: host, PGPORT: String(port), ...settings };
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
    child.stdin?.end(input);
  });
}

test("a branch from its making to its merge, for people and for programs", async () => {
  const made = await duckbranch(
    ["sql"],
    `CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'a'), (20, NULL); SELECT * FROM t ORDER BY id`,
  );
  expect(made).toEqual({
    code: 0,
    err: "",
    out: "CREATE\nINSERT 2\nid | note\n---+-----\n 1 | a\n20 |\n(2 rows)\n",
  });
  const created = await duckbranch(["branch", "create", 'My "b"', "--ttl", "2 hours", "--json"]);
  expect(JSON.parse(created.out)).toMatchObject({ name: 'My "b"', status: "active" });
  await duckbranch(["sql", "--branch", 'My "b"', `UPDATE t SET note = 'x,"y"' WHERE id = 1`]);
  const csv = await duckbranch(["sql", "--csv", "--branch", 'My "b"', "SELECT * FROM t ORDER BY id"]);
  expect(csv.out).toBe('id,note\n1,"x,""y"""\n20,\n');
  const json = await duckbranch(["sql", "--json", "SELECT id, note, 1.50::numeric AS n, true AS b FROM t"]);
  expect(json.out.trim().split("\n")).toEqual([
    '{"id":1,"note":"a","n":1.50,"b":true}',
    '{"id":20,"note":null,"n":1.50,"b":true}',
  ]);
  const compared = await duckbranch(["branch", "diff", 'My "b"', "--table", "t", "--json"]);
  expect(JSON.parse(compared.out)).toMatchObject([{ table_name: "t", change: "update" }]);
  const shown = await duckbranch(["branch", "show", 'My "b"']);
  expect(shown.out).toMatch(/^modified_tables +t$/m);
  const merged = await duckbranch(["branch", "merge", 'My "b"', "--json"]);
  expect(JSON.parse(merged.out)).toMatchObject({ status: "merged", rows_updated: 1 });
  const undone = await duckbranch(["branch", "undo", String(JSON.parse(merged.out).merge_id), "--yes"]);
  expect(undone).toMatchObject({ code: 0, out: expect.stringMatching(/^status +undone$/m) });
  expect((await duckbranch(["sql", "--csv", "SELECT note FROM t WHERE id = 1"])).out).toBe("note\na\n");
});

test("conflicts have an exit code of their own, also where they wait for a resolution", async () => {
  await duckbranch(["sql", "CREATE TABLE c (id int PRIMARY KEY, n int); INSERT INTO c VALUES (1, 1)"]);
  await duckbranch(["branch", "create", "conflicts"]);
  await duckbranch(["sql", "--branch", "conflicts", "UPDATE c SET n = 2"]);
  await duckbranch(["sql", "UPDATE c SET n = 3"]);
  const refused = await duckbranch(["branch", "merge", "conflicts", "--keyless", "strict"]);
  expect(refused).toMatchObject({ code: 3, out: "", err: expect.stringMatching(/^duckbranch: 40002 /) });
  const choices = ["--except", "schema:public=branch_wins", "c=manual", "--merge-id", "mine", "--no-retry"];
  const waiting = await duckbranch(["branch", "merge", "conflicts", ...choices, "--json"]);
  expect(waiting.code).toBe(3);
  const { merge_id: id } = JSON.parse(waiting.out);
  expect((await duckbranch(["branch", "resolve", id, "c"])).err).toBe(
    'duckbranch: "c" is not table=strategy\n',
  );
  expect(id).toBe("mine");
  expect(await duckbranch(["branch", "resolve", id, 'c{"id": 1}=branch_wins'])).toMatchObject({ code: 0 });
  expect((await duckbranch(["sql", "--csv", "SELECT n FROM c"])).out).toBe("n\n2\n");
});

/** A name that clears the screen, pretends to be two lines, and turns the second around. */
const CURSED = "k\u001b[2J\n\u202ept";

test("nothing is thrown away unasked, and what makes no sense is said", async () => {
  const created = await duckbranch(["branch", "create", CURSED]);
  expect(created.out).toMatch(/^name +k\\u001b\[2J\\n\\u202ept$/m);
  expect(await duckbranch(["branch", "discard", CURSED], "y\n")).toMatchObject({
    code: 1,
    err: 'duckbranch: Throw away branch "k\\u001b[2J\n  \\u202ept"? Say --yes\n',
  });
  const discarded = await duckbranch(["branch", "discard", CURSED, "--yes", "--json"]);
  expect(JSON.parse(discarded.out)).toMatchObject({ name: CURSED });
  const back = await duckbranch(["branch", "undelete", CURSED, "--as", "back", "--ttl", "1 hour", "--json"]);
  expect(JSON.parse(back.out)).toMatchObject({ name: "back", status: "active", undelete_until: null });
  expect(await duckbranch(["branch", "show", "nobody"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("3D000"),
  });
  expect(await duckbranch(["branch", "mreg"])).toMatchObject({ code: 2, out: "" });
  expect(await duckbranch(["sql", "--port", "x", "SELECT 1"])).toMatchObject({
    code: 1,
    err: 'duckbranch: "x" is no port\n',
  });
  expect((await duckbranch(["sql", "--csv", "SELECT 1 AS a WHERE false"])).out).toBe("a\n");
});

/** A value of each kind whose JSON is not its text. */
const VALUES = `SELECT 1::int2 AS a, 9007199254740993 AS b, 1.10::numeric(10, 2) AS c, 1e300::float8 AS d, 'NaN'::float8 AS e, 0.1::float4 AS f,
  NULL::int AS g, '2024-01-02 03:04:05.6'::timestamp AS h, '2024-01-02 03:04:05+00'::timestamptz AS i, 'infinity'::timestamp AS j,
  '0044-03-15 10:00 BC'::timestamp AS k, '\\x00ff'::bytea AS l, '{"a": [1, 2]}'::jsonb AS m, ARRAY['a', 'b"c\\d, {x}', NULL, '', 'NULL'] AS n,
  ARRAY[ARRAY[1, 2], ARRAY[3, NULL]] AS o, ARRAY[true, false] AS p, ARRAY['2024-01-02 03:04:05'::timestamp] AS q, ARRAY[1.50::numeric(5, 2)] AS r,
  ARRAY['{"a":1}'::json] AS s, int4range(1, 5) AS t, '-0'::float8 AS u, 12345678901234567890.123::numeric AS v, ARRAY['2024-01-02'::date] AS w,
  '00000000-0000-0000-0000-000000000001'::uuid AS x, interval '1 day 2 hours' AS y, 2 AS "2", 1 AS "1", ARRAY[]::int[] AS z`;

test("values are the JSON that HTTP gives, and statements without rows say what they did", async () => {
  const [, port] = /^HTTP API on port (\d+)$/m.exec(server.output.join("\n")) ?? [];
  const response = await fetch(`http://${server.address.host}:${port}/v1/query`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/x-ndjson" },
    body: JSON.stringify({ sql: VALUES }),
  });
  const { out } = await duckbranch(["sql", "--json", VALUES], "", { TZ: "UTC" });
  expect(out).toBe(await response.text());
  const done = await duckbranch([
    "sql",
    "--json",
    "CREATE TABLE j (a int); INSERT INTO j VALUES (1), (2); SELECT * FROM j; SELECT * FROM j WHERE false; DELETE FROM j",
  ]);
  expect(done.out.trim().split("\n")).toEqual([
    '{"command":"CREATE","row_count":null}',
    '{"command":"INSERT","row_count":2}',
    '{"a":1}',
    '{"a":2}',
    '{"command":"DELETE","row_count":2}',
  ]);
});

test.each([
  [["sql", "SELECT 1; SELECT * FROM nothing"], 1, "42P01"],
  [["sql", "--branch", "nothing", "SELECT 1"], 1, "3D000"],
  [["sql", "--port", "1", "SELECT 1"], 1, null],
  [["sql", "--port", "x", "SELECT 1"], 1, null],
  [["branch", "show", "nothing"], 1, "3D000"],
  [["branch", "discard", "nothing"], 1, null],
  [["branch", "show"], 2, null],
  [["branch", "show", "x", "--nothing"], 2, null],
  [["bogus"], 2, null],
  [["serve", "--bogus"], 2, null],
  [["sql", "SELECT 1 AS a, 2 AS a"], 1, "42701"],
])("a failure is an object for programs: %s", async (args, code, sqlstate) => {
  const ended = await duckbranch([...args, "--json"]);
  expect(ended.code).toBe(code);
  expect(JSON.parse(ended.err)).toEqual({
    error: expect.objectContaining({ sqlstate, message: expect.stringMatching(/./) }),
  });
});

test("notices are objects for programs, too", async () => {
  const { err } = await duckbranch(["sql", "--json", "DROP TABLE IF EXISTS nothing"]);
  expect(JSON.parse(err)).toMatchObject({ notice: { severity: "NOTICE" } });
});

async function answered(...args: readonly string[]): Promise<unknown> {
  const { out, err } = await duckbranch(["branch", ...args, "--json"]);
  return err === "" ? JSON.parse(out) : err;
}

test("a branch is renamed, protected, granted and given terms", async () => {
  await answered("create", "first");
  expect(await answered("rename", "first", 'K "2"')).toMatchObject({ name: 'K "2"' });
  expect(await answered("alter", 'K "2"', "--max-rows", "5", "--description", "it's")).toMatchObject({
    max_rows: 5,
    description: "it's",
  });
  expect(await answered("protect", 'K "2"')).toMatchObject({ protected: true });
  expect(await answered("discard", 'K "2"', "--yes")).toContain("55000");
  expect(await answered("unprotect", 'K "2"', "--yes")).toMatchObject({ protected: false });
  expect(await answered("grant", 'K "2"', "read", "ann")).toEqual([{ grantee: "ann", privilege: "read" }]);
  expect(await answered("grants", 'K "2"')).toEqual([{ grantee: "ann", privilege: "read" }]);
  expect(await answered("revoke", 'K "2"', "read", "ann")).toEqual([]);
  expect(await answered("grant", 'K "2"', "merge", "ann")).toBe(
    '{"error":{"sqlstate":null,"message":"\\"merge\\" is neither read nor write"}}\n',
  );
  expect(await answered("alter", 'K "2"')).toBe(
    '{"error":{"sqlstate":null,"message":"say what to change: see --help"}}\n',
  );
});

test("what was done before a failure is shown, and nothing of no statement", async () => {
  const failed = await duckbranch(["sql", "SELECT 1 AS a; SELECT 1 / 0"]);
  expect(failed).toMatchObject({
    code: 1,
    out: "a\n-\n1\n(1 row)\n",
    err: expect.stringContaining("22012"),
  });
  expect(await duckbranch(["sql", ""])).toEqual({ code: 0, out: "", err: "" });
});

test("rows are read no faster than they are taken", async () => {
  const { host, port } = server.address;
  const env = { ...process.env, PGHOST: host, PGPORT: String(port) };
  const sql = "SELECT repeat('x', 2999) AS t FROM range(40000)";
  const child = spawn(process.execPath, ["--max-old-space-size=60", MAIN, "sql", "--csv", sql], { env });
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += String(chunk).length;
  expect(bytes).toBe(2 + 40_000 * 3_000);
});

test("who reads no more of the output ends the program without a word", async () => {
  const { host, port } = server.address;
  const env = { ...process.env, PGHOST: host, PGPORT: String(port) };
  const child = spawn(process.execPath, [MAIN, "sql", "--csv", "SELECT * FROM range(200000)"], { env });
  let err = "";
  child.stderr.on("data", (text) => (err += String(text)));
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = await once(child, "close");
  expect([code, err]).toEqual([141, ""]);
});

test("COPY goes to standard output, and comes from standard input", async () => {
  const sql =
    "CREATE TABLE copied (a int, b text); COPY copied FROM STDIN; SELECT 1 AS x; COPY copied TO STDOUT";
  expect(await duckbranch(["sql", sql], "1\té\n2\t\\N\n")).toEqual({
    code: 0,
    err: "",
    out: "CREATE\nCOPY 2\nx\n-\n1\n(1 row)\n1\té\n2\t\\N\n",
  });
  const twice = await duckbranch(["sql", "COPY copied FROM STDIN; COPY copied FROM STDIN"], "3\tc\n");
  expect(twice).toMatchObject({ code: 1, err: expect.stringMatching(/57014 .*read already/) });
  expect(await duckbranch(["sql"], "COPY copied FROM STDIN")).toMatchObject({ code: 1 });
  expect((await duckbranch(["sql", "COPY copied FROM STDIN"], "x\n")).err).toContain("22P0");
  const { host, port } = server.address;
  const shell = `"$0" "$1" sql --host ${host} --port ${port} "COPY copied FROM STDIN" < /`;
  const ofDirectory = spawnSync("bash", ["-c", shell, process.execPath, MAIN], { encoding: "utf8" });
  expect([ofDirectory.status, ofDirectory.stdout]).toEqual([1, ""]);
  expect(ofDirectory.stderr).toContain("standard input is a directory");
  const binary = await duckbranch(["sql", "--csv", "COPY (SELECT 255) TO STDOUT (FORMAT binary)"]);
  expect(binary.out).toMatch(/^PGCOPY\n\ufffd\r\n/);
  expect((await duckbranch(["sql", "--csv", "SELECT count(*) AS n FROM copied"])).out).toBe("n\n2\n");
});

test("the program says which it is", async () => {
  expect(await duckbranch(["--version"])).toEqual({
    code: 0,
    err: "",
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test.skipIf(spawnSync("script", ["--version"]).status !== 0)(
  "on a terminal it asks before it destroys, and says that it is still at work above what it prints",
  async () => {
    const { host, port } = server.address;
    const typed = (line: string, ...args: readonly string[]): string => {
      const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
      const env = { ...process.env, PGHOST: host, PGPORT: String(port) };
      return spawnSync("script", ["-qec", command, "/dev/null"], { env, input: line, encoding: "utf8" })
        .stdout;
    };
    await duckbranch(["branch", "create", "asked"]);
    const kept = typed("n\n", "branch", "discard", "asked");
    expect(kept).toContain('Throw away branch "asked"? [y/N]');
    expect(kept).toContain("nothing was changed");
    expect(typed("y\n", "branch", "discard", "asked")).toMatch(/^status +discarded\r$/m);
    const slow = typed("", "sql", "SELECT pg_sleep(1.5) AS slept");
    expect(slow).toContain(" s\r\u001b[Kslept\r\n");
  },
);

/** Runs the completion of a shell on some words, as that shell itself would. */
const COMPLETIONS = {
  bash: (script: string, typed: string, count: number) => [
    "-c",
    `${script}\nCOMP_WORDS=(${typed}); COMP_CWORD=${count - 1}; _duckbranch; echo "\${COMPREPLY[@]}"`,
  ],
  // What is offered, before zsh looks which of it fits.
  zsh: (script: string, typed: string, count: number) => [
    "-fc",
    `compdef() { :; }; _files() { :; }; compadd() { print -l -- "$@"; }\n${script}\nwords=(${typed}); CURRENT=${count}; _duckbranch | grep -e --g`,
  ],
  fish: (script: string, typed: string) => ["--no-config", "-c", `${script}\ncomplete -C "${typed}"`],
} as const;

for (const shell of ["bash", "zsh", "fish"] as const)
  test.skipIf(spawnSync(shell, ["-c", "true"]).status !== 0)(
    `${shell} completes commands and options`,
    async () => {
      const { out } = await duckbranch(["completion", shell]);
      const completed = (typed: string, count: number): readonly string[] => {
        const ended = spawnSync(shell, COMPLETIONS[shell](out, typed, count), { encoding: "utf8" });
        return [ended.stdout.trim(), ended.stderr];
      };
      expect(completed("duckbranch branch merge --gr", 4)).toEqual(["--granularity", ""]);
      expect(completed("duckbranch serve --g", 3)).toEqual(["--guide", ""]);
      // What follows is a file.
      expect(completed("duckbranch serve --data --g", 4)).toEqual(["", ""]);
    },
  );

test("shells that nothing is known of are refused", async () => {
  const { code, err } = await duckbranch(["completion", "tcsh"]);
  expect([code, err]).toEqual([2, expect.stringMatching(/^error: [^\n]*'tcsh'[^\n]*bash, zsh, fish\.\n$/)]);
});

test("connections are encrypted as PGSSLMODE and PGSSLROOTCERT say", async () => {
  const certificate = makeCertificate();
  const files = await writeCertificate(directory, certificate);
  const other = directory.file("other.crt");
  await writeFile(other, makeCertificate().certificate);
  const app = await startApp(
    readConfig({ port: 0, data: ":memory:", tls: "required", ...files }, {}),
    createLog("fatal"),
  );
  const ending = async (settings: NodeJS.ProcessEnv): Promise<number | null> => {
    const port = String(app.address.port);
    return (await duckbranch(["sql", "SELECT 1"], "", { PGPORT: port, PGHOST: "localhost", ...settings }))
      .code;
  };
  for (const PGSSLMODE of ["", "prefer", "require"])
    expect([PGSSLMODE, await ending({ PGSSLMODE })]).toEqual([PGSSLMODE, 0]);
  const root = { PGSSLROOTCERT: files.tlsCert };
  expect(await ending({ PGSSLMODE: "verify-full", ...root })).toBe(0);
  expect(await ending({ PGSSLMODE: "verify-ca", PGSSLROOTCERT: other })).toBe(1);
  expect(await ending({ PGSSLMODE: "require", PGSSLROOTCERT: other })).toBe(1);
  expect(await ending({ PGSSLMODE: "disable" })).toBe(1);
  await app.close();
  expect((await duckbranch(["sql", "SELECT 1"], "", { PGSSLMODE: "prefer" })).code).toBe(0);
  expect((await duckbranch(["sql", "SELECT 1"], "", { PGSSLMODE: "require" })).code).toBe(1);
});
