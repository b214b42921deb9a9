/** What can be done by every way into the server, and what each answers with: the same words, whichever way it was. */

/** Answers are texts: rows as JSON, what a merge came to, or `!` and the SQLSTATE of a failure. */
export interface Way {
  /** Rows of a query, as lists of texts. */
  query(head: string, sql: string): Promise<string>;
  /** Rows that were changed. */
  write(head: string, sql: string): Promise<string>;
  /** The branch's status. */
  create(name: string, options?: Readonly<Record<string, string>>): Promise<string>;
  /** Names of the branches there are, in order; of a part, the newest first, those of it. */
  list(part?: Part): Promise<string>;
  /** Status and changed tables. */
  show(name: string): Promise<string>;
  /** Tables, kinds of change and keys. */
  diff(name: string, table: string): Promise<string>;
  /** See `mergeText`; remembers the merge's id. */
  merge(name: string, strategy: string): Promise<string>;
  /** Of the merge remembered. */
  resolve(name: string, table: string, strategy: string): Promise<string>;
  /** Brought up to date with what it was made from. */
  sync(name: string): Promise<string>;
  abandon(name: string): Promise<string>;
  undo(name: string): Promise<string>;
  extend(name: string, ttl: string): Promise<string>;
  rename(name: string, to: string): Promise<string>;
  protect(name: string, isProtected: boolean): Promise<string>;
  /** Grantees and privileges there are then. */
  grant(name: string, privilege: "read" | "write", who: string): Promise<string>;
  revoke(name: string, privilege: "read" | "write", who: string): Promise<string>;
  /** Of each branch whose time will be over, why, and the rows that would be lost. */
  expiring(part?: Part): Promise<string>;
  discard(name: string): Promise<string>;
  undelete(name: string): Promise<string>;
}

/** Of a list. */
export interface Part {
  readonly limit: number;
  readonly offset: number;
}

/** ` LIMIT 1 OFFSET 2` */
export function partText(part: Part | undefined): string {
  return part === undefined ? "" : ` LIMIT ${part.limit} OFFSET ${part.offset}`;
}

export interface Merged {
  readonly status: string;
  readonly merge_id: string | null;
  readonly tables_merged: unknown;
  readonly rows_affected: unknown;
  readonly conflicts: unknown;
}

/** `merged 1 table 2 rows`, `conflicted t: 1`. */
export function mergeText({ status, tables_merged, rows_affected, conflicts }: Merged): string {
  const found: readonly { readonly table: string; readonly row_count: number }[] =
    typeof conflicts === "string" ? JSON.parse(conflicts) : conflicts;
  const shown = found.map(({ table, row_count: count }) => ` ${table}: ${count}`).join("");
  return `${status} ${String(tables_merged)} table ${String(rows_affected)} rows${shown}`;
}

export function rowsText(rows: readonly (readonly unknown[])[]): string {
  return JSON.stringify(rows.map((row) => row.map((value) => (value === null ? null : asText(value)))));
}

export function grantsText(
  grants: readonly { readonly grantee?: unknown; readonly privilege?: unknown }[],
): string {
  return grants.map(({ grantee, privilege }) => `${String(grantee)} ${String(privilege)}`).join(", ");
}

export interface Expiring {
  readonly name?: unknown;
  readonly reason?: unknown;
  readonly changed_rows?: unknown;
}

/** `b age 2` */
export function expiringText(branches: readonly Expiring[]): string {
  return branches
    .map(({ name, reason, changed_rows: rows }) => `${String(name)} ${String(reason)} ${String(rows)}`)
    .join(", ");
}

/** Numbers and texts are all that the scenarios ask for. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Names of those that are active. */
export function namesText(branches: readonly { readonly name?: string; readonly status?: string }[]): string {
  const names = branches.flatMap(({ name = "", status }) => (status === "active" ? [name] : []));
  return names.toSorted((a, b) => (a < b ? -1 : 1)).join(", ");
}
