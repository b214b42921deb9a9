#!/usr/bin/env node
/** The command line. */
import { Command, CommanderError } from "commander";
import { OperatorError } from "../core/operator-error.js";
import { SCOPES } from "../core/scopes.js";
import { programVersion } from "../core/version.js";
import { addBranchCommands } from "./branch.js";
import { addCompletionCommand } from "./completion.js";
import { endWithReader, failureJson, outliveReader, USAGE } from "./exit-codes.js";
import { tellOperator } from "./operator.js";
import type { ServeOptions } from "./serve.js";
import { addSqlCommand } from "./sql.js";
import { addKey, listKeys, revokeKey } from "./key.js";
import { addUser, listUsers, removeUser, setUserScopes } from "./user.js";

const program = new Command("duckbranch")
  .description("PostgreSQL-wire server over DuckDB in which every session works on a branch")
  .version(programVersion(), "--version", "print the version");

program
  .command("serve")
  .description("serve a database file")
  .option("--host <address>", "address to listen on (default 127.0.0.1)")
  .option("--port <number>", "port to listen on, 0 picks a free one (default 5439)")
  .option("--http-port <number>", "port of the HTTP API, or off (default: the one after --port)")
  .option("--data <file>", "database file, or :memory: (default ./data/duckbranch.db)")
  .option("--config <file>", "JSON file with settings")
  .option("--init <file>", "SQL file run once at start, with access to files")
  .option("--users <file>", "users who may log in, see `duckbranch user`")
  .option(
    "--auth <method>",
    "how they prove their password: scram (default), or cleartext over TLS and loopback",
  )
  .option("--tls <mode>", "required, optional (default with a certificate) or off")
  .option("--tls-cert <file>", "certificate and its chain, PEM")
  .option("--tls-key <file>", "private key of the certificate, PEM")
  .option("--guide", "say how to connect and what to try")
  // Everything the server needs is loaded for it alone: other commands begin at once.
  .action(tellOperator(async (options: ServeOptions) => await (await import("./serve.js")).serve(options)));

const user = program.command("user").description("say who may log in; a running server follows at once");
const USERS_OPTION = ["--users <file>", "the users file"] as const;
const SCOPES_HELP = `what they may do, of ${SCOPES.join(", ")}`;

user
  .command("add <name>")
  .description("add a user or change a password; asks for it, or reads a line of standard input")
  .requiredOption(...USERS_OPTION)
  .option("--scopes <list>", SCOPES_HELP)
  .action(tellOperator(addUser));

user
  .command("scopes <name> <list>")
  .description("say anew what a user may do, for example data:read,data:write; admin is everything")
  .requiredOption(...USERS_OPTION)
  .action(tellOperator(setUserScopes));

user
  .command("remove <name>")
  .description("remove a user")
  .requiredOption(...USERS_OPTION)
  .action(tellOperator(removeUser));

user
  .command("list")
  .description("print the users' names, and scopes where they have not all of them")
  .requiredOption(...USERS_OPTION)
  .action(tellOperator(listUsers));

const key = program
  .command("key")
  .description("make, list and revoke API keys; a running server follows at once");

key
  .command("create <name>")
  .description("make a key for whoever has this name, and print it: it is shown this once")
  .requiredOption(...USERS_OPTION)
  .option("--scopes <list>", `${SCOPES_HELP} (default: all but main:write and admin)`)
  .option("--agent", "the holder is an agent, who cannot have branches:merge, main:write or admin")
  .option("--expires <time>", "90d, 12h or a date (default: never)")
  .option("--json", "print an object")
  .action(tellOperator(addKey));

key
  .command("list")
  .description("print the keys' beginnings, names, states, kinds, ends and scopes")
  .requiredOption(...USERS_OPTION)
  .option("--json", "print an array")
  .action(tellOperator(listKeys));

key
  .command("revoke <id-or-name>")
  .description("let nobody use a key any more")
  .requiredOption(...USERS_OPTION)
  .action(tellOperator(revokeKey));

const branch = program
  .command("branch")
  .description("make, compare, merge and end branches of a running server");
addBranchCommands(branch);
addSqlCommand(program);
addCompletionCommand(program);
endsWithUsage(program);
// No server ends without a word.
if (process.argv[2] === "serve") outliveReader();
else endWithReader();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE;
}

/** What makes no sense has an exit code of its own; commander has said why. */
function endsWithUsage(command: Command): void {
  command.exitOverride();
  if (process.argv.includes("--json"))
    command.configureOutput({
      outputError: (text, write) =>
        write(failureJson(new OperatorError(text.trim().replace(/^error: /, "")))),
    });
  command.commands.forEach(endsWithUsage);
}
