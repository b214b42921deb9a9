/** The composition root: puts database, branches, sessions and the network together, and takes them apart in order. */
import { readFile } from "node:fs/promises";
import { followOfflineChanges } from "./branch/lifecycle.js";
import { Registry } from "./branch/registry.js";
import { adoptForeignKeys } from "./branch/native-foreign-keys.js";
import { Sweeper } from "./branch/sweeper.js";
import { createBranchContext } from "./branch/branch-context.js";
import type { Config } from "./config.js";
import { Cleanup } from "./core/cleanup.js";
import type { SqlError } from "./core/errors.js";
import type { Log } from "./core/log.js";
import { textCell } from "./engine/connection.js";
import { Database } from "./engine/database.js";
import { programVersion } from "./core/version.js";
import { startHttpServer } from "./http/http-server.js";
import { Metrics } from "./http/metrics.js";
import { startPgServer } from "./net/pg-server.js";
import { openSecurity } from "./net/security.js";
import type { StatementObserver } from "./query/statement-observer.js";
import { LiveSessions } from "./query/live-sessions.js";
import { DuckSessionFactory } from "./query/session-factory.js";
import { installVoid, preparedVoidFile } from "./query/void-catalog.js";
import { createAnalyser, loadParser } from "./sql/analyse.js";
import { LargeTextReader } from "./sql/large-text-reader.js";

export interface App {
  readonly address: { readonly host: string; readonly port: number };
  /** Of the HTTP API; undefined when it is off. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  /** Resolves with what happened when DuckDB can no longer be used: only a new process can open the file again. */
  readonly engineFailed: Promise<SqlError>;
  /** Reads certificate, key and users file again. */
  reload(): Promise<void>;
  /** Drains clients, writes a checkpoint and closes the file. Safe to call twice. */
  close(): Promise<void>;
}

const HIGHEST_PORT = 65_535;
const HOUR_MS = 3_600_000;

/**
 * Starts the server; resolves when it accepts connections.
 *
 * Errors  SqlError 55006 when the file is in use; whatever listening says. Nothing is left open then.
 */
export async function startApp(config: Config, log: Log): Promise<App> {
  const cleanup = new Cleanup();
  try {
    return await start(config, log, cleanup);
  } catch (error) {
    await cleanup.close();
    throw error;
  }
}

async function start(config: Config, log: Log, cleanup: Cleanup): Promise<App> {
  await loadParser();
  const initSql = config.init === undefined ? undefined : await readFile(config.init, "utf8");
  const database = cleanup.use(
    await Database.open({
      path: config.data,
      initSql,
      memoryLimit: config.memoryLimit,
      voidFile: preparedVoidFile(),
    }),
  );
  const context = createBranchContext(await Registry.open(database), {
    undoMs: config.undoRetentionHours * HOUR_MS,
    discardedMs: config.discardGraceMinutes * 60_000,
    expiredMs: config.expiryGraceHours * HOUR_MS,
    maxDeleted: config.maxDeletedBranches,
    history: { ageMs: config.historyRetentionDays * 24 * HOUR_MS, entries: config.maxHistoryEntries },
  });
  const { signal } = new AbortController();
  if (!database.isNew) await followOfflineChanges(context, signal);
  const utility = await database.connect("void");
  cleanup.defer(() => utility.close());
  const live = new LiveSessions();
  await installVoid(database, utility, live);
  // Defaults of the tables may call the server's own functions.
  const adopted = await adoptForeignKeys(context, signal);
  if (adopted.length > 0)
    log.info({ tables: adopted.length }, "foreign keys of DuckDB's own were taken over");
  const httpPort = config.httpPort ?? portBehind(config.port);
  const metrics = httpPort === "off" ? undefined : new Metrics();
  const observer = observerOf(metrics, await tracingOf(config, log, cleanup));
  cleanup.use(new Sweeper(context, config.sweepIntervalMs, log, (sweep) => metrics?.swept(sweep)));
  const serializeSelect = async (sql: string): Promise<string> => {
    const [row] = await utility.rows("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR AS tree", [sql]);
    return row === undefined ? "" : textCell(row, "tree");
  };
  const largeTexts = cleanup.use(new LargeTextReader(serializeSelect));
  const analyser = createAnalyser({
    cacheSize: config.analysisCacheSize,
    maxCachedTextBytes: config.maxCachedTextBytes,
    serializeSelect,
    readLarge: async (text) => await largeTexts.read(text),
  });
  const sessions = new DuckSessionFactory(
    { context, live, analyse: async (text) => await analyser.analyse(text), observer },
    config,
  );
  const { password, users, tls, tlsCert, tlsKey } = config;
  const access = { ...config, password, users, tls, tlsCert, tlsKey, log };
  const security = await openSecurity(access);
  const server = await startPgServer(access, sessions, security);
  cleanup.defer(async () => await server.close());
  const http =
    httpPort === "off" || metrics === undefined
      ? undefined
      : await startHttpServer(
          { ...config, httpPort, version: programVersion(), log },
          { policy: security.policy, tls: () => security.tlsIdentity()?.source },
          sessions,
          metrics,
        ).catch((error: unknown) => {
          if (config.httpPort !== undefined || !isInUse(error)) throw error;
          log.warn({ port: httpPort }, "the HTTP API is off: its port is in use");
        });
  // Both at once; the HTTP port says what is going on until there is nothing any more.
  cleanup.defer(async () => {
    const closed = server.close();
    await Promise.all([http?.close(closed), closed]);
  });
  log.info(
    { host: server.address.host, port: server.address.port, http: http?.address.port, data: config.data },
    "serving",
  );
  return {
    address: server.address,
    http: http?.address,
    engineFailed: Promise.race([server.engineFailed, ...(http === undefined ? [] : [http.engineFailed])]),
    reload: async () => {
      await server.reload();
      http?.reload();
    },
    close: async () => await cleanup.close(),
  };
}

/** Its library is loaded where it is used: a start without traces costs nothing of it. */
async function tracingOf(
  { otlpEndpoint }: Config,
  log: Log,
  cleanup: Cleanup,
): Promise<Pick<StatementObserver, "finished"> | undefined> {
  if (otlpEndpoint === undefined) return undefined;
  const { openTracing } = await import("./telemetry/tracing.js");
  const tracing = openTracing(otlpEndpoint, programVersion(), log);
  cleanup.defer(async () => await tracing.close());
  return tracing;
}

function observerOf(
  metrics: Metrics | undefined,
  tracing: Pick<StatementObserver, "finished"> | undefined,
): StatementObserver | undefined {
  if (tracing === undefined) return metrics;
  return { ran: (...statement) => metrics?.ran(...statement), finished: tracing.finished };
}

/** Where the HTTP API listens if nobody says where. */
function portBehind(port: number): number | "off" {
  if (port === 0) return 0;
  return port < HIGHEST_PORT ? port + 1 : "off";
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
