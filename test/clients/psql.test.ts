/** psql 15 as a person or a script uses it. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import type { TestApp } from "../cli/test-app.js";
import { BRANCH, HEADS, startAppWithBranch, type Head } from "./heads.js";
import { type Ending, runProgram } from "./run-program.js";
import { hasProgram } from "./toolchain.js";

const hasPsql = hasProgram("psql");

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** Rows as `a|b`, nothing else; no start-up file. */
const QUIET = ["-X", "-q", "-A", "-t"];

async function psql(
  args: readonly string[],
  environment: Record<string, string>,
  input = "",
): Promise<Ending> {
  const { host, port } = app.address;
  return await runProgram("psql", args, {
    input,
    environment: {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: "tester",
      PGCLIENTENCODING: "UTF8",
      ...environment,
    },
  });
}

describe.skipIf(!hasPsql).each(HEADS)("psql on $title", (head: Head) => {
  const environment = {
    PGDATABASE: head.database,
    ...(head.options === undefined ? {} : { PGOPTIONS: head.options }),
  };
  const first = head.firstSql === undefined ? "" : `${head.firstSql};\n`;
  const run = async (script: string, ...args: string[]): Promise<Ending> =>
    await psql([...QUIET, ...args], environment, first + script);

  test("is on its branch and prints tables as PostgreSQL does", async () => {
    const { code, output, errors } = await psql(
      ["-X"],
      environment,
      `${first}SHOW branch;\nSELECT * FROM cities ORDER BY id;\n`,
    );
    expect([code, errors]).toEqual([0, ""]);
    const name = head.branch;
    const width = Math.max(name.length, "branch".length);
    const shown = [
      ` ${"branch".padStart(Math.floor((width + "branch".length) / 2)).padEnd(width)} `,
      "-".repeat(width + 2),
      ` ${name}`,
      "(1 row)",
    ];
    const table = [
      " id | name |  area  ",
      "----+------+--------",
      "  1 | Graz | 127.57",
      "  2 | Wien | 414.78",
      "(2 rows)",
    ];
    const tag = first === "" ? [] : ["SET"];
    expect(output.split("\n")).toEqual([...tag, ...shown, "", ...table, "", ""]);
  });

  test("runs several statements of one -c text as one transaction", async () => {
    const both = [
      "-c",
      "INSERT INTO cities (id, name) VALUES (40, 'Enns'); INSERT INTO cities (id, name) VALUES (1, 'x')",
    ];
    const failed = await psql(
      [...QUIET, ...(head.firstSql === undefined ? [] : ["-c", head.firstSql]), ...both],
      environment,
    );
    expect(failed.code).toBe(1);
    expect(failed.errors).toMatch(/^ERROR: {2}.*duplicate key/);
    const { output } = await run("SELECT count(*) FROM cities WHERE id = 40;");
    expect(output).toBe("0\n");
  });

  test("goes on after an error, and stops with ON_ERROR_STOP and exit code 3", async () => {
    const script = "SELECT 1;\nSELECT * FROM no_such;\nSELECT 2;\n";
    const going = await run(script);
    expect([going.code, going.output]).toEqual([0, "1\n2\n"]);
    expect(going.errors).toContain('ERROR:  relation "no_such" does not exist');
    expect(going.errors).toContain("LINE 1: SELECT * FROM no_such;\n                      ^");
    const stopped = await run(script, "-v", "ON_ERROR_STOP=1");
    expect([stopped.code, stopped.output]).toEqual([3, "1\n"]);
  });

  test("replaces variables, quoted as values and as names", async () => {
    const script = `\\set who 'O''Brien'\n\\set col "Full Name"\nSELECT :'who' AS ":col", :n + 1;\nSELECT id FROM :"tab" WHERE id = :n;\n`;
    const { code, output, errors } = await run(script, "-v", "n=1", "-v", "tab=cities");
    expect([code, errors, output]).toEqual([0, "", "O'Brien|2\n1\n"]);
  });

  test("sets variables from results and runs what a query makes", async () => {
    const script = `SELECT max(id) AS top FROM cities WHERE id < 10 \\gset\n\\echo :top\nSELECT 'SELECT ' || i FROM range(2) r(i) ORDER BY 1 \\gexec\n`;
    const { code, output, errors } = await run(script);
    expect([code, errors, output]).toEqual([0, "", "2\n0\n1\n"]);
  });

  test("keeps a transaction over statements, and warns as PostgreSQL does", async () => {
    const script = [
      "BEGIN;",
      "INSERT INTO cities (id, name) VALUES (41, 'Hall');",
      "BEGIN;",
      "SELECT name FROM cities WHERE id = 41;",
      "SELECT 1/0 + no_such;",
      "SELECT 1;",
      "COMMIT;",
      "COMMIT;",
      "SELECT count(*) FROM cities WHERE id = 41;",
    ];
    const { output, errors } = await run(script.join("\n"));
    expect(output).toBe("Hall\n0\n");
    expect(errors).toContain("WARNING:  there is already a transaction in progress");
    expect(errors).toContain(
      "ERROR:  current transaction is aborted, commands ignored until end of transaction block",
    );
    expect(errors).toContain("WARNING:  there is no transaction in progress");
  });

  test("copies a file in and out with \\copy, as text and as CSV", async () => {
    await using directory = await temporaryDirectory();
    const [source, asText, asCsv] = ["in.csv", "out.txt", "out.csv"].map((name) => directory.file(name));
    const csv = 'id,name,area\n50,"Bad ""Ischl"", Stadt",162.85\n51,Zürich,\n';
    await writeFile(source ?? "", csv);
    const script = [
      `\\copy cities FROM '${source}' WITH (FORMAT csv, HEADER)`,
      `\\copy (SELECT * FROM cities WHERE id >= 50 ORDER BY id) TO '${asText}'`,
      `\\copy (SELECT * FROM cities WHERE id >= 50 ORDER BY id) TO '${asCsv}' WITH (FORMAT csv, HEADER)`,
      "DELETE FROM cities WHERE id >= 50;",
    ];
    const { code, output, errors } = await psql(["-X"], environment, `${first}${script.join("\n")}\n`);
    expect([code, errors]).toEqual([0, ""]);
    const tag = first === "" ? "" : "SET\n";
    expect(output).toBe(`${tag}COPY 2\nCOPY 2\nCOPY 2\nDELETE 2\n`);
    expect(await readFile(asText ?? "", "utf8")).toBe('50\tBad "Ischl", Stadt\t162.85\n51\tZürich\t\\N\n');
    expect(await readFile(asCsv ?? "", "utf8")).toBe(csv);
  });

  test("reads with COPY what COPY wrote, for every type", async () => {
    const columns =
      "i int, l bigint, n numeric(12,4), f double precision, b boolean, t text, v varchar, d date, tm time, " +
      "ts timestamp, tz timestamptz, iv interval, u uuid, bytes bytea, j json, numbers int[], texts text[]";
    const rows = [
      "-7\t9223372036854775807\t-12.3400\t1e-07\tt\ta\\tb\\\\c\\nd\t",
      "\t2024-02-29\t23:59:59.5\t2024-02-29 12:30:00\t2024-02-29 12:30:00+00\t3 days 04:05:06",
      "\ta0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\t\\\\x00ff5c27",
      '\t{"a": [1, null]}\t{1,NULL,3}\t{a,"b,c",NULL}\n',
      `${Array.from({ length: 17 }, () => "\\N").join("\t")}\n`,
    ].join("");
    const script = `CREATE TEMP TABLE kept (${columns});\nCOPY kept FROM stdin;\n${rows}\\.\nCOPY kept TO STDOUT;\n`;
    const { output, errors } = await run(script);
    expect([errors, output]).toEqual(["", rows]);
  });

  test.each([
    ["int", "1.5"],
    ["int", "0x10"],
    ["boolean", "2"],
    ["date", "2024-02-30"],
    ["numeric(4,2)", "123.45"],
    ["uuid", "a0eebc99"],
  ])("refuses with COPY a value that is no %s: %s", async (type, value) => {
    const script = `CREATE TEMP TABLE kept (v ${type});\nCOPY kept FROM stdin;\n${value}\n\\.\nSELECT count(*) FROM kept;\n`;
    const { output, errors } = await run(script);
    expect(output).toBe("0\n");
    expect(errors).toMatch(/^ERROR: /);
  });

  test("copies rows that stand in the script, all or none", async () => {
    const good = await run(
      "COPY cities (id, name) FROM stdin;\n60\tMelk\n61\ta\\tb\n\\.\nDELETE FROM cities WHERE id >= 60 RETURNING name;\n",
    );
    expect([good.errors, good.output]).toEqual(["", "Melk\na\tb\n"]);
    const script =
      "COPY cities (id, name) FROM stdin;\n60\tMelk\nsixty\tx\n\\.\nSELECT count(*) FROM cities WHERE id >= 60;\n";
    const bad = await run(script);
    expect(bad.output).toBe("0\n");
    expect(bad.errors).toContain('ERROR:  invalid input syntax for type integer: "sixty"');
  });

  test("describes a query with \\gdesc", async () => {
    const { errors, output } = await run("SELECT id, name, area FROM cities \\gdesc\n");
    expect([errors, output]).toEqual(["", "id|integer\nname|text\narea|numeric(10,2)\n"]);
  });
});

describe.skipIf(!hasPsql)("psql", () => {
  test("ends with 2 and a FATAL error on a branch that does not exist", async () => {
    const { code, errors } = await psql(["-X", "-c", "SELECT 1"], { PGDATABASE: "main/nowhere" });
    expect(code).toBe(2);
    expect(errors).toContain('FATAL:  branch "nowhere" does not exist');
  });

  test("needs nothing but host and port: no database named means main", async () => {
    const { code, output } = await psql([...QUIET, "-c", "SHOW branch"], {});
    expect([code, output]).toEqual([0, "main\n"]);
  });

  test("walks through the life of a branch", async () => {
    const script = [
      "CREATE BRANCH trial;",
      "USE BRANCH trial;",
      "UPDATE cities SET name = 'Vienna' WHERE id = 2;",
      "SELECT t.name, m.name FROM cities t JOIN main.cities m USING (id) WHERE id = 2;",
      "USE BRANCH main;",
      "MERGE BRANCH trial \\gset",
      "\\echo :status :rows_updated",
      "SELECT name FROM cities WHERE id = 2;",
      "UPDATE cities SET name = 'Wien' WHERE id = 2;",
    ];
    const { code, output, errors } = await psql(QUIET, { PGDATABASE: "main" }, `${script.join("\n")}\n`);
    expect([code, errors, output]).toEqual([0, "", "Vienna|Wien\nmerged 1\nVienna\n"]);
  });

  test("ends a statement at statement_timeout", async () => {
    const endless = "SELECT count(*) FROM range(100000000000) r(i) WHERE i % 7 = 3";
    const script = `SET statement_timeout = 100;\n${endless};\n\\echo :SQLSTATE\nRESET statement_timeout;\nSELECT 1;\n`;
    const { output, errors } = await psql(QUIET, { PGDATABASE: `main/${BRANCH}` }, script);
    expect(errors).toMatch(/^ERROR: {2}canceling statement/);
    expect(output).toBe("57014\n1\n");
  });
});
