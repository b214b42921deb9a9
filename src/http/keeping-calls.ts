/** What a branch is called and whose it is, as SQL statements. */
import { getBranch } from "./branch-calls.js";
import {
  grants,
  type BranchAccess,
  type BranchDetails,
  type GrantRequest,
  type Grants,
} from "./branch-schemas.js";
import type { RequestWork } from "./request-work.js";
import { quotedName, quotedText } from "./sql-text.js";
import { readRows } from "./statements.js";

export async function renameBranch(
  work: RequestWork,
  nameOrId: string,
  name: string,
): Promise<BranchDetails> {
  await readRows(work, `ALTER BRANCH ${quotedName(nameOrId)} RENAME TO ${quotedName(name)}`);
  return await getBranch(work, name);
}

export async function protectBranch(
  work: RequestWork,
  nameOrId: string,
  isProtected: boolean,
): Promise<BranchDetails> {
  await readRows(work, `ALTER BRANCH ${quotedName(nameOrId)} ${isProtected ? "PROTECT" : "UNPROTECT"}`);
  return await getBranch(work, nameOrId);
}

export async function changeAccess(
  work: RequestWork,
  nameOrId: string,
  access: BranchAccess,
): Promise<Grants> {
  await readRows(work, `ALTER BRANCH ${quotedName(nameOrId)} SET (access ${quotedText(access)})`);
  return await branchGrants(work, nameOrId);
}

export async function grant(
  work: RequestWork,
  nameOrId: string,
  { grantee, privilege }: GrantRequest,
): Promise<Grants> {
  await readRows(
    work,
    `GRANT ${privilege.toUpperCase()} ON BRANCH ${quotedName(nameOrId)} TO ${quotedName(grantee)}`,
  );
  return await branchGrants(work, nameOrId);
}

export async function revoke(
  work: RequestWork,
  nameOrId: string,
  { grantee, privilege }: GrantRequest,
): Promise<Grants> {
  await readRows(
    work,
    `REVOKE ${privilege.toUpperCase()} ON BRANCH ${quotedName(nameOrId)} FROM ${quotedName(grantee)}`,
  );
  return await branchGrants(work, nameOrId);
}

/** For those who may see the branch. Errors: 3D000, 42501 */
export async function branchGrants(work: RequestWork, nameOrId: string): Promise<Grants> {
  const { branch_id: id } = await getBranch(work, nameOrId);
  const [branch] = await readRows(
    work,
    "SELECT branch_id, owner, access FROM duckbranch.branches WHERE branch_id = $1",
    [id],
  );
  const given = await readRows(
    work,
    "SELECT grantee, privilege FROM duckbranch.grants WHERE branch_id = $1 ORDER BY grantee, privilege",
    [id],
  );
  return grants.parse({ ...branch, grants: given });
}
