/**
 * Where large objects are kept: pages of bytes in a table of the user's own, made when the first object is. They belong to
 * the session's head like any rows: branches, merges, transactions, budgets and permissions need to know nothing of them.
 * See docs/decisions/0052.
 *
 * Shape   a row per page; page -1 is there as long as the object is. A page that is missing, or a byte behind a page's
 *         end, is zero; the last page ends with the object.
 */
import { randomInt } from "node:crypto";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { OID } from "../pgtypes/oids.js";
import { blobBytes } from "../engine/vector-values.js";
import type { BoundParameter } from "./types.js";

const TABLE = "large_objects.pages";
const HEAD_PAGE = -1;
const PAGE_BYTES = 32_768;
/** Pages that one statement writes or reads. */
const PAGES_AT_ONCE = 32;
const MAX_READ_BYTES = 67_108_864;
/** PostgreSQL's, for pages of another size. */
export const MAX_OBJECT_BYTES = 2048 * 2_147_483_647;
/** Numbers below are PostgreSQL's own; they are drawn, so that branches do not draw the same. */
const FIRST_OID = 16_384;
const LAST_OID = 2_147_483_647;

type Value = number | Uint8Array;

/** Runs SQL of the server's own in the session's transaction, with the session's rights. */
export interface PageQueries {
  rows(text: string, values: readonly Value[]): Promise<readonly (readonly unknown[])[]>;
  /** The table is there on the session's head. */
  hasTable(name: readonly string[]): Promise<boolean>;
}

export class LargeObjectPages {
  readonly #queries: PageQueries;

  constructor(queries: PageQueries) {
    this.#queries = queries;
  }

  async exists(object: number): Promise<boolean> {
    if (!(await this.#queries.hasTable(TABLE.split(".")))) return false;
    const rows = await this.#queries.rows(`SELECT 1 FROM ${TABLE} WHERE object = $1 AND page = $2`, [
      object,
      HEAD_PAGE,
    ]);
    return rows.length > 0;
  }

  /** The number of the new object, which nothing has been said of: there must be none of it. */
  async create(object: number): Promise<void> {
    await this.#needTable();
    // Pages without a head are what a merge left of an object that one side removed.
    await this.#queries.rows(`DELETE FROM ${TABLE} WHERE object = $1`, [object]);
    await this.#write([[object, HEAD_PAGE, new Uint8Array()]]);
  }

  async freeNumber(): Promise<number> {
    for (;;) {
      const object = randomInt(FIRST_OID, LAST_OID);
      if (!(await this.exists(object))) return object;
    }
  }

  async remove(object: number): Promise<void> {
    await this.#queries.rows(`DELETE FROM ${TABLE} WHERE object = $1`, [object]);
  }

  async size(object: number): Promise<number> {
    const [row] = await this.#queries.rows(
      `SELECT page, octet_length(data) FROM ${TABLE} WHERE object = $1 AND page >= 0 ORDER BY page DESC LIMIT 1`,
      [object],
    );
    return row === undefined ? 0 : Number(row[0]) * PAGE_BYTES + Number(row[1]);
  }

  /** At most `length` bytes from `position` on: fewer at the object's end. */
  async read(object: number, position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, await this.size(object));
    if (end <= position) return Buffer.alloc(0);
    refuseLarge(end - position);
    const bytes = Buffer.alloc(end - position);
    const last = pageOf(end - 1);
    for (let first = pageOf(position); first <= last; first += PAGES_AT_ONCE) {
      for (const [page, data] of await this.#pages(object, first, Math.min(last, first + PAGES_AT_ONCE - 1)))
        copyPage(bytes, page * PAGE_BYTES - position, data);
    }
    return bytes;
  }

  async write(object: number, position: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const last = pageOf(position + bytes.length - 1);
    for (let first = pageOf(position); first <= last; first += PAGES_AT_ONCE) {
      const until = Math.min(last, first + PAGES_AT_ONCE - 1);
      const kept = await this.#pages(object, first, until);
      const rows: (readonly Value[])[] = [];
      for (let page = first; page <= until; page++)
        rows.push([object, page, changedPage(kept.get(page), bytes, position - page * PAGE_BYTES)]);
      await this.#write(rows);
    }
  }

  /** Cuts the object off, or makes it as long as that with zeroes. */
  async truncate(object: number, length: number): Promise<void> {
    const last = length === 0 ? HEAD_PAGE : pageOf(length - 1);
    await this.#queries.rows(`DELETE FROM ${TABLE} WHERE object = $1 AND page > $2`, [object, last]);
    if (length === 0) return;
    const kept = (await this.#pages(object, last, last)).get(last);
    const bytes = Buffer.alloc(length - last * PAGE_BYTES);
    if (kept !== undefined) bytes.set(kept.subarray(0, bytes.length));
    await this.#write([[object, last, bytes]]);
  }

  async #pages(object: number, first: number, last: number): Promise<ReadonlyMap<number, Uint8Array>> {
    const rows = await this.#queries.rows(
      `SELECT page, data FROM ${TABLE} WHERE object = $1 AND page BETWEEN $2 AND $3`,
      [object, first, last],
    );
    return new Map(rows.map(([page, data]) => [Number(page), blobBytes(data)]));
  }

  async #write(rows: readonly (readonly Value[])[]): Promise<void> {
    const places = rows.map((_, at) => `($${at * 3 + 1}, $${at * 3 + 2}, $${at * 3 + 3})`);
    await this.#queries.rows(
      `INSERT INTO ${TABLE} VALUES ${places.join(", ")} ON CONFLICT (object, page) DO UPDATE SET data = excluded.data`,
      rows.flat(),
    );
  }

  async #needTable(): Promise<void> {
    if (await this.#queries.hasTable(TABLE.split("."))) return;
    await this.#queries.rows(`CREATE SCHEMA IF NOT EXISTS ${TABLE.split(".")[0]}`, []);
    await this.#queries.rows(
      `CREATE TABLE ${TABLE} (object bigint, page integer, data bytea NOT NULL, PRIMARY KEY (object, page))`,
      [],
    );
  }
}

/** What one statement reads is in memory as a whole, and copied on its way to the client. Errors: 54000 */
export function refuseLarge(bytes: number): void {
  if (bytes <= MAX_READ_BYTES) return;
  throw new SqlError(SQLSTATE.programLimitExceeded, "large object read request is too large", {
    detail: `One statement reads ${MAX_READ_BYTES} bytes at most.`,
    hint: "read it in parts",
  });
}

/** A value of the server's own as a client's parameter. */
export function parameterOf(value: Value): { readonly parameter: BoundParameter; readonly oid: number } {
  if (typeof value !== "number") return { parameter: { format: "binary", bytes: value }, oid: OID.bytea };
  return { parameter: { format: "text", bytes: Buffer.from(String(value)) }, oid: OID.int8 };
}

function pageOf(position: number): number {
  return Math.floor(position / PAGE_BYTES);
}

function copyPage(target: Buffer, at: number, page: Uint8Array): void {
  const skipped = Math.max(0, -at);
  const taken = page.subarray(skipped, skipped + target.length - Math.max(0, at));
  target.set(taken, Math.max(0, at));
}

/** A page with `bytes` laid over it from `at` on, which may lie before the page. */
function changedPage(page: Uint8Array | undefined, bytes: Uint8Array, at: number): Uint8Array {
  const from = Math.max(0, -at);
  const start = Math.max(0, at);
  const laid = bytes.subarray(from, from + PAGE_BYTES - start);
  const changed = Buffer.alloc(Math.max(page?.length ?? 0, start + laid.length));
  if (page !== undefined) changed.set(page);
  changed.set(laid, start);
  return changed;
}
