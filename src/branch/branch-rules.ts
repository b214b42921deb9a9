/** What a branch may be called, and whether it can still be used. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { isEnded, type Branch } from "./model.js";
import type { RegistryState } from "./registry-state.js";

/** Names that mean something else where a branch name stands. */
const RESERVED_NAMES = new Set([
  "main",
  "public",
  "new",
  "auto",
  "information_schema",
  "pg_catalog",
  "duckbranch",
  "temp",
  "system",
  // In a path they mean another one: /branches/../write would be main's.
  ".",
  "..",
]);
const MAX_NAME_LENGTH = 255;
const BRING_BACK = "bring it back with UNDELETE BRANCH";
const MORE_TIME = "give it more time with ALTER BRANCH … SET (ttl …)";
/** Errors: 42602 */
export function checkName(name: string): void {
  if (name === "" || name.length > MAX_NAME_LENGTH || name.includes("\0") || name.trim() !== name) {
    throw new SqlError(SQLSTATE.invalidName, `invalid branch name "${name}"`);
  }
  if (
    RESERVED_NAMES.has(name.toLowerCase()) ||
    /^branch_[0-9a-f]{12}$/.test(name) ||
    /^[0-9a-f]{12}$/.test(name)
  ) {
    throw new SqlError(SQLSTATE.invalidName, `branch name "${name}" is reserved`);
  }
}

/** Errors: 42710 */
export function refuseTakenName(state: RegistryState, name: string): void {
  if (state.branches.named(name) !== undefined) throw takenName(name);
}

/** Of a branch that has ended, too: what is kept of it is under its id. Errors: 42P06 */
export function refuseTakenSchema(state: RegistryState, name: string): void {
  const before = state.branches.ofSchema(name);
  if (before === undefined) return;
  throw new SqlError(SQLSTATE.duplicateSchema, `schema "${name}" already exists`, {
    detail: isEnded(before) ? "It was that of a branch which has ended." : undefined,
  });
}

export function takenName(name: string): SqlError {
  return new SqlError(SQLSTATE.duplicateObject, `branch "${name}" already exists`);
}

/** A branch by name or id, ended ones included. 3D000 when there is none. */
export function requireBranch(state: RegistryState, nameOrId: string): Branch {
  const branch = state.findBranch(nameOrId);
  if (branch === undefined || branch.status === "discarded") {
    throw new SqlError(SQLSTATE.invalidCatalogName, `branch "${nameOrId}" does not exist`, {
      hint: branch === undefined || branch.held === null ? undefined : BRING_BACK,
    });
  }
  return branch;
}

/** 55000 unless the branch takes writes now. */
export function requireWritable(state: RegistryState, branch: Branch, nowMs: number): void {
  refuseExpired(state, branch, nowMs);
  if (branch.status !== "active" && branch.status !== "conflicted") throw endedBranch(branch);
}

/** 55000 unless the branch can be read now: its data go with its time to live. */
export function requireReadable(state: RegistryState, branch: Branch, nowMs: number): void {
  if (isEnded(branch)) throw endedBranch(branch);
  refuseExpired(state, branch, nowMs);
}

/** Its time is over, and neither protection nor a branch made from it, which sees its rows, keeps it: the sweeper's own rule. */
export function isExpired(state: RegistryState, branch: Branch, nowMs: number): boolean {
  if (branch.status === "expired") return true;
  if (branch.expiresAtMs === null || branch.expiresAtMs > nowMs || branch.protected) return false;
  return state.childrenInUse(branch.id).length === 0;
}

function refuseExpired(state: RegistryState, branch: Branch, nowMs: number): void {
  if (isExpired(state, branch, nowMs))
    throw endedBranch(branch, branch.status === "merged" ? "merged" : "expired");
}

export function endedBranch(branch: Branch, how: string = branch.status): SqlError {
  return new SqlError(SQLSTATE.objectNotInPrerequisiteState, `branch "${branch.name}" is ${how}`, {
    hint: hintFor(branch, how),
  });
}

function hintFor({ held }: Branch, how: string): string | undefined {
  if (held !== null) return BRING_BACK;
  // It is deleted by the next sweep.
  if (how === "expired") return MORE_TIME;
  return how === "merged" ? "create a new branch to go on" : undefined;
}

/** Errors: 55000 */
export function refuseProtected(branch: Branch): void {
  if (branch.protected)
    throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `branch "${branch.name}" is protected`);
}

/** While others that were made from it are in use. Errors: 2BP01 */
export function refuseParent(state: RegistryState, branch: Branch): void {
  const children = state.childrenInUse(branch.id);
  if (children.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot discard branch "${branch.name}" because other branches were made from it`,
    {
      detail: children.map((child) => `branch "${child.name}"`).join(", "),
      hint: "discard or merge them first, or use DROP BRANCH … CASCADE",
    },
  );
}
