/** GRANT and REVOKE … ON BRANCH. */
import { grant, revoke } from "../branch/grants.js";
import type { BranchCommand } from "../sql/branch-command.js";
import { answer } from "./branch-answers.js";
import type { BranchCommandHost } from "./branch-statements.js";
import type { StatementResult } from "./types.js";

export async function changeGrants(
  { context, user, signal }: BranchCommandHost,
  command: Extract<BranchCommand, { verb: "grant" | "revoke" }>,
  name: string,
  grantee: string,
): Promise<StatementResult> {
  const request = { branch: name, privilege: command.privilege, grantee, actor: user };
  const branch = await (command.verb === "grant" ? grant : revoke)(context, request, signal);
  const row = { branch_id: branch.id, name: branch.name, status: branch.status };
  return answer(command, command.verb.toUpperCase(), row);
}
