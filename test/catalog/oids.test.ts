/** OIDs are what clients remember objects by: they outlive a restart, and are a branch's as they are main's. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startTestApp } from "../cli/test-app.js";
import { runScript, USER } from "./fixture.js";
import type { Address } from "../support/wire-client.js";

const SCRIPT = `
create schema app;
create type app.mood as enum ('sad', 'ok');
create table app.a (id serial primary key, m app.mood, unique (m));
create table app.b (id int primary key, a int references app.a (id), check (a > 0));
create index b_a on app.b (a);
create view app.v as select id from app.a;
create function twice(x int) returns int language sql as 'select x * 2';
create branch work`;

const OIDS = `
  SELECT 'class', relname, oid FROM pg_class WHERE oid >= 16384 UNION ALL SELECT 'type', typname, oid FROM pg_type WHERE oid >= 16384
  UNION ALL SELECT 'constraint', conname, oid FROM pg_constraint UNION ALL SELECT 'function', proname, oid FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT 'schema', nspname, oid FROM pg_namespace ORDER BY 1, 2`;

async function oids(address: Address, database: string): Promise<unknown[]> {
  const client = new Client({ ...address, user: USER, database });
  await client.connect();
  const { rows } = await client.query({ text: OIDS, rowMode: "array" });
  await client.end();
  return rows;
}

test("OIDs are the same behind a restart, and on a branch", { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "oids-"));
  const file = join(directory, "data.db");
  try {
    let before: unknown[] = [];
    {
      await using app = await startTestApp(file);
      await runScript(app.address, "main", SCRIPT);
      before = await oids(app.address, "main");
    }
    expect(before.length).toBeGreaterThan(15);
    expect(new Set(before.map(String)).size).toBe(before.length);
    await using app = await startTestApp(file);
    expect(await oids(app.address, "main")).toEqual(before);
    expect(await oids(app.address, "main/work")).toEqual(before);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
