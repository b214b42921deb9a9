/** What branch commands need: a scope, and a part in the branches they are about. Decision 0041. */
import { requireScope, type Principal, type Scope } from "../core/scopes.js";
import { deletedBranch } from "../branch/deletion.js";
import { requireKeeper, requireOwner, requireSeen, requireWriter } from "../branch/grants.js";
import { readMerge } from "../branch/merge-ledger.js";
import { headId, MAIN, type Branch } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import { syncedBranch } from "../branch/sync.js";
import type { Argument, BranchCommand } from "../sql/branch-command.js";
import { TTL_OPTIONS, type ArgumentReader } from "./branch-arguments.js";
import type { SessionCore } from "./session-core.js";

type MergeCommand = Extract<BranchCommand, { readonly verb: "merge" | "explainMerge" }>;

interface Asked {
  readonly principal: Principal;
  readonly state: RegistryState;
  /** The branch that an argument names. Undefined where there is none: for the command itself to say. */
  readonly branch: (argument: Argument | undefined) => Branch | undefined;
}

const ENDS = [...TTL_OPTIONS, "idle_ttl"];

/** Errors: 42501, which says what is missing; 28000 for somebody who is not let in any more */
export async function requireCommand(
  core: SessionCore,
  command: BranchCommand,
  read: ArgumentReader,
): Promise<void> {
  const { principal } = core.identity;
  const { state } = core.services.context.registry;
  const nameOf = (argument: Argument | undefined): string => (argument && read(argument)) ?? "";
  const asked = {
    principal,
    state,
    branch: (argument: Argument | undefined) => state.findBranch(nameOf(argument)),
  };
  switch (command.verb) {
    case "list":
    case "current":
    case "use":
    case "expiring":
      // Where a session may go is asked wherever it goes.
      return void principal.scopes();
    case "describe":
      principal.scopes();
      return withBranch(asked.branch(command.name), (branch) => requireSeen(principal, branch, state));
    case "create": {
      requireScope(principal, "branches:create");
      const parent =
        command.parent === undefined ? state.branches.get(core.head) : asked.branch(command.parent);
      return withBranch(parent, (branch) => requireSeen(principal, branch, state));
    }
    case "show":
      requireScope(principal, "branches:create");
      return withBranch(asked.branch(command.name), (branch) => requireSeen(principal, branch, state));
    case "diff":
      requireScope(principal, "data:read");
      withBranch(asked.branch(command.name), (branch) => requireSeen(principal, branch, state));
      return withBranch(asked.branch(command.against), (branch) => requireSeen(principal, branch, state));
    case "merge":
    case "explainMerge":
      return requireMerge(asked, command, nameOf(command.name), nameOf(command.into));
    case "resolve":
    case "abandon":
    case "undo":
      return await requireMade(core, nameOf(command.mergeId));
    case "alterSet":
    case "rename":
    case "protect":
      requireScope(principal, "branches:create");
      return withBranch(asked.branch(command.name), (branch) => {
        requireKeeper(principal, branch);
        const sets = (names: readonly string[]): boolean =>
          command.verb === "alterSet" && command.options.some(({ name }) => names.includes(name));
        // Only administrators end a protection: who is not the branch's owner must not lock others out.
        if (sets(["access"]) || command.verb === "protect") requireOwner(principal, branch);
        // To say when somebody else's branch ends is to end it.
        if (sets(ENDS) && branch.owner !== principal.name) requireScope(principal, "branches:discard");
      });
    case "keep":
      requireScope(principal, "branches:create");
      return withBranch(state.branches.get(core.head), (branch) => requireKeeper(principal, branch));
    case "unprotect":
      return requireScope(principal, "admin");
    case "grant":
    case "revoke":
      principal.scopes();
      return withBranch(asked.branch(command.name), (branch) => requireOwner(principal, branch));
    case "drop":
      requireScope(principal, "branches:discard");
      return requireEnd(asked, asked.branch(command.name), command.cascade);
    case "undelete":
      requireScope(principal, "branches:discard");
      return requireEnd(asked, deletedBranch(state, nameOf(command.name)), false);
    default:
      return command satisfies never;
  }
}

function withBranch(branch: Branch | undefined, judge: (branch: Branch) => void): void {
  if (branch !== undefined) judge(branch);
}

/** Bringing a branch up to date writes in it and nowhere else; a merge changes what others see. */
function requireMerge(
  { principal, state, branch }: Asked,
  command: MergeCommand,
  name: string,
  into: string,
): void {
  const synced = syncedBranch(state, name, command.into === undefined ? undefined : into);
  const source = synced === undefined ? branch(command.name) : state.branches.get(synced.parent);
  const target = synced ?? (source && state.branches.get(source.parent));
  if (command.verb === "explainMerge") {
    requireScope(principal, "data:read");
    for (const side of [source, target]) withBranch(side, (one) => requireSeen(principal, one, state));
    return;
  }
  requireScope(principal, synced === undefined ? "branches:merge" : "data:write");
  withBranch(target, (one) => requireChanged(principal, one, state));
  if (synced !== undefined) withBranch(source, (one) => requireSeen(principal, one, state));
  else withBranch(source, (one) => requireChanged(principal, one, state));
}

/** A branch that a merge changes, or ends. */
function requireChanged(principal: Principal, branch: Branch, state: RegistryState): void {
  requireWriter(principal, branch, state);
  if (branch.protected) requireScope(principal, "admin");
}

/** What becomes of a merge that was made, or waits. */
async function requireMade({ identity, services }: SessionCore, mergeId: string): Promise<void> {
  const { principal } = identity;
  const { database, state } = services.context.registry;
  const merge = await database.onSpare(async (connection) => await readMerge(connection, mergeId));
  const isSync = merge !== undefined && merge.syncedId !== null;
  const scope: Scope = isSync ? "data:write" : "branches:merge";
  requireScope(principal, scope);
  const changed = state.branches.get(headId(merge?.syncedId ?? merge?.branchId ?? MAIN));
  withBranch(changed, (branch) => requireChanged(principal, branch, state));
  const target = isSync || changed === undefined ? undefined : state.branches.get(changed.parent);
  withBranch(target, (branch) => requireChanged(principal, branch, state));
}

/** Those that end with it are asked for, too. */
function requireEnd({ principal, state }: Asked, first: Branch | undefined, withChildren: boolean): void {
  const all = first === undefined ? [] : [first];
  for (const branch of all) {
    requireKeeper(principal, branch);
    if (withChildren) all.push(...state.childrenInUse(branch.id));
  }
}
