/**
 * Branches in information_schema: those that were made by CREATE SCHEMA, whose tools look for them there. Others are no schemas
 * to anybody, and a head's own tables are in `public`.
 */
import { maySee } from "../branch/grants.js";
import type { Branch } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { SessionCore } from "./session-core.js";

/** JSON, the schemas' names. */
export function listBranchSchemas(core: SessionCore): string {
  const state = stateOf(core);
  const shown = [...state.branches.inUse()].filter((branch) => isShown(core, state, branch));
  return JSON.stringify(shown.map(({ schemaName }) => schemaName));
}

/** JSON, an object per table or view: `r` for what the branch has changed, `v` for what it shows of its parent. */
export function listBranchTables(core: SessionCore, schema: string): string {
  const state = stateOf(core);
  const branch = state.branches.ofSchema(schema);
  if (branch === undefined || !isShown(core, state, branch)) return "[]";
  const relations = state.visible(branch.id).filter((version) => version.schema === "main");
  return JSON.stringify(
    relations.map(({ name, kind, head }) => ({
      name,
      kind: head === branch.id && kind === "table" ? "r" : "v",
    })),
  );
}

function stateOf({ transactions, services }: SessionCore): RegistryState {
  return transactions.current?.state ?? services.context.registry.state;
}

function isShown({ identity }: SessionCore, state: RegistryState, branch: Branch): boolean {
  return (
    branch.name === branch.schemaName && branch.held === null && maySee(identity.principal, branch, state)
  );
}
