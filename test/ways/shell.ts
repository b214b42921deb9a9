/** From the shell, by the command line's JSON. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { App } from "../../src/app.js";
import { expiringText, grantsText, mergeText, namesText, rowsText, type Part, type Way } from "./way.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/duckbranch.cjs", import.meta.url));

type Row = Readonly<Record<string, string>>;

function shown({ status, modified_tables: tables }: Row): string {
  return [status, tables].filter((part) => part !== "").join(" ");
}

function statusOf({ status }: Row): string {
  return String(status);
}

export function fromShell({ address }: Pick<App, "address">): Way {
  let mergeId = "";
  /** What it prints, or `!` and the code: exit codes are 0, 1, or 3 where a merge has conflicts. */
  const duckbranch = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, PGHOST: address.host, PGPORT: String(address.port), PGUSER: "tester" };
    return await new Promise((resolve, reject) => {
      const child = execFile(process.execPath, [MAIN, ...args], { env }, (_error, out, err) => {
        const [, code] = /^(?:duckbranch: |\{"error":\{"sqlstate":")([0-9A-Z]{5})[" ]/.exec(err) ?? [];
        const expected = code === undefined ? [0, 3] : [code === "40002" ? 3 : 1];
        if (expected.includes(child.exitCode ?? -1)) resolve(code === undefined ? out : `!${code}`);
        else reject(new Error(`exit code ${String(child.exitCode)}: ${err}`));
      });
    });
  };
  const list = async (args: readonly string[], text: (rows: readonly Row[]) => string): Promise<string> => {
    const out = await duckbranch("branch", ...args, "--json");
    if (out.startsWith("!")) return out;
    const rows: readonly Row[] = [JSON.parse(out)].flat();
    return text(rows);
  };
  const branch = async (args: readonly string[], text: (row: Row) => string): Promise<string> =>
    await list(args, ([row = {}]) => text(row));
  const merged = ({ status = "", merge_id, tables_merged, rows_affected, conflicts }: Row): string => {
    mergeId = merge_id ?? mergeId;
    return mergeText({ status, merge_id: mergeId, tables_merged, rows_affected, conflicts });
  };
  return {
    query: async (head, sql) => {
      const out = await duckbranch("sql", "--json", "--branch", head, sql);
      if (out.startsWith("!")) return out;
      const lines = out.split("\n").filter((line) => line !== "");
      return rowsText(lines.map((line) => Object.values(Object(JSON.parse(line)))));
    },
    write: async (head, sql) => {
      const out = await duckbranch("sql", "--branch", head, sql);
      return out.startsWith("!") ? out : (/ (\d+)\n$/.exec(out)?.[1] ?? "0");
    },
    create: async (name, options = {}) => {
      const given = Object.entries(options).flatMap(([key, value]) => [`--${key.replace("_", "-")}`, value]);
      return await branch(["create", name, ...given], shown);
    },
    list: async (part) => await list(["list", ...partArgs(part)], (rows) => namesText(rows)),
    show: async (name) => await branch(["show", name], shown),
    diff: async (name, table) =>
      await list(["diff", name, "--table", table], (rows) =>
        rows.map((row) => `${row["table_name"]} ${row["change"]} ${row["key"]}`).join(", "),
      ),
    merge: async (name, strategy) => await branch(["merge", name, "--using", strategy], merged),
    resolve: async (_name, table, strategy) =>
      await branch(["resolve", mergeId, `${table}=${strategy}`], merged),
    sync: async (name) =>
      await branch(["merge", "main", "--into", name], ({ status = "", ...row }) =>
        mergeText({
          status,
          merge_id: null,
          tables_merged: row["tables_merged"],
          rows_affected: row["rows_affected"],
          conflicts: row["conflicts"],
        }),
      ),
    expiring: async (part) => await list(["expiring", ...partArgs(part)], expiringText),
    abandon: async () => await branch(["abandon", mergeId], statusOf),
    undo: async () => await branch(["undo", mergeId, "--yes"], merged),
    extend: async (name, ttl) => await branch(["extend", name, ttl], shown),
    rename: async (name, to) => await branch(["rename", name, to], shown),
    protect: async (name, isProtected) =>
      await branch(isProtected ? ["protect", name] : ["unprotect", name, "--yes"], shown),
    grant: async (name, privilege, who) => await list(["grant", name, privilege, who], grantsText),
    revoke: async (name, privilege, who) => await list(["revoke", name, privilege, who], grantsText),
    discard: async (name) => await branch(["discard", name, "--yes"], statusOf),
    undelete: async (name) => await branch(["undelete", name], shown),
  };
}

function partArgs(part: Part | undefined): string[] {
  return Object.entries(part ?? {}).flatMap(([name, number]) => [`--${name}`, String(number)]);
}
