/** psql 15's own commands against this server, and, where the objects are the same, against PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { hasProgram } from "../clients/toolchain.js";
import { hasPostgres, startPostgres } from "../support/postgres.js";
import { FIXTURE, psql, runScript, startWithFixture } from "./fixture.js";

/** Commands whose output is PostgreSQL's, byte for byte, for the fixture's objects. */
const EQUAL_COMMANDS = [
  "\\dt app.*",
  "\\dv",
  "\\dv app.*",
  "\\ds app.*",
  "\\di app.*",
  "\\dT app.*",
  "\\dT+ app.*",
  "\\d",
  "\\d t1",
  "\\d+ t1",
  "\\d+ v1",
  "\\d+ app.customers",
  "\\d+ app.orders",
  "\\sv app.v_orders",
  "\\d v1",
  "\\d app.seq1",
  "\\d app.orders_ordered_idx",
  "\\d app.customers_pkey",
  "\\df",
  "\\dn+",
  "\\dt+ app.*",
  "\\di+ app.*",
  "\\dD",
  "\\dm",
  "\\db",
  "\\dp app.*",
  "\\dd",
  "\\conninfo",
  "\\do =",
  "\\do+ ->",
  "\\dC int4",
  "\\da sum",
  "\\df lower",
  "\\df generate_series",
  "\\dT *time*",
];

/** What psql asks when Tab is pressed behind SELECT * FROM cu; two shapes of it. */
const COMPLETIONS = [
  `SELECT pg_catalog.quote_ident(c.relname), NULL::pg_catalog.text FROM pg_catalog.pg_class c
   WHERE c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 't%' AND pg_catalog.pg_table_is_visible(c.oid)
   AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
   UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE 't%' LIMIT 1000`,
  `SELECT pg_catalog.quote_ident(attname) FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c WHERE c.oid = a.attrelid
   AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = 'customers' ORDER BY 1`,
];

const ON_BRANCH = `create table public.mine("Id" int primary key, "two words" text not null default 'x', check ("Id" > 0));
  create view public.seen as select "Id" from public.mine;
  drop table public.gone;
  alter table public.t1 add column extra int`;

let app: TestApp;
beforeAll(async () => {
  app = await startWithFixture();
  await runScript(
    app.address,
    "main",
    `create table public.gone(id int);
     create table public.kept(id int primary key, v text not null default 'x', check (id > 0));
     insert into public.kept values (1, 'a');
     create branch work;
     insert into public.kept values (2, 'b');
     create table public.later(id int)`,
  );
  await runScript(app.address, "main/work", ON_BRANCH);
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function output(database: string, ...commands: readonly string[]): Promise<string> {
  const { output: text, errors } = await psql(app.address, database, ...commands);
  expect(errors).toBe("");
  return text;
}

/** Names in the second column of a listing. */
function listed(text: string): string[] {
  const rows = text.split("\n").slice(3);
  return rows.flatMap((row) => (row.includes("|") ? [(row.split("|")[1] ?? "").trim()] : []));
}

describe.skipIf(!hasProgram("psql"))("psql", () => {
  test("lists main's relations, and those of a branch as it left them", async () => {
    expect(listed(await output("main", "\\d"))).toEqual(["gone", "kept", "later", "t1", "v1"]);
    expect(listed(await output("main/work", "\\d"))).toEqual(["kept", "mine", "seen", "t1", "v1"]);
  });

  test("describes a table made on a branch with its keys, checks and defaults", async () => {
    expect(await output("main/work", "\\d mine")).toBe(
      [
        '                  Table "public.mine"',
        "  Column   |  Type   | Collation | Nullable |  Default  ",
        "-----------+---------+-----------+----------+-----------",
        " Id        | integer |           | not null | ",
        " two words | text    |           | not null | 'x'::text",
        "Indexes:",
        '    "mine_pkey" PRIMARY KEY, btree ("Id")',
        "Check constraints:",
        '    "mine_Id_check" CHECK ("Id" > 0)',
        "",
        "",
      ].join("\n"),
    );
  });

  test("describes a table whose state was preserved for the branch as it was", async () => {
    const onMain = await output("main", "\\d kept");
    expect(onMain).toContain('"kept_pkey" PRIMARY KEY, btree (id)');
    expect(onMain).toContain('"kept_id_check" CHECK (id > 0)');
    expect(await output("main/work", "\\d kept")).toBe(onMain);
  });

  test("shows a branch's changes to a table on the branch only", async () => {
    expect(await output("main/work", "\\d t1")).toContain(" extra  | integer ");
    expect(await output("main", "\\d t1")).not.toContain("extra");
  });

  test("describes a branch's view by what it reads there", async () => {
    const text = await output("main/work", "\\d+ seen");
    expect(text).toContain(" Id     | integer |");
    expect(text).toContain(' SELECT mine."Id"\n   FROM mine;');
  });

  test("does not find what belongs to another head", async () => {
    const { errors } = await psql(app.address, "main/work", "\\d later");
    expect(errors).toContain('Did not find any relation named "later".');
    expect((await psql(app.address, "main", "\\d mine")).errors).toContain('named "mine"');
  });

  test.each(["main", "main/work"])("shows no schema of this server on %s", async (database) => {
    const text = await output(database, "\\dn", "\\dt *.*", "\\dv *.*", "\\di *.*", "\\df");
    expect(text).not.toMatch(/duckbranch|branch_[0-9a-f]{12}/);
    expect(listed(await output(database, "\\dt app.*"))).toEqual(["customers", "orders"]);
  });

  test("lists main and its live branches as databases", async () => {
    const names = (await output("main", "\\l")).split("\n").map((row) => row.split("|")[0]?.trim());
    expect(names).toContain("main");
    expect(names).toContain("main/work");
    expect(names).not.toContain("duckbranch_db");
  });

  test("shows keys, references and comments", async () => {
    const customers = await output("main", "\\d+ app.customers");
    expect(customers).toContain('"customers_pkey" PRIMARY KEY, btree (id)');
    expect(customers).toContain('"customers_email_key" UNIQUE CONSTRAINT, btree (email)');
    expect(customers).toContain(
      'TABLE "app.orders" CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY (customer_id) REFERENCES app.customers(id)',
    );
    expect(customers).toMatch(/ name .* nm\n/);
    expect(await output("main", "\\dt+ app.customers")).toContain("| cust");
  });

  test("describes the catalogue's own relations", async () => {
    expect(await output("main", "\\d pg_am")).toContain(" amname    | name    |");
  });
});

describe.skipIf(!hasProgram("psql") || !hasPostgres)("psql's output", () => {
  test("is PostgreSQL 15's for the same objects", { timeout: 120_000 }, async () => {
    await using oracle = await startPostgres();
    await using ours = await startWithFixture();
    await runScript(oracle.address, "postgres", FIXTURE);
    for (const command of EQUAL_COMMANDS) {
      const expected = await psql(oracle.address, "postgres", command);
      const actual = await psql(ours.address, "postgres", command);
      const port = new RegExp(`port "(${oracle.address.port}|${ours.address.port})"`, "g");
      expect(actual.output.replaceAll(port, "port"), command).toBe(expected.output.replaceAll(port, "port"));
    }
    for (const query of COMPLETIONS) {
      const expected = await psql(oracle.address, "postgres", query);
      const actual = await psql(ours.address, "postgres", query);
      expect(actual.errors).toBe("");
      expect(actual.output).toBe(expected.output);
    }
  });
});
