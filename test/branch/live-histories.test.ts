/**
 * Random histories of live and snapshot branches of each other, beside a model of plain maps: a snapshot is a copy of all it
 * sees, a live branch looks through to its parent until it copies the one table it writes.
 */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const SEED = Number(process.env["LIVE_SEED"] ?? 20_261_122);
const STEPS = Number(process.env["LIVE_STEPS"] ?? 160);
const TABLES = ["t", "u", "keyless"];
const IDS = 12;

type Rows = ReadonlyMap<number, number>;

interface Head {
  readonly name: string;
  readonly parent: Head | undefined;
  readonly tables: Map<string, Rows>;
  readonly session: TestSession;
}

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function seen(head: Head, table: string): Rows {
  return head.tables.get(table) ?? (head.parent === undefined ? new Map() : seen(head.parent, table));
}

async function stored(head: Head, table: string): Promise<Rows> {
  const rows = await head.session.query(`SELECT id, v FROM ${table} ORDER BY id`);
  return new Map(rows.map(([id, v]) => [Number(id), Number(v)]));
}

interface Change {
  readonly sql: string;
  readonly rows: Rows;
  /** What finds no row leaves the branch without a table of its own. */
  readonly found: boolean;
}

/** A statement on a table with these rows, and the rows after it. */
function changeOf(random: (below: number) => number, table: string, before: Rows): Change {
  const [id, v] = [random(IDS), random(1000)];
  const rows = new Map(before);
  const inClass = [...before].filter(([key]) => key % 3 === id % 3);
  switch (random(table === "keyless" ? 4 : 5)) {
    case 0: {
      rows.set(id, v);
      const sql = before.has(id)
        ? `UPDATE ${table} SET v = ${v} WHERE id = ${id}`
        : `INSERT INTO ${table} VALUES (${id}, ${v})`;
      return { sql, rows, found: true };
    }
    case 1:
      return { sql: `DELETE FROM ${table} WHERE id = ${id}`, found: rows.delete(id), rows };
    case 2:
      for (const [key, value] of inClass) rows.set(key, value + 1);
      return {
        sql: `UPDATE ${table} SET v = v + 1 WHERE id % 3 = ${id % 3}`,
        rows,
        found: inClass.length > 0,
      };
    case 3:
      for (const key of before.keys()) rows.set(key, v);
      return { sql: `UPDATE ${table} SET v = ${v}`, rows, found: before.size > 0 };
    default:
      rows.set(id, v);
      return {
        sql: `INSERT INTO ${table} VALUES (${id}, ${v}) ON CONFLICT (id) DO UPDATE SET v = excluded.v`,
        rows,
        found: true,
      };
  }
}

class History {
  readonly #opened: OpenWorld;
  readonly #random: (below: number) => number;
  readonly #heads: Head[];
  #made = 0;

  constructor(opened: OpenWorld, main: Head, random: (below: number) => number) {
    this.#opened = opened;
    this.#heads = [main];
    this.#random = random;
  }

  #any(): Head {
    const head = this.#heads[this.#random(this.#heads.length)];
    if (head === undefined) throw new RangeError("no head");
    return head;
  }

  async step(): Promise<string> {
    const kind = this.#random(10);
    if (kind === 0 && this.#heads.length < 9) return await this.#branch();
    if (kind === 1) return await this.#drop();
    return await this.#write();
  }

  async #branch(): Promise<string> {
    const parent = this.#any();
    const isolation = this.#random(3) === 0 ? "snapshot" : "live";
    const name = `b${++this.#made}`;
    await parent.session.query(`CREATE BRANCH ${name} WITH (isolation '${isolation}')`);
    const tables = new Map(isolation === "live" ? [] : TABLES.map((table) => [table, seen(parent, table)]));
    this.#heads.push({ name, parent, tables, session: await this.#opened.session(`main/${name}`) });
    return `${isolation} ${name} from ${parent.name}`;
  }

  async #drop(): Promise<string> {
    const head = this.#any();
    const [main] = this.#heads;
    if (head.parent === undefined || this.#heads.some(({ parent }) => parent === head)) return "nothing";
    await main?.session.query(`DROP BRANCH ${head.name}`);
    this.#heads.splice(this.#heads.indexOf(head), 1);
    return `drop ${head.name}`;
  }

  /** One to three statements, now and then taken back. */
  async #write(): Promise<string> {
    const head = this.#any();
    const inBlock = this.#random(3) === 0;
    const after = new Map<string, Rows>();
    const statements: string[] = inBlock ? ["BEGIN"] : [];
    for (let left = inBlock ? 1 + this.#random(3) : 1; left > 0; left--) {
      const table = TABLES[this.#random(TABLES.length)] ?? "t";
      const { sql, rows, found } = changeOf(this.#random, table, after.get(table) ?? seen(head, table));
      statements.push(sql);
      if (found) after.set(table, rows);
    }
    const isKept = !inBlock || this.#random(4) > 0;
    if (inBlock) statements.push(isKept ? "COMMIT" : "ROLLBACK");
    for (const sql of statements) await head.session.query(sql);
    if (isKept) for (const [table, rows] of after) head.tables.set(table, rows);
    return `${head.name}: ${statements.join("; ")}`;
  }

  /** The first table of a head that is not as the model has it. */
  async difference(): Promise<{ readonly where: string; readonly actual: Rows; readonly expected: Rows }> {
    for (const head of this.#heads) {
      for (const table of TABLES) {
        const [actual, expected] = [await stored(head, table), seen(head, table)];
        if (!isSame(actual, expected)) return { where: `${table} on ${head.name}`, actual, expected };
      }
    }
    return { where: "none", actual: new Map(), expected: new Map() };
  }
}

function isSame(one: Rows, other: Rows): boolean {
  return one.size === other.size && [...one].every(([id, v]) => other.get(id) === v);
}

test(`live and snapshot branches of each other, seed ${SEED}`, { timeout: 240_000 }, async () => {
  await using opened = await OpenWorld.open();
  const session = await opened.session();
  const tables = new Map<string, Rows>();
  for (const table of TABLES) {
    await session.query(
      `CREATE TABLE ${table} (id int ${table === "keyless" ? "" : "PRIMARY KEY"}, v int);
       INSERT INTO ${table} SELECT i, i * 10 FROM range(6) r(i)`,
    );
    tables.set(table, new Map(Array.from({ length: 6 }, (_, i) => [i, i * 10])));
  }
  const history = new History(opened, { name: "main", parent: undefined, tables, session }, randomOf(SEED));
  const story: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    story.push(await history.step());
    if (step % 4 < 3) continue;
    const { where, actual, expected } = await history.difference();
    expect(actual, `${where} after\n${story.join("\n")}`).toEqual(expected);
  }
});
