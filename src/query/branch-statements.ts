/** Branch statements and their function forms: reads the arguments, calls the branch service, shapes the answer. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { requireBranch } from "../branch/branch-rules.js";
import { alterBranch, type BranchChange } from "../branch/lifecycle.js";
import { mergeBranch } from "../branch/merge.js";
import { abandonMerge, resolveMerge } from "../branch/merge-resolve.js";
import { previewMerge } from "../branch/merge-preview.js";
import { readMergeId } from "../branch/merge-stored.js";
import { undoMerge } from "../branch/merge-undo.js";
import type { MergeOutcome, MergeRequest } from "../branch/merge-types.js";
import { MAIN, type Branch } from "../branch/model.js";
import { readGranularity, readKeyless, readRetry, readStrategy } from "../branch/strategy.js";
import type { BranchContext } from "../branch/branch-context.js";
import type { Argument, BranchCommand } from "../sql/branch-command.js";
import { answer, rowsAnswer, scalarAnswer, type AnswerRow } from "./branch-answers.js";
import {
  optional,
  readChange,
  readOptions,
  readPage,
  required,
  readResolutions,
  mergeExceptions,
  type ArgumentReader,
} from "./branch-arguments.js";
import { createBranch, showTable } from "./branch-creation.js";
import { dropBranch, undeleteDropped } from "./branch-endings.js";
import { EXPIRING_COLUMNS, LIST_COLUMNS, PREVIEW_COLUMNS } from "./describe.js";
import { parseDuration } from "./duration.js";
import { expiringBranches } from "./expiring-branches.js";
import { branchDetails, branchList, type BranchDetails } from "./branch-reports.js";
import { changeGrants } from "./grant-statements.js";
import { conflictRowsJson, conflictsJson } from "./conflict-json.js";
import type { StatementResult } from "./types.js";

/** What a branch statement needs of its session. */
export interface BranchCommandHost {
  readonly context: BranchContext;
  readonly user: string;
  /** Whom the session says it works for: its branches are that agent's, unless they are given to another. */
  readonly agent: string | null;
  /** Name of the session's head. */
  readonly currentBranch: string;
  readonly signal: AbortSignal;
  /** Whether reports may have values of rows in them. */
  readonly showsRows: boolean;
  readonly isAdministrator: boolean;
  /** Whose tables, sizes and purpose are told. */
  readonly maySee: (branch: Branch) => boolean;
  useBranch(name: string): Promise<void>;
  diff(
    command: Extract<BranchCommand, { verb: "diff" }>,
    name: string,
    against: string | undefined,
  ): Promise<StatementResult>;
}

type MergeCommand = BranchCommand & { readonly verb: "merge" | "explainMerge" };

/** Runs one branch command. Errors are those of the branch service; arguments that make no sense are 22023. */
export async function runBranchCommand(
  host: BranchCommandHost,
  command: BranchCommand,
  read: ArgumentReader,
): Promise<StatementResult> {
  const name = (argument: Argument): string => required(read(argument), "branch name");
  switch (command.verb) {
    case "create":
      return await createBranch(host, command, read);
    case "show":
      return showTable(host, name(command.name), command.table);
    case "use":
      await host.useBranch(name(command.name));
      return answer(command, "USE BRANCH", { branch: host.currentBranch });
    case "current":
      return answer(command, "SELECT 1", { branch: host.currentBranch });
    case "list":
      return rowsAnswer(
        command,
        "SHOW BRANCHES",
        branchList(host.context, host.maySee, readPage(command.page, read)),
        LIST_COLUMNS,
      );
    case "describe": {
      const branch = requireBranch(host.context.registry.state, name(command.name));
      return answer(command, "DESCRIBE BRANCH", detailsRow(await branchDetails(host.context, branch)), true);
    }
    case "diff":
      return await host.diff(command, name(command.name), optional(command.against, read));
    case "merge":
      return await merge(host, command, read);
    case "explainMerge":
      return await explainMerge(host, command, read);
    case "resolve": {
      const resolutions = readResolutions(command, read);
      const mergeId = required(read(command.mergeId), "merge id");
      return mergeAnswer(
        host,
        command,
        await resolveMerge(host.context, mergeId, resolutions, host.user, host.signal),
      );
    }
    case "abandon": {
      const branch = await abandonMerge(
        host.context,
        required(read(command.mergeId), "merge id"),
        host.user,
        host.signal,
      );
      return answer(command, "ABANDON MERGE", { branch: branch.name, status: branch.status });
    }
    case "undo":
      return await undo(host, command, read);
    case "alterSet":
      return await alter(host, command, name(command.name), readChange(command.options, read));
    case "rename":
      return await alter(host, command, name(command.name), { name: name(command.newName) });
    case "protect":
    case "unprotect":
      return await alter(host, command, name(command.name), { protected: command.verb === "protect" });
    case "grant":
    case "revoke":
      return await changeGrants(
        host,
        command,
        name(command.name),
        required(read(command.grantee), "grantee"),
      );
    case "drop":
      return await dropBranch(host, command, name(command.name));
    case "undelete":
      return await undeleteDropped(host, command, read);
    case "expiring": {
      const rows = await expiringBranches(
        host.context,
        host.maySee,
        withinMs(optional(command.within, read)),
        readPage(command.page, read),
      );
      return rowsAnswer(command, "SHOW EXPIRING BRANCHES", rows, EXPIRING_COLUMNS);
    }
    case "keep":
      return await keep(host, command, optional(command.newName, read));
    default:
      return command satisfies never;
  }
}

async function merge(
  host: BranchCommandHost,
  command: MergeCommand,
  read: ArgumentReader,
): Promise<StatementResult> {
  return mergeAnswer(
    host,
    command,
    await mergeBranch(host.context, mergeRequest(host, command, read), host.signal),
  );
}

async function explainMerge(
  host: BranchCommandHost,
  command: MergeCommand,
  read: ArgumentReader,
): Promise<StatementResult> {
  const previews = await previewMerge(host.context, mergeRequest(host, command, read), host.signal);
  const rows = previews.map((preview) => ({
    table_name: preview.table,
    rows_to_insert: preview.inserts,
    rows_to_update: preview.updates,
    rows_to_delete: preview.deletes,
    conflicts: preview.conflicts,
    already_equal: preview.agreed,
    schema_changes: preview.steps.join(", "),
    violations: preview.violations,
    conflict_rows: conflictRowsJson(preview.conflictRows),
    settled_by_policy: preview.settled
      .map(({ column, policy, cells }) => `${column}: ${policy} ${cells}`)
      .join(", "),
    token: preview.token,
  }));
  return rowsAnswer(command, "EXPLAIN", rows, PREVIEW_COLUMNS);
}

function mergeRequest(host: BranchCommandHost, command: MergeCommand, read: ArgumentReader): MergeRequest {
  const accepted =
    command.verb === "merge"
      ? ["granularity", "keyless", "token", "retry", "merge_id"]
      : ["granularity", "keyless"];
  const options = readOptions(command.options, read, accepted);
  return {
    branch: required(read(command.name), "branch name"),
    into: optional(command.into, read),
    strategy:
      command.strategy === undefined ? "abort" : readStrategy(required(read(command.strategy), "strategy")),
    granularity: readGranularity(options.get("granularity") ?? "row"),
    keyless: readKeyless(options.get("keyless") ?? "row_identity"),
    ...mergeExceptions(command.exceptions, read),
    actor: host.user,
    token: options.get("token"),
    mergeId: readMergeId(options.get("merge_id")),
    once: !readRetry(options.get("retry") ?? "on"),
  };
}

async function undo(
  host: BranchCommandHost,
  command: Extract<BranchCommand, { readonly verb: "undo" }>,
  read: ArgumentReader,
): Promise<StatementResult> {
  const { strategy } = command;
  const request = {
    mergeId: required(read(command.mergeId), "merge id"),
    strategy: strategy === undefined ? "abort" : readStrategy(required(read(strategy), "strategy")),
    actor: host.user,
  };
  return mergeAnswer(host, command, await undoMerge(host.context, request, host.signal));
}

/** Shapes the tutorial's result. A merge refused by strategy `abort` is an error: nothing was merged. */
function mergeAnswer(
  { showsRows }: BranchCommandHost,
  command: BranchCommand,
  outcome: MergeOutcome,
): StatementResult {
  const { totals } = outcome;
  const conflicts = showsRows
    ? outcome.conflicts
    : outcome.conflicts.map((table) => ({ ...table, rows: [] }));
  if (outcome.status === "aborted") throw conflictError(outcome);
  const rowsAffected = totals.inserted + totals.updated + totals.deleted;
  const row = {
    status: outcome.status,
    merge_id: outcome.mergeId,
    branch: outcome.source,
    target: outcome.target,
    tables_merged: totals.tables.length,
    tables: totals.tables.join(", "),
    rows_affected: rowsAffected,
    rows_inserted: totals.inserted,
    rows_updated: totals.updated,
    rows_deleted: totals.deleted,
    conflicts_resolved: Object.values(totals.resolved).reduce((sum, count) => sum + count, 0),
    resolved_by: JSON.stringify(totals.resolved),
    has_conflicts: conflicts.length > 0 ? "t" : "f",
    conflicts: conflictsJson(conflicts),
  };
  if (command.shape === "scalar") {
    const { conflicts: report, ...rest } = {
      ...row,
      tables: totals.tables,
      resolved_by: totals.resolved,
      has_conflicts: conflicts.length > 0,
    };
    return scalarAnswer(command, `${JSON.stringify(rest).slice(0, -1)},"conflicts":${report}}`);
  }
  // libpq reads a number behind MERGE.
  return answer(command, `MERGE ${rowsAffected}`, row, true);
}

function conflictError(outcome: MergeOutcome): SqlError {
  // Where rows are only counted nobody can tell which is the changed form of which.
  const areBags = outcome.conflicts.every(({ rows }) => rows.every(({ kind }) => kind === "row count"));
  const tables = outcome.conflicts.map((conflict) => `table "${conflict.table}": ${conflict.row_count} rows`);
  return new SqlError(
    SQLSTATE.transactionIntegrityConstraintViolation,
    `branch "${outcome.source}" conflicts with "${outcome.target}": nothing was merged`,
    {
      detail: `${tables.join(", ")}; see duckbranch.conflicts, merge_id ${outcome.mergeId ?? ""}`,
      hint: areBags
        ? "choose USING branch_wins or main_wins WITH (keyless 'strict')"
        : "choose USING branch_wins, main_wins or manual",
    },
  );
}

async function alter(
  host: BranchCommandHost,
  command: BranchCommand,
  name: string,
  change: BranchChange,
  tag = "ALTER BRANCH",
): Promise<StatementResult> {
  const branch = await alterBranch(
    host.context,
    name,
    change,
    { name: host.user, isAdministrator: host.isAdministrator },
    host.signal,
  );
  return answer(command, tag, { branch_id: branch.id, name: branch.name, status: branch.status });
}

/** All that will ever expire, unless a time is given. */
function withinMs(text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : parseDuration(text);
}

/** The branch that the session was given stays when it ends. Errors: 55000 */
async function keep(
  host: BranchCommandHost,
  command: BranchCommand,
  newName: string | undefined,
): Promise<StatementResult> {
  const branch = host.context.registry.state.findBranch(host.currentBranch);
  if (branch?.terms.ofSession !== true)
    throw new SqlError(
      SQLSTATE.objectNotInPrerequisiteState,
      `"${host.currentBranch}" is no branch that ends with a session`,
    );
  const renamed = newName === undefined ? {} : { name: newName };
  return await alter(host, command, branch.id, { ...renamed, terms: { ofSession: false } }, "KEEP BRANCH");
}

function detailsRow(details: BranchDetails): AnswerRow {
  return { ...details, modified_tables: details.modified_tables.join(", ") };
}

/** The head a name stands for in AGAINST. */
export function headNamed(context: BranchContext, name: string): typeof MAIN {
  return name === MAIN ? MAIN : requireBranch(context.registry.state, name).id;
}
