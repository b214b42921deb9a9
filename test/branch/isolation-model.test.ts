/**
 * Random histories of main and branches of branches against a model of plain maps: after every step every head must hold
 * exactly what the model says, whatever main did since the branch was made.
 */
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

const STEPS = Number(process.env["DUCKBRANCH_MODEL_STEPS"] ?? 30);
const RUNS = Number(process.env["DUCKBRANCH_MODEL_RUNS"] ?? 25);
const TABLES = ["keyed", "plain"] as const;
type TableName = (typeof TABLES)[number];

/** A head's tables as sorted row texts; a table that does not exist is undefined. */
type HeadModel = Map<TableName, Map<number, number> | undefined>;

const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      head: fc.nat(),
      table: fc.constantFrom(...TABLES),
      id: fc.nat(4),
      value: fc.nat(9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      head: fc.nat(),
      table: fc.constantFrom(...TABLES),
      id: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fork" as const), head: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("truncate" as const),
      head: fc.nat(),
      table: fc.constantFrom(...TABLES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("recreate" as const),
      head: fc.nat(),
      table: fc.constantFrom(...TABLES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rollback" as const),
      head: fc.nat(),
      table: fc.constantFrom(...TABLES),
      id: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("discard" as const), head: fc.nat() }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Head {
  readonly name: string;
  readonly session: TestSession;
  readonly model: HeadModel;
  readonly parent: Head | undefined;
}

const definition = (table: TableName): string =>
  table === "keyed"
    ? "CREATE TABLE keyed (id INTEGER PRIMARY KEY, v INTEGER)"
    : "CREATE TABLE plain (id INTEGER, v INTEGER)";

async function write(head: Head, table: TableName, id: number, value: number): Promise<void> {
  const rows = head.model.get(table);
  if (rows === undefined) {
    expect(await head.session.outcome(`INSERT INTO ${table} VALUES (1, 1)`)).toBe("42P01");
    return;
  }
  if (rows.has(id)) await head.session.query(`UPDATE ${table} SET v = ${value} WHERE id = ${id}`);
  else await head.session.query(`INSERT INTO ${table} VALUES (${id}, ${value})`);
  rows.set(id, value);
}

async function recreate(head: Head, table: TableName): Promise<void> {
  if (head.model.get(table) === undefined) {
    await head.session.query(definition(table));
    head.model.set(table, new Map());
  } else {
    await head.session.query(`DROP TABLE ${table}`);
    head.model.set(table, undefined);
  }
}

async function fork(world: World, heads: Head[], parent: Head): Promise<void> {
  if (heads.length >= 6) return;
  const name = `b${heads.length}-${Math.random().toString(36).slice(2, 8)}`;
  await parent.session.query(`CREATE BRANCH "${name}"`);
  const model: HeadModel = new Map(
    [...parent.model].map(([table, rows]) => [table, rows === undefined ? undefined : new Map(rows)]),
  );
  heads.push({ name, session: await world.connect(`main/${name}`), model, parent });
}

async function apply(world: World, heads: Head[], step: Step): Promise<void> {
  const head = heads[step.head % heads.length];
  if (head === undefined) return;
  switch (step.kind) {
    case "write":
      return await write(head, step.table, step.id, step.value);
    case "delete": {
      if (head.model.get(step.table) === undefined) return;
      await head.session.query(`DELETE FROM ${step.table} WHERE id = ${step.id}`);
      head.model.get(step.table)?.delete(step.id);
      return;
    }
    case "truncate":
      if (head.model.get(step.table) === undefined) return;
      await head.session.query(`TRUNCATE ${step.table}`);
      head.model.set(step.table, new Map());
      return;
    case "rollback":
      if (head.model.get(step.table) === undefined) return;
      await head.session.query(`BEGIN; DELETE FROM ${step.table}; ROLLBACK`);
      return;
    case "recreate":
      return await recreate(head, step.table);
    case "fork":
      return await fork(world, heads, head);
    case "discard": {
      if (head.parent === undefined || heads.some((other) => other.parent === head)) return;
      await head.session[Symbol.asyncDispose]();
      await heads[0]?.session.query(`DROP BRANCH "${head.name}"`);
      heads.splice(heads.indexOf(head), 1);
      return;
    }
    default:
      step satisfies never;
  }
}

/** What a head really holds; undefined for a table it does not have. */
async function actual(head: Head, table: TableName): Promise<unknown[][] | undefined> {
  const query = `SELECT id, v FROM ${table} ORDER BY id`;
  return (await head.session.outcome(query)) === "42P01" ? undefined : await head.session.query(query);
}

async function mismatches(heads: readonly Head[]): Promise<string[]> {
  const found: string[] = [];
  for (const head of heads) {
    for (const table of TABLES) {
      const rows = head.model.get(table);
      const expected = rows === undefined ? undefined : [...rows].toSorted(([a], [b]) => a - b);
      const got = await actual(head, table);
      if (!isDeepStrictEqual(got, expected)) {
        found.push(`${table} on ${head.name}: ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`);
      }
    }
  }
  return found;
}

test("every head holds what the model says after every step", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: STEPS }), async (steps) => {
      await using world = await World.open();
      const main: Head = {
        name: "main",
        session: await world.connect(),
        model: new Map(),
        parent: undefined,
      };
      const heads = [main];
      for (const table of TABLES) {
        await main.session.query(definition(table));
        main.model.set(table, new Map());
      }
      try {
        for (const next of steps) {
          await apply(world, heads, next);
          expect(await mismatches(heads)).toEqual([]);
        }
      } finally {
        for (const head of heads) await head.session[Symbol.asyncDispose]();
      }
    }),
    { numRuns: RUNS, verbose: fc.VerbosityLevel.Verbose },
  );
}, 300_000);
