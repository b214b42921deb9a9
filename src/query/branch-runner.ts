/** Runs branch commands for a session: arguments from bound parameters, the transaction rules, DIFF's stream. */
import { maySee } from "../branch/grants.js";
import type { Branch } from "../branch/model.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { hasScope } from "../core/scopes.js";
import { diffQuery } from "../branch/diff.js";
import { requireBranch, requireReadable } from "../branch/branch-rules.js";
import { decodeParameter, inferParameterOid } from "../pgtypes/parameters.js";
import type { StatementAnalysis } from "../sql/analysis.js";
import type { Argument, BranchCommand } from "../sql/branch-command.js";
import { answerQuery } from "./branch-answers.js";
import { relationOf } from "./branch-arguments.js";
import { headNamed, runBranchCommand } from "./branch-statements.js";
import { definitionTexts } from "./definition-texts.js";
import { branchColumns } from "./describe.js";
import { endOfStatement } from "./relational-runner.js";
import type { ExecuteInput } from "./start-statement.js";
import { requireCommand } from "./command-permissions.js";
import { streamBatches } from "./results.js";
import { AGENT_PARAMETER } from "./session-identity.js";
import { forgetPath } from "./branch-paths.js";
import type { SessionCore } from "./session-core.js";
import type { StatementDescription, StatementResult } from "./types.js";

type BranchAnalysis = Extract<StatementAnalysis, { readonly kind: "branch" }>;

/** Commands that change no branch; they may run anywhere. */
const READING_VERBS: ReadonlySet<BranchCommand["verb"]> = new Set([
  "use",
  "current",
  "show",
  "list",
  "expiring",
  "describe",
  "diff",
]);

export async function runBranch(
  core: SessionCore,
  analysis: BranchAnalysis,
  input: ExecuteInput,
  signal: AbortSignal,
): Promise<StatementResult> {
  const { command } = analysis;
  const read = (argument: Argument): string | null => readArgument(argument, input);
  await requireCommand(core, command, read);
  if (!READING_VERBS.has(command.verb)) refuseInTransaction(core);
  const { context, analyse } = core.services;
  const host = {
    context: { ...context, texts: definitionTexts(context, analyse) },
    user: core.identity.user,
    agent: core.settings.has(AGENT_PARAMETER) ? core.settings.get(AGENT_PARAMETER) || null : null,
    get currentBranch() {
      return core.branchName;
    },
    signal,
    showsRows: hasScope(core.identity.principal, "data:read"),
    isAdministrator: hasScope(core.identity.principal, "admin"),
    maySee: (branch: Branch) => maySee(core.identity.principal, branch, core.services.context.registry.state),
    useBranch: async (name: string) => {
      await core.useBranch(name);
      forgetPath(core.settings);
    },
    diff: async (diff: DiffCommand, name: string, against: string | undefined) =>
      await runDiff(core, diff, name, against, signal),
  };
  const result = await typedAnswer(core, command, await runBranchCommand(host, command, read));
  const isDone = !READING_VERBS.has(command.verb) && command.verb !== "explainMerge";
  return isDone && (result.kind === "rows" || result.kind === "command")
    ? { ...result, isFinal: true }
    : result;
}

/** Rows of text as rows with types; what has types already, and a tag, stay as they are. */
async function typedAnswer(
  core: SessionCore,
  command: BranchCommand,
  result: StatementResult,
): Promise<StatementResult> {
  if (
    result.kind !== "rows" ||
    command.shape === "scalar" ||
    result.columns.some((column) => column.type !== null)
  ) {
    return result;
  }
  const rows: (readonly (string | null)[])[] = [];
  for await (const batch of result.batches) if (batch.kind === "text") rows.push(...batch.rows);
  const columns = result.columns.map((column) => column.name);
  const stream = await core.connection.stream(answerQuery(command, columns, rows));
  return { ...result, columns: stream.columns, batches: streamBatches(stream, async () => {}) };
}

export async function describeBranch(
  core: SessionCore,
  analysis: BranchAnalysis,
  declaredOids: readonly number[],
): Promise<StatementDescription> {
  const parameterOids = Array.from(
    { length: analysis.parameterCount },
    (_, i) => declaredOids[i] || inferParameterOid(undefined),
  );
  const { command } = analysis;
  const columns = branchColumns(command);
  if (columns === null || command.shape === "scalar" || command.verb === "diff")
    return { parameterOids, columns };
  const query = answerQuery(
    command,
    columns.map((column) => column.name),
    [],
  );
  return { parameterOids, columns: (await core.prepared.shape(query, undefined, [])).columns };
}

/** Branches are made, merged and ended in transactions of their own, which a client's ROLLBACK could not undo. */
function refuseInTransaction(core: SessionCore): void {
  if (!core.transactions.inBlock && core.transactions.current === undefined) return;
  throw new SqlError(
    SQLSTATE.activeSqlTransaction,
    "branches cannot be created, merged or ended inside a transaction block",
    { hint: "run the statement on its own (autocommit)" },
  );
}

type DiffCommand = Extract<BranchCommand, { readonly verb: "diff" }>;

/** Both sides are read in one snapshot, which is the session's transaction. */
async function runDiff(
  core: SessionCore,
  command: DiffCommand,
  name: string,
  against: string | undefined,
  signal: AbortSignal,
): Promise<StatementResult> {
  const { context } = core.services;
  const transaction = await core.transactions.need(core.head, signal);
  const branch = requireBranch(transaction.state, name);
  requireReadable(transaction.state, branch, Date.now());
  // Its base may be the very rows that this transaction has changed.
  if (transaction.hasWritten && branch.id !== core.head) {
    throw notSupported(
      "cannot compare another branch in a transaction that has changed its own head",
      "commit first",
    );
  }
  const sql = await diffQuery(context.definitions, transaction.view, transaction.state, {
    branch,
    against: against === undefined ? undefined : headNamed(context, against),
    table: command.table === undefined ? undefined : relationOf(command.table),
  });
  const stream = await core.connection.stream(sql);
  const batches = streamBatches(stream, endOfStatement(core));
  return { kind: "rows", columns: stream.columns, batches, tag: (rows) => `SELECT ${rows}` };
}

function readArgument(argument: Argument, input: ExecuteInput): string | null {
  if (argument.kind === "value") return argument.value;
  const parameter = input.parameters[argument.index - 1];
  if (parameter === undefined) {
    throw new SqlError(SQLSTATE.undefinedParameter, `there is no parameter $${argument.index}`);
  }
  if (parameter.bytes === null) return null;
  const oid = input.declaredOids[argument.index - 1] || inferParameterOid(undefined);
  const { value } = decodeParameter(parameter, oid, undefined);
  return typeof value === "string" ? value : String(value);
}
