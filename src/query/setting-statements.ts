/** SET, SHOW, RESET and DISCARD. */
import { notSupported, SQLSTATE } from "../core/errors.js";
import type { SessionStatement } from "../sql/analysis.js";
import { branchOfPath, forgetPath, leavesPath, rememberPath } from "./branch-paths.js";
import { command, textResult } from "./results.js";
import type { SessionStatementHost } from "./session-statements.js";
import { insideBlock, isInTransaction, refuseLateMode } from "./transaction-statements.js";
import type { StatementResult } from "./types.js";

export async function set(
  host: SessionStatementHost,
  { name, values, local }: Extract<SessionStatement, { verb: "set" }>,
): Promise<StatementResult> {
  if (name.toLowerCase() === "branch") return await setBranch(host, values, local);
  const isPath = name.toLowerCase() === "search_path";
  const branch = isPath && values !== "default" ? branchOfPath(values) : undefined;
  if (branch !== undefined) return await setBranchByPath(host, branch, local);
  const leaves = isPath && leavesPath(host.settings, host.branchName);
  if (leaves && local)
    throw notSupported("SET LOCAL search_path does not leave a branch", "use SET search_path");
  if (local && !host.inBlock) {
    const message = "SET LOCAL can only be used in transaction blocks";
    host.notice("WARNING", SQLSTATE.noActiveSqlTransaction, message);
  }
  refuseLateMode(host, name.toLowerCase(), values === "default" ? undefined : values[0]?.toLowerCase());
  const undo = host.settings.mark();
  host.settings.assign(name, values, local || isOfTransaction(name));
  if (leaves) await leaveBranch(host, undo);
  await applyOr(host, undo);
  return command("SET");
}

/** Once the path is known to be one: a statement that fails leaves the session where it is. */
async function leaveBranch(host: SessionStatementHost, undo: () => void): Promise<void> {
  try {
    await host.useConnectedHead();
  } catch (error) {
    undo();
    throw error;
  }
}

async function setBranch(
  host: SessionStatementHost,
  values: readonly string[] | "default",
  local: boolean,
): Promise<StatementResult> {
  if (local) throw notSupported("SET LOCAL branch is not supported", "use SET branch");
  forgetPath(host.settings);
  if (values === "default") await host.useConnectedHead();
  else await host.useBranch(values.join(", "));
  return command("SET");
}

/** The branch's tables are under their own names there, so the path stays what it is. Errors: 3D000, 42501 */
async function setBranchByPath(
  host: SessionStatementHost,
  branch: string,
  local: boolean,
): Promise<StatementResult> {
  if (local) throw notSupported("SET LOCAL search_path to a branch is not supported", "use SET search_path");
  await host.useBranch(branch);
  rememberPath(host.settings, host.branchName);
  return command("SET");
}

/** A value DuckDB does not take is as if it had never been set. */
async function applyOr(host: SessionStatementHost, undo: () => void): Promise<void> {
  try {
    await host.applySearchPath();
    await host.applyTimeZone();
  } catch (error) {
    undo();
    throw error;
  }
}

function isOfTransaction(name: string): boolean {
  return name.toLowerCase().startsWith("transaction_");
}

export function show(host: SessionStatementHost, name: string): StatementResult {
  switch (name.toLowerCase()) {
    case "branch":
      return textResult(["branch"], [[host.branchName]], "SHOW");
    case "all":
      return textResult(["name", "setting", "description"], host.settings.described(), "SHOW");
    case "tables": {
      const tables = host.visibleRelations().toSorted();
      return textResult(
        ["name"],
        tables.map((table) => [table]),
        "SHOW",
      );
    }
    default:
      return textResult([host.settings.spelling(name)], [[host.settings.shown(name)]], "SHOW");
  }
}

export async function reset(host: SessionStatementHost, name: string): Promise<StatementResult> {
  const folded = name.toLowerCase();
  if (folded === "branch") {
    await host.useConnectedHead();
    return command("RESET");
  }
  if (folded !== "all") {
    await set(host, { verb: "set", name, values: "default", local: false });
    return command("RESET");
  }
  host.settings.resetAll();
  await host.useConnectedHead();
  await applyOr(host, () => undefined);
  return command("RESET");
}

export async function discard(
  host: SessionStatementHost,
  what: Extract<SessionStatement, { verb: "discard" }>["what"],
): Promise<StatementResult> {
  if (what === "all" && isInTransaction(host)) throw insideBlock("DISCARD ALL");
  if (what === "all") {
    await reset(host, "all");
    host.named.deallocate(undefined);
    host.notifications.unlisten(undefined);
    await host.cursors.close(undefined);
  }
  if (what === "all" || what === "temp") await host.discardTemporary();
  if (what === "all" || what === "plans") host.prepared.clear();
  if (what === "all" || what === "sequences") host.sequences.forget();
  return command(`DISCARD ${what.toUpperCase()}`);
}
