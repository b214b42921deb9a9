/** DROP and UNDELETE BRANCH. */
import { undeleteBranch } from "../branch/deletion.js";
import { discardBranch } from "../branch/lifecycle.js";
import { isEnded } from "../branch/model.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BranchCommand } from "../sql/branch-command.js";
import { answer } from "./branch-answers.js";
import {
  optional,
  readOptions,
  readTtl,
  required,
  TTL_OPTIONS,
  type ArgumentReader,
} from "./branch-arguments.js";
import { timeOrNull } from "./branch-reports.js";
import type { BranchCommandHost } from "./branch-statements.js";
import type { StatementResult } from "./types.js";

/** DROP BRANCH, also of one that is not there IF EXISTS. */
export async function dropBranch(
  host: BranchCommandHost,
  command: Extract<BranchCommand, { verb: "drop" }>,
  name: string,
): Promise<StatementResult> {
  const { context, user: actor, signal } = host;
  const { cascade, immediate } = command;
  const branch = context.registry.state.findBranch(name);
  const isThere = branch !== undefined && !(immediate ? branch.released : isEnded(branch));
  const tag = command.asSchema === true ? "DROP SCHEMA" : "DROP BRANCH";
  if (command.ifExists && !isThere)
    return answer(command, tag, { branch_id: null, name, status: "absent", undelete_until: null });
  if (command.asSchema === true && !isThere) throw undefinedSchema(name);
  const discarded = await discardBranch(context, { branch: name, actor, cascade, immediate }, signal);
  return answer(command, tag, {
    branch_id: discarded.id,
    name: discarded.name,
    status: discarded.status,
    undelete_until: timeOrNull(discarded.held?.untilMs ?? null),
  });
}

/** Of the schema of a branch that is not there. */
export function undefinedSchema(name: string): SqlError {
  return new SqlError(SQLSTATE.invalidSchemaName, `schema "${name}" does not exist`);
}

/** UNDELETE BRANCH. */
export async function undeleteDropped(
  host: BranchCommandHost,
  command: Extract<BranchCommand, { verb: "undelete" }>,
  read: ArgumentReader,
): Promise<StatementResult> {
  const options = readOptions(command.options, read, TTL_OPTIONS);
  const request = {
    branch: required(read(command.name), "branch name"),
    newName: optional(command.newName, read),
    ttlMs: readTtl(options),
    actor: host.user,
  };
  const branch = await undeleteBranch(host.context, request, host.signal);
  return answer(command, "UNDELETE BRANCH", {
    branch_id: branch.id,
    name: branch.name,
    status: branch.status,
    expires_at: timeOrNull(branch.expiresAtMs),
  });
}
