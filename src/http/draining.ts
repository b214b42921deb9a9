/**
 * The end of the port. While requests are under way, here or on the PostgreSQL port, it goes on listening: new work is refused, and
 * whoever watches the server is told why. Then it closes.
 */
import type { Server } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Api } from "./api.js";
import type { WorkWatch } from "./work-watch.js";

/** Between stopping a request and hanging up on its client. */
const STOP_GRACE_MS = 2000;
const IDLE_CHECK_MS = 50;
/** They say it themselves. */
const HEALTH: ReadonlySet<string> = new Set(["/health", "/v1/health"]);

export class Draining {
  #isDraining = false;

  get begun(): boolean {
    return this.#isDraining;
  }

  /** Before the first route is added. */
  refuseWork(api: Api): void {
    api.addHook("onRequest", async ({ routeOptions: { url = "" } }, reply) => {
      if (!this.#isDraining) return;
      reply.header("connection", "close");
      if (!HEALTH.has(url))
        throw new SqlError(SQLSTATE.cannotConnectNow, "the database system is shutting down");
    });
  }

  /** Lets what runs end within `timeoutMs`, and waits for `others`, which end by themselves. */
  async end(
    { api, server }: { readonly api: Api; readonly server: Server },
    running: ReadonlySet<WorkWatch>,
    others: Promise<unknown>,
    timeoutMs: number,
  ): Promise<void> {
    this.#isDraining = true;
    const stop = setTimeout(() => {
      for (const watch of running) watch.stop("closing");
    }, timeoutMs);
    const hangUp = setTimeout(() => server.closeAllConnections(), timeoutMs + STOP_GRACE_MS);
    let idle: NodeJS.Timeout | undefined;
    try {
      await Promise.allSettled([others]);
      while (running.size > 0) await wait(IDLE_CHECK_MS);
      // A connection is idle when its answer is out, and nobody else looks for that any more.
      idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      await api.close();
    } finally {
      clearInterval(idle);
      clearTimeout(stop);
      clearTimeout(hangUp);
    }
  }
}
