/**
 * Data whose every state is known without running a merge: main, a branch and their merge as queries over a range of
 * numbers. The branch changes even accounts, removes some odd ones and adds new ones; main changes other odd ones.
 */
import type { PgClient } from "../cli/pg-client.js";

const ACCOUNTS = 20_000;
const ADDED = 5_000;
const ITEMS = 3_000;

export const BRANCH = "Weekend Sale";

/** What a state contains beyond the first data. */
export interface ShopState {
  readonly main: boolean;
  readonly branch: boolean;
}

/** Everything in the two tables, as one line of text each. */
export type Fingerprint = readonly [accounts: string, items: string];

export async function createShop(client: PgClient): Promise<void> {
  await client.rows("CREATE TABLE accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL, note TEXT)");
  await client.rows("CREATE TABLE items (sku TEXT PRIMARY KEY, qty INT NOT NULL CHECK (qty >= 0))");
  const nothing = { main: false, branch: false };
  await client.rows(`INSERT INTO accounts ${accountsOf(nothing)}`);
  await client.rows(`INSERT INTO items ${itemsOf(nothing)}`);
}

export async function changeMain(client: PgClient): Promise<void> {
  await client.rows("UPDATE accounts SET note = 'main' WHERE id % 10 = 3");
}

/** One statement each, in autocommit. */
export const BRANCH_CHANGES = [
  "UPDATE accounts SET balance = 101 WHERE id % 2 = 0",
  "DELETE FROM accounts WHERE id % 10 = 1",
  `INSERT INTO accounts SELECT i, 7, 'new' FROM range(${ACCOUNTS}, ${ACCOUNTS + ADDED}) r(i)`,
  "UPDATE items SET qty = qty + 1",
] as const;

/** What the tables must hold in a state. */
export async function expectedFingerprint(client: PgClient, state: ShopState): Promise<Fingerprint> {
  return await fingerprintOf(client, `(${accountsOf(state)})`, `(${itemsOf(state)})`);
}

/** What the session's tables hold. */
export async function fingerprint(client: PgClient): Promise<Fingerprint> {
  return await fingerprintOf(client, "accounts", "items");
}

async function fingerprintOf(client: PgClient, accounts: string, items: string): Promise<Fingerprint> {
  const read = async (relation: string, columns: string): Promise<string> =>
    String(
      await client.value(
        `SELECT count(*) || ' rows ' || md5(string_agg(concat_ws(':', ${columns}), ',' ORDER BY ${columns})) FROM ${relation} AS t`,
      ),
    );
  return [await read(accounts, "id, balance, note"), await read(items, "sku, qty")];
}

function accountsOf({ main, branch }: ShopState): string {
  return `SELECT i::INT AS id,
      CASE WHEN i >= ${ACCOUNTS} THEN 7 WHEN ${branch} AND i % 2 = 0 THEN 101 ELSE 100 END AS balance,
      CASE WHEN i >= ${ACCOUNTS} THEN 'new' WHEN ${main} AND i % 10 = 3 THEN 'main' ELSE 'first' END AS note
    FROM range(${branch ? ACCOUNTS + ADDED : ACCOUNTS}) r(i)
    WHERE NOT (${branch} AND i < ${ACCOUNTS} AND i % 10 = 1)`;
}

function itemsOf({ branch }: ShopState): string {
  return `SELECT 'sku ' || i AS sku, ${branch ? "i % 50 + 1" : "i % 50"} AS qty FROM range(${ITEMS}) r(i)`;
}
