/** By the PostgreSQL protocol, with statements. */
import { Client, DatabaseError, escapeIdentifier, escapeLiteral, type QueryResult } from "pg";
import type { App } from "../../src/app.js";
import { expiringText, grantsText, mergeText, namesText, partText, rowsText, type Way } from "./way.js";

const quoted = escapeIdentifier;
/** Values as the server wrote them. */
const types = { getTypeParser: () => (value: string) => value };

type Rows = QueryResult<Record<string, string>>;

function statusOf({ rows: [row] }: Rows): string {
  return row?.["status"] ?? "";
}

export function overWire({ address }: Pick<App, "address">): Way {
  let mergeId = "";
  const run = async (head: string, sql: string): Promise<Rows> => {
    const database = head === "main" ? head : `main/${head}`;
    const client = new Client({ ...address, user: "tester", database, types });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const told = async (head: string, sql: string, text: (rows: Rows) => string): Promise<string> => {
    try {
      return text(await run(head, sql));
    } catch (error) {
      if (error instanceof DatabaseError) return `!${String(error.code)}`;
      throw error;
    }
  };
  const shown = async (name: string): Promise<string> =>
    await told("main", `DESCRIBE BRANCH ${quoted(name)}`, ({ rows: [row] }) =>
      [row?.["status"], row?.["modified_tables"]].filter((part) => part !== "").join(" "),
    );
  const then = async (sql: string, next: () => Promise<string>): Promise<string> => {
    const outcome = await told("main", sql, () => "");
    return outcome === "" ? await next() : outcome;
  };
  const merged = async (sql: string): Promise<string> =>
    await told("main", sql, ({ rows: [row] }) => {
      mergeId = row?.["merge_id"] ?? mergeId;
      const { status = "", tables_merged, rows_affected, conflicts } = row ?? {};
      return mergeText({ status, merge_id: mergeId, tables_merged, rows_affected, conflicts });
    });
  const grants = async (name: string): Promise<string> =>
    await told(
      "main",
      `SELECT grantee, privilege FROM duckbranch.grants WHERE branch = ${escapeLiteral(name)} ORDER BY ALL`,
      ({ rows }) => grantsText(rows.map(({ grantee, privilege }) => ({ grantee, privilege }))),
    );
  return {
    query: async (head, sql) =>
      await told(head, sql, ({ rows }) => rowsText(rows.map((row) => Object.values(row)))),
    write: async (head, sql) => await told(head, sql, ({ rowCount }) => String(rowCount ?? 0)),
    create: async (name, { from, ...options } = {}) => {
      const given = Object.entries(options).map(([key, value]) => `${key} ${escapeLiteral(value)}`);
      const parent = from === undefined ? "" : ` FROM ${quoted(from)}`;
      const sql = `CREATE BRANCH ${quoted(name)}${parent}${given.length === 0 ? "" : ` WITH (${given.join()})`}`;
      return await then(sql, async () => await shown(name));
    },
    list: async (part) => await told("main", `SHOW BRANCHES${partText(part)}`, ({ rows }) => namesText(rows)),
    show: shown,
    diff: async (name, table) =>
      await told("main", `DIFF BRANCH ${quoted(name)} TABLE ${quoted(table)}`, ({ rows }) =>
        rows.map((row) => `${row["table_name"]} ${row["change"]} ${row["key"]}`).join(", "),
      ),
    merge: async (name, strategy) => await merged(`MERGE BRANCH ${quoted(name)} USING ${strategy}`),
    resolve: async (_name, table, strategy) =>
      await merged(`RESOLVE MERGE ${mergeId} WITH (${quoted(table)} '${strategy}')`),
    sync: async (name) =>
      await told("main", `MERGE BRANCH main INTO ${quoted(name)}`, ({ rows: [row] }) =>
        mergeText({
          status: row?.["status"] ?? "",
          merge_id: null,
          tables_merged: row?.["tables_merged"],
          rows_affected: row?.["rows_affected"],
          conflicts: row?.["conflicts"],
        }),
      ),
    expiring: async (part) =>
      await told("main", `SHOW EXPIRING BRANCHES${partText(part)}`, ({ rows }) => expiringText(rows)),
    abandon: async () => await told("main", `SELECT * FROM branch_abandon('${mergeId}')`, statusOf),
    undo: async () => await merged(`UNDO MERGE ${mergeId}`),
    extend: async (name, ttl) =>
      await then(`ALTER BRANCH ${quoted(name)} SET (ttl '${ttl}')`, async () => await shown(name)),
    rename: async (name, to) =>
      await then(`ALTER BRANCH ${quoted(name)} RENAME TO ${quoted(to)}`, async () => await shown(to)),
    protect: async (name, isProtected) =>
      await then(
        `ALTER BRANCH ${quoted(name)} ${isProtected ? "PROTECT" : "UNPROTECT"}`,
        async () => await shown(name),
      ),
    grant: async (name, privilege, who) =>
      await then(
        `GRANT ${privilege} ON BRANCH ${quoted(name)} TO ${quoted(who)}`,
        async () => await grants(name),
      ),
    revoke: async (name, privilege, who) =>
      await then(
        `REVOKE ${privilege} ON BRANCH ${quoted(name)} FROM ${quoted(who)}`,
        async () => await grants(name),
      ),
    discard: async (name) =>
      await told("main", `SELECT * FROM branch_discard(${escapeLiteral(name)})`, statusOf),
    undelete: async (name) => await then(`UNDELETE BRANCH ${quoted(name)}`, async () => await shown(name)),
  };
}
