/** `duckbranch serve`: starts the server, says when it is ready, reloads on SIGHUP, and ends it on SIGTERM or SIGINT. */
import { startApp } from "../app.js";
import { readConfig, type Config, type ConfigInput } from "../config.js";
import { SqlError } from "../core/errors.js";
import { createLog, type Log } from "../core/log.js";

export interface ServeOptions extends ConfigInput {
  readonly guide?: boolean;
}

export async function serve(options: ServeOptions): Promise<void> {
  const { guide, ...given } = options;
  await run(readConfig(given, process.env), guide === true);
}

async function run(config: Config, guide: boolean): Promise<void> {
  const log = createLog(config.logLevel);
  const stopped = nextSignal();
  const app = await startApp(config, log);
  const { host, port } = app.address;
  const shown = `duckbranch listening on ${host.includes(":") ? `[${host}]` : host}:${port}\n`;
  process.stdout.write(shown + (app.http === undefined ? "" : `HTTP API on port ${app.http.port}\n`));
  process.on("SIGHUP", () => {
    log.info("reading certificate and users again");
    app.reload().catch((error: unknown) => log.error({ err: error }, "reload failed"));
  });
  if (guide) process.stdout.write(guideText(host, port));
  const end = await Promise.race([stopped, app.engineFailed]);
  if (end instanceof SqlError) return endFailed(end, log);
  log.info({ signal: end }, "stopping");
  await app.close();
  log.info("stopped");
}

/**
 * DuckDB has given up, for example because the disk is full, and would refuse everything from here on. Its log is
 * replayed when a new process opens the file: whoever started this one starts the next.
 */
function endFailed(cause: SqlError, log: Log): never {
  log.fatal({ err: cause }, "the database engine failed: ending the process, to be started again");
  // Closing would try to write a checkpoint with what failed just now.
  process.exit(1);
}

/** Resolves at the first SIGTERM or SIGINT; from the second on the process ends at once. */
async function nextSignal(): Promise<string> {
  return await new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

function guideText(host: string, port: number): string {
  return `
Connect:  psql -h ${host} -p ${port}
Try:
  CREATE TABLE t (id int PRIMARY KEY, name text);  INSERT INTO t VALUES (1, 'main');
  CREATE BRANCH demo;  USE BRANCH demo;  UPDATE t SET name = 'branch';  SELECT * FROM t JOIN main.t AS m USING (id);
  MERGE BRANCH demo USING branch_wins;
Stop with Ctrl-C.
`;
}
