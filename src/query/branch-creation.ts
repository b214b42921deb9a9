/** CREATE BRANCH, and what else makes one. */
import { requireReadable } from "../branch/branch-rules.js";
import { isEnded, ISOLATIONS, type Branch, type Isolation } from "../branch/model.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchCommand } from "../sql/branch-command.js";
import { answer, scalarAnswer } from "./branch-answers.js";
import {
  optional,
  readAccess,
  readOptions,
  readTerms,
  readTtl,
  required,
  TERMS_OPTIONS,
  TTL_OPTIONS,
  type ArgumentReader,
} from "./branch-arguments.js";
import { undefinedSchema } from "./branch-endings.js";
import { timeOrNull } from "./branch-reports.js";
import type { BranchCommandHost } from "./branch-statements.js";
import type { StatementResult } from "./types.js";

/** CREATE BRANCH, and CREATE SCHEMA of a branch's schema. */
export async function createBranch(
  host: BranchCommandHost,
  command: Extract<BranchCommand, { verb: "create" }>,
  read: ArgumentReader,
): Promise<StatementResult> {
  const options = readOptions(command.options, read, [
    "description",
    "agent",
    "agent_id",
    ...TTL_OPTIONS,
    ...TERMS_OPTIONS,
    "isolation",
    "access",
  ]);
  const name = required(read(command.name), "branch name");
  const existing = host.context.registry.state.findBranch(name);
  const isThat = existing?.name === name || command.asSchema === true;
  if (command.ifNotExists && existing !== undefined && isThat && !isEnded(existing))
    return createdAnswer(command, existing);
  const parent = optional(command.parent, read);
  const branch = await host.context.creator.create(
    {
      name,
      ofSchema: command.asSchema === true,
      parent: parent ?? host.currentBranch,
      owner: host.user,
      agent: options.get("agent") ?? options.get("agent_id") ?? host.agent,
      description: options.get("description") ?? null,
      ttlMs: readTtl(options) ?? null,
      isolation: readIsolation(options),
      terms: readTerms(options),
      ...readAccess(options),
    },
    host.signal,
  );
  return createdAnswer(command, branch);
}

function readIsolation(options: ReadonlyMap<string, string>): Isolation {
  const written = options.get("isolation")?.toLowerCase() ?? "snapshot";
  const isolation = ISOLATIONS.find((one) => one === written);
  if (isolation !== undefined) return isolation;
  throw new SqlError(SQLSTATE.invalidParameterValue, `unknown isolation "${written}"`, {
    hint: "use 'snapshot' or 'live'",
  });
}

function createdAnswer(command: BranchCommand, branch: Branch): StatementResult {
  const row = {
    branch_id: branch.id,
    name: branch.name,
    schema_name: branch.schemaName,
    status: branch.status,
    created_at: new Date(branch.createdAtMs).toISOString(),
    expires_at: timeOrNull(branch.expiresAtMs),
  };
  if (command.shape === "scalar") return scalarAnswer(command, branch.id);
  const isSchema = command.verb === "create" && command.asSchema === true;
  return answer(command, isSchema ? "CREATE SCHEMA" : "CREATE BRANCH", row);
}

/** A view of main's table in a branch's schema: the branch has it from its beginning, so nothing is made. Errors: 3F000, 42P01, 55000 */
export function showTable({ context }: BranchCommandHost, schema: string, table: string): StatementResult {
  const { state } = context.registry;
  const branch = state.branches.ofSchema(schema);
  if (branch === undefined || branch.status === "discarded") throw undefinedSchema(schema);
  requireReadable(state, branch, Date.now());
  if (state.find(branch.id, { schema: "main", name: table }) === undefined)
    throw undefinedTable({ schema, name: table });
  return { kind: "command", tag: "CREATE VIEW" };
}
