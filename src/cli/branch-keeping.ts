/** Whose a branch is, what it is called and what it may take: the commands that alter one. */
import type { Command } from "commander";
import { escapeIdentifier, escapeLiteral } from "pg";
import { OperatorError } from "../core/operator-error.js";
import { command, describe, run, withOptions, type Shared } from "./branch-command.js";
import { confirm } from "./dialogue.js";
import { tellUser } from "./exit-codes.js";

interface AlterOptions extends Shared {
  readonly description?: string;
  readonly agent?: string;
  readonly ttl?: string;
  readonly idleTtl?: string;
  readonly maxRows?: string;
  readonly maxBytes?: string;
  readonly maxSeconds?: string;
  readonly access?: string;
}

const PRIVILEGES: readonly string[] = ["read", "write"];

/** Adds the commands. */
export function addKeepingCommands(branch: Command): void {
  command(branch, "alter <name>", "change what a branch is for, how long it lives, what it may take")
    .option("--description <text>", "what it is for")
    .option("--agent <id>", "who works on it")
    .option("--ttl <time>", "how long it lives from now on, as '24 hours', or none")
    .option("--idle-ttl <time>", "how long it may be left alone, or none")
    .option("--max-rows <number>", "rows of its own it may have, or none")
    .option("--max-bytes <number>", "their bytes, or none")
    .option("--max-seconds <number>", "time its statements may take in all, or none")
    .option("--access <kind>", "open, or private: its owner's and theirs who were granted it")
    .action(tellUser(alter));
  command(branch, "rename <name> <new-name>", "give a branch another name").action(
    tellUser(async (name: string, newName: string, options: Shared) => {
      const sql = `ALTER BRANCH ${escapeIdentifier(name)} RENAME TO ${escapeIdentifier(newName)}`;
      await run(options, { sql, afterwards: describe(newName), single: true });
    }),
  );
  command(
    branch,
    "protect <name>",
    "keep a branch from being dropped, and merged by others than administrators",
  ).action(tellUser(async (name: string, options: Shared) => await setProtected(name, "PROTECT", options)));
  command(branch, "unprotect <name>", "end that; for administrators")
    .option("-y, --yes", "do not ask")
    .action(
      tellUser(async (name: string, options: Shared) => {
        await confirm(`Let branch "${name}" be dropped and merged by others?`, options.yes === true);
        await setProtected(name, "UNPROTECT", options);
      }),
    );
  command(branch, "grant <name> <read|write> <who>", "let somebody use a branch, or public").action(
    tellUser(async (name: string, privilege: string, who: string, options: Shared) => {
      await changeGrant("GRANT", name, privilege, who, options);
    }),
  );
  command(branch, "revoke <name> <read|write> <who>", "take that back").action(
    tellUser(async (name: string, privilege: string, who: string, options: Shared) => {
      await changeGrant("REVOKE", name, privilege, who, options);
    }),
  );
  command(branch, "grants <name>", "who may use a private branch").action(
    tellUser(async (name: string, options: Shared) => {
      await run(options, { sql: describe(name), afterwards: grantsOf(name), single: false });
    }),
  );
}

async function alter(name: string, options: AlterOptions): Promise<void> {
  const { description, agent, ttl, access, idleTtl, maxRows, maxBytes, maxSeconds } = options;
  const terms = { idle_ttl: idleTtl, max_rows: maxRows, max_bytes: maxBytes, max_seconds: maxSeconds };
  const changes = withOptions(Object.entries({ description, agent, ttl, access, ...terms }));
  if (changes === "") throw new OperatorError("say what to change: see --help");
  const sql = `ALTER BRANCH ${escapeIdentifier(name)} ${changes.replace(" WITH", "SET")}`;
  await run(options, { sql, afterwards: describe(name), single: true });
}

async function setProtected(name: string, verb: "PROTECT" | "UNPROTECT", options: Shared): Promise<void> {
  await run(options, {
    sql: `ALTER BRANCH ${escapeIdentifier(name)} ${verb}`,
    afterwards: describe(name),
    single: true,
  });
}

async function changeGrant(
  verb: "GRANT" | "REVOKE",
  name: string,
  privilege: string,
  who: string,
  options: Shared,
): Promise<void> {
  if (!PRIVILEGES.includes(privilege)) throw new OperatorError(`"${privilege}" is neither read nor write`);
  const direction = verb === "GRANT" ? "TO" : "FROM";
  const grantee = escapeIdentifier(who.toLowerCase() === "public" ? "public" : who);
  const sql = `${verb} ${privilege.toUpperCase()} ON BRANCH ${escapeIdentifier(name)} ${direction} ${grantee}`;
  await run(options, { sql, afterwards: grantsOf(name), single: false });
}

/** Of the branch that has the name now. */
function grantsOf(name: string): string {
  const named = escapeLiteral(name);
  return `SELECT grantee, privilege FROM duckbranch.grants JOIN duckbranch.branches USING (branch_id)
    WHERE ${named} IN (name, branch_id) AND status NOT IN ('discarded', 'expired') ORDER BY grantee, privilege`;
}
