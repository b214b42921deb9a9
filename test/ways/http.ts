/** Over HTTP, by the client library. */
import {
  DuckbranchClient,
  DuckbranchError,
  type BranchDetails,
  type MergeResult,
  type Strategy,
} from "../../src/client/index.js";
import { expiringText, grantsText, mergeText, namesText, rowsText, type Way } from "./way.js";

const HOUR = / hours$/;

async function told<Result>(call: Promise<Result>, text: (result: Result) => string): Promise<string> {
  try {
    return text(await call);
  } catch (error) {
    if (error instanceof DuckbranchError && error.sqlstate !== undefined) return `!${error.sqlstate}`;
    throw error;
  }
}

function shown({ status, modified_tables: tables }: BranchDetails): string {
  return [status, ...tables].join(" ");
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export function overHttp(url: string): Way {
  const client = new DuckbranchClient({ url });
  const { branches } = client;
  let mergeId = "";
  const merged = (result: MergeResult): string => {
    mergeId = result.merge_id ?? mergeId;
    return mergeText(result);
  };
  return {
    query: async (head, sql) =>
      await told(head === "main" ? client.query(sql) : branches.query(head, sql), (rows) =>
        rowsText(rows.map((row) => Object.values(row))),
      ),
    write: async (head, sql) =>
      await told(head === "main" ? client.write(sql) : branches.write(head, sql), ({ rows_affected: rows }) =>
        String(rows),
      ),
    create: async (name, { from, ttl, agent, max_rows: rows } = {}) => {
      // The API takes numbers: what is no time is no request of its own.
      if (ttl !== undefined && !HOUR.test(ttl)) return "!22023";
      const request = {
        name,
        ...(from === undefined ? {} : { parent: from }),
        ...(agent === undefined ? {} : { agent_id: agent }),
        ...(ttl === undefined ? {} : { ttl_hours: Number(ttl.replace(HOUR, "")) }),
        ...(rows === undefined ? {} : { max_rows: Number(rows) }),
      };
      return await told(branches.create(request), shown);
    },
    list: async (part) => await told(branches.list(undefined, part), (found) => namesText(found)),
    show: async (name) => await told(branches.get(name), shown),
    diff: async (name, table) =>
      await told(allOf(branches.diff(name, { table })), (changes) =>
        changes.map((one) => `${one.table_name} ${one.change} ${String(one.key)}`).join(", "),
      ),
    merge: async (name, strategy) =>
      await told(branches.merge(name, { strategy: asStrategy(strategy) }), merged),
    resolve: async (name, table, strategy) =>
      await told(branches.resolve(name, mergeId, { [table]: asStrategy(strategy) }), merged),
    abandon: async (name) => await told(branches.abandon(name, mergeId), ({ status }) => status),
    sync: async (name) => await told(branches.sync(name), mergeText),
    undo: async (name) => await told(branches.undo(name, { merge_id: mergeId }), merged),
    extend: async (name, ttl) =>
      await told(branches.extend(name, { ttl_hours: Number(ttl.replace(HOUR, "")) }), shown),
    rename: async (name, to) => await told(branches.rename(name, to), shown),
    protect: async (name, isProtected) =>
      await told(isProtected ? branches.protect(name) : branches.unprotect(name), shown),
    grant: async (name, privilege, who) =>
      await told(branches.grant(name, privilege, who), ({ grants }) => grantsText(grants)),
    revoke: async (name, privilege, who) =>
      await told(branches.revoke(name, privilege, who), ({ grants }) => grantsText(grants)),
    expiring: async (part) => await told(branches.expiring(undefined, part), expiringText),
    discard: async (name) => await told(branches.discard(name), ({ status }) => status),
    undelete: async (name) => await told(branches.undelete(name), shown),
  };
}

/** Programs without types send what they like. */
function asStrategy(text: string): Strategy {
  const strategy: Strategy = JSON.parse(JSON.stringify(text));
  return strategy;
}
