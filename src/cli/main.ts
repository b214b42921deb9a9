#!/usr/bin/env node
/** The command line. */
import { Command } from "commander";
import { serve } from "./serve.js";

const program = new Command("duckbranch").description(
  "PostgreSQL-wire server over DuckDB in which every session works on a branch",
);

program
  .command("serve")
  .description("serve a database file")
  .option("--host <address>", "address to listen on (default 127.0.0.1)")
  .option("--port <number>", "port to listen on, 0 picks a free one (default 5439)")
  .option("--data <file>", "database file, or :memory: (default ./data/duckbranch.db)")
  .option("--config <file>", "JSON file with settings")
  .option("--init <file>", "SQL file run once at start, with access to files")
  .option("--guide", "say how to connect and what to try")
  .action(serve);

await program.parseAsync();
