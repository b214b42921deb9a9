/** `duckbranch branch`: the branch statements for the shell. */
import type { Command } from "commander";
import { escapeIdentifier, escapeLiteral } from "pg";
import { OperatorError } from "../core/operator-error.js";
import { command, describe, optional, relation, run, withOptions, type Shared } from "./branch-command.js";
import { addKeepingCommands } from "./branch-keeping.js";
import { confirm } from "./dialogue.js";
import { CONFLICTS, tellUser } from "./exit-codes.js";

interface CreateOptions extends Shared {
  readonly from?: string;
  readonly description?: string;
  readonly agent?: string;
  readonly ttl?: string;
  readonly isolation?: string;
  readonly idleTtl?: string;
  readonly maxRows?: string;
  readonly maxBytes?: string;
  readonly maxSeconds?: string;
}

interface MergeOptions extends Shared {
  readonly into?: string;
  readonly using?: string;
  readonly granularity?: string;
  readonly keyless?: string;
  readonly except?: readonly string[];
  readonly mergeId?: string;
  readonly retry?: boolean;
  readonly token?: string;
  readonly explain?: boolean;
}

/** Adds the commands. */
export function addBranchCommands(branch: Command): void {
  command(branch, "create <name>", "make a branch")
    .option("--from <parent>", "head it is made from (default: main)")
    .option("--description <text>", "what it is for")
    .option("--agent <id>", "who works on it")
    .option("--ttl <time>", "how long it lives, as '24 hours'")
    .option("--isolation <kind>", "snapshot (default) or live")
    .option("--idle-ttl <time>", "how long it may be left alone, as '2 hours'")
    .option("--max-rows <number>", "rows of its own it may have")
    .option("--max-bytes <number>", "their bytes")
    .option("--max-seconds <number>", "time its statements may take in all")
    .action(tellUser(create));
  addLists(branch);
  command(branch, "show <name>", "what a branch is, and what it changed").action(
    tellUser(async (name: string, options: Shared) => {
      await run(options, { sql: describe(name), single: true });
    }),
  );
  command(branch, "diff <name>", "rows that a branch changed")
    .option("--against <head>", "head it is compared with (default: its parent as it was)")
    .option("--table <table>", "only those of this table")
    .action(tellUser(diff));
  command(branch, "merge <name>", "merge a branch into what it was made from")
    .option("--into <head>", "the head; a branch, with its parent as <name>, is brought up to date")
    .option("--using <strategy>", "abort (default), manual, branch_wins or main_wins")
    .option("--granularity <unit>", "what conflicts are about: row (default) or cell")
    .option("--keyless <mode>", "tables without a key: row_identity (default), strict or append")
    .option(
      "--except <choice...>",
      "another strategy for some: table=main_wins, schema:s=…, column:table.column=…",
    )
    .option("--merge-id <id>", "an id of your own: asked for again, the answer is what came of it")
    .option("--no-retry", "give up where writers overtake it, instead of comparing anew")
    .option("--token <token>", "do what EXPLAIN MERGE has shown, or nothing")
    .option("--explain", "show what would be merged, and change nothing")
    .action(tellUser(merge));
  command(
    branch,
    "resolve <merge-id> <table=strategy...>",
    'end a merge that waits for its conflicts; of one row: table{"id":1}=strategy',
  ).action(tellUser(resolve));
  command(branch, "abandon <merge-id>", "give such a merge up").action(
    tellUser(async (id: string, options: Shared) => {
      await run(options, { sql: `SELECT * FROM branch_abandon(${escapeLiteral(id)})`, single: true });
    }),
  );
  command(branch, "undo <merge-id>", "take back what a merge changed")
    .option("--using <strategy>", "where rows were changed since: abort (default), branch_wins or main_wins")
    .option("-y, --yes", "do not ask")
    .action(tellUser(undo));
  command(branch, "extend <name> <ttl>", "let a branch live for so long from now on, as '24 hours'").action(
    tellUser(async (name: string, ttl: string, options: Shared) => {
      const sql = `ALTER BRANCH ${escapeIdentifier(name)} SET (ttl ${escapeLiteral(ttl)})`;
      await run(options, { sql, afterwards: describe(name), single: true });
    }),
  );
  command(branch, "discard <name>", "throw a branch away")
    .option("--cascade", "and all that were made from it")
    .option("--now", "for ever: it cannot be brought back")
    .option("-y, --yes", "do not ask")
    .action(tellUser(discard));
  command(branch, "undelete <name>", "bring back a branch that was thrown away or has expired")
    .option("--as <name>", "another name, where its own was taken")
    .option("--ttl <time>", "how long it lives from now on, as '24 hours'")
    .action(tellUser(undelete));
  addKeepingCommands(branch);
}

interface Part extends Shared {
  readonly limit?: string;
  readonly offset?: string;
}

function addLists(branch: Command): void {
  listCommand(branch, "list", "branches that still exist, newest first").action(
    tellUser(async (options: Part) => {
      await run(options, { sql: `SHOW BRANCHES${partOf(options)}`, single: false });
    }),
  );
  listCommand(branch, "expiring", "branches whose time will be over, and what would be lost with them")
    .option("--within <time>", "only those within so long, as '1 day'")
    .action(
      tellUser(async (options: Part & { readonly within?: string }) => {
        const { within } = options;
        const until = within === undefined ? "" : ` WITHIN ${escapeLiteral(within)}`;
        await run(options, { sql: `SHOW EXPIRING BRANCHES${until}${partOf(options)}`, single: false });
      }),
    );
}

function listCommand(branch: Command, name: string, description: string): Command {
  return command(branch, name, description)
    .option("--limit <number>", "so many at most")
    .option("--offset <number>", "those behind so many");
}

function partOf({ limit, offset }: Part): string {
  const parts = Object.entries({ LIMIT: limit, OFFSET: offset });
  return parts
    .map(([word, number]) => (number === undefined ? "" : ` ${word} ${escapeLiteral(number)}`))
    .join("");
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { from, description, agent, ttl, isolation } = options;
  const { idleTtl, maxRows, maxBytes, maxSeconds } = options;
  const terms = { idle_ttl: idleTtl, max_rows: maxRows, max_bytes: maxBytes, max_seconds: maxSeconds };
  const given = Object.entries({ description, agent, ttl, isolation, ...terms });
  const sql = `CREATE BRANCH ${escapeIdentifier(name)}${optional("FROM", from)}${withOptions(given)}`;
  await run(options, { sql, afterwards: describe(name), single: true });
}

async function diff(
  name: string,
  options: Shared & { readonly against?: string; readonly table?: string },
): Promise<void> {
  const { against, table } = options;
  const rows = table === undefined ? "" : ` TABLE ${relation(table)}`;
  const sql = `DIFF BRANCH ${escapeIdentifier(name)}${optional("AGAINST", against)}${rows}`;
  await run(options, { sql, single: false, doing: `comparing ${name}` });
}

async function merge(name: string, options: MergeOptions): Promise<void> {
  const { into, using, granularity, keyless, token, mergeId, explain = false, except = [] } = options;
  const given = Object.entries({ granularity, keyless, token, merge_id: mergeId });
  const retry: [string, string][] = options.retry === false ? [["retry", "off"]] : [];
  const sides = `MERGE BRANCH ${escapeIdentifier(name)}${optional("INTO", into)}${optional("USING", using)}`;
  const rest = `${except.map(exception).join("")}${withOptions([...given, ...retry])}`;
  const sql = `${explain ? "EXPLAIN " : ""}${sides}${rest}`;
  const answer = await run(options, { sql, single: !explain, doing: `merging ${name}` });
  const status = answer.columns.findIndex((column) => column.name === "status");
  if (!explain && answer.rows[0]?.[status] === "conflicted") process.exitCode = CONFLICTS;
}

/** `what=strategy` */
function choice(text: string): { readonly what: string; readonly strategy: string } {
  const [, what, strategy] = /^(.+)=(\w+)$/s.exec(text) ?? [];
  if (what === undefined || strategy === undefined)
    throw new OperatorError(`"${text}" is not table=strategy`);
  return { what, strategy };
}

/** ` EXCEPT main_wins FOR COLUMN "t"."c"` */
function exception(text: string): string {
  const { what, strategy } = choice(text);
  const [, kind = "", name = what] = /^(schema|column):(.+)$/s.exec(what) ?? [];
  return ` EXCEPT ${escapeIdentifier(strategy)} FOR ${kind.toUpperCase()} ${relation(name)}`;
}

async function resolve(id: string, strategies: readonly string[], options: Shared): Promise<void> {
  const resolutions = strategies.map((text) => {
    const { what, strategy } = choice(text);
    const [, table = what, key] = /^([^{]+)(\{.*\})$/s.exec(what) ?? [];
    const row = key === undefined ? "" : ` ROW ${escapeLiteral(key)}`;
    return `${relation(table)}${row} ${escapeLiteral(strategy)}`;
  });
  const sql = `RESOLVE MERGE ${escapeLiteral(id)} WITH (${resolutions.join(", ")})`;
  await run(options, { sql, single: true, doing: `merging ${id}` });
}

async function undo(id: string, options: Shared & { readonly using?: string }): Promise<void> {
  await confirm(`Take back what merge ${id} changed?`, options.yes === true);
  const sql = `UNDO MERGE ${escapeLiteral(id)}${optional("USING", options.using)}`;
  await run(options, { sql, single: true, doing: `undoing ${id}` });
}

async function discard(
  name: string,
  options: Shared & { readonly cascade?: boolean; readonly now?: boolean },
): Promise<void> {
  const { cascade = false, now = false, yes = false } = options;
  const also = cascade ? " and all branches that were made from it" : "";
  await confirm(`Throw away branch "${name}"${also}${now ? " for ever" : ""}?`, yes);
  const sql = cascade
    ? `DROP BRANCH ${escapeIdentifier(name)} CASCADE${now ? " IMMEDIATE" : ""}`
    : `SELECT * FROM branch_discard(${escapeLiteral(name)}, immediate => ${now})`;
  await run(options, { sql, single: true });
}

async function undelete(
  name: string,
  options: Shared & { readonly as?: string; readonly ttl?: string },
): Promise<void> {
  const { as, ttl } = options;
  const sql = `UNDELETE BRANCH ${escapeIdentifier(name)}${optional("AS", as)}${withOptions([["ttl", ttl]])}`;
  await run(options, { sql, afterwards: describe(as ?? name), single: true });
}
