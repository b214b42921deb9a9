/** Counters and times, in Prometheus' form. What SQL can tell is asked by SQL when somebody looks; the rest is counted here. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { StatementClass } from "../query/statement-observer.js";
import type { RequestWork } from "./request-work.js";
import { readRows } from "./statements.js";

/** Seconds: from a point query to a long analysis. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Measuring the branches looks at every table they wrote. */
const SIZES_KEPT_MS = 60_000;

interface Sweep {
  readonly expired: number;
  readonly released: number;
  readonly removed: number;
  readonly failed: boolean;
  readonly ms: number;
}

export class Metrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #statements: Histogram<"class">;
  readonly #failures: Counter<"class" | "sqlstate">;
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #sweeps: Counter<"outcome">;
  readonly #swept: Counter<"what">;
  readonly #sweepTime: Histogram;
  readonly #lastSweep: Gauge;
  readonly #sessions: Gauge;
  readonly #branches: Gauge<"status">;
  readonly #deleted: Gauge;
  readonly #tables: Gauge<"state">;
  readonly #overlayRatio: Gauge;
  readonly #branchBytes: Gauge<"of">;
  readonly #merges: Gauge<"status">;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor() {
    const registers = [this.#registry];
    this.contentType = this.#registry.contentType;
    this.#statements = new Histogram({
      name: "duckbranch_statement_seconds",
      help: "Time until a statement's result is there, of both ports",
      labelNames: ["class"],
      buckets: BUCKETS,
      registers,
    });
    this.#failures = new Counter({
      name: "duckbranch_statement_failures_total",
      help: "Statements that failed, by SQLSTATE",
      labelNames: ["class", "sqlstate"],
      registers,
    });
    this.#requests = new Histogram({
      name: "duckbranch_http_request_seconds",
      help: "Time from a request to the end of its answer",
      labelNames: ["method", "route", "status"],
      buckets: BUCKETS,
      registers,
    });
    this.#sweeps = new Counter({
      name: "duckbranch_sweeps_total",
      help: "Runs of the sweeper",
      labelNames: ["outcome"],
      registers,
    });
    this.#swept = new Counter({
      name: "duckbranch_swept_total",
      help: "What the sweeper ended or removed",
      labelNames: ["what"],
      registers,
    });
    this.#sweepTime = new Histogram({
      name: "duckbranch_sweep_seconds",
      help: "Time of a run of the sweeper",
      buckets: BUCKETS,
      registers,
    });
    this.#lastSweep = new Gauge({
      name: "duckbranch_last_sweep_timestamp_seconds",
      help: "When the sweeper came to its end last",
      registers,
    });
    this.#deleted = new Gauge({
      name: "duckbranch_deleted_branches",
      help: "Branches that have ended and can be brought back",
      registers,
    });
    this.#tables = new Gauge({
      name: "duckbranch_branch_tables",
      help: "Tables of branches: overlays of what they inherit, or tables with all their rows",
      labelNames: ["state"],
      registers,
    });
    this.#overlayRatio = new Gauge({
      name: "duckbranch_overlay_ratio",
      help: "Overlays among the tables of branches; 1 where there are none",
      registers,
    });
    this.#sessions = new Gauge({ name: "duckbranch_sessions", help: "Sessions that are open", registers });
    this.#branches = new Gauge({
      name: "duckbranch_branches",
      help: "Branches by status, those that have ended included",
      labelNames: ["status"],
      registers,
    });
    this.#branchBytes = new Gauge({
      name: "duckbranch_branch_bytes",
      help: "Bytes that branches hold of their own, measured once a minute at most",
      labelNames: ["of"],
      registers,
    });
    this.#merges = new Gauge({
      name: "duckbranch_merges",
      help: "Merges by what they came to",
      labelNames: ["status"],
      registers,
    });
    addProcess(this.#registry);
  }

  /** See StatementObserver. */
  ran(kind: StatementClass, ms: number, failure: string | undefined): void {
    this.#statements.observe({ class: kind }, ms / 1000);
    if (failure !== undefined) this.#failures.inc({ class: kind, sqlstate: failure });
  }

  answered(method: string, route: string, status: number, ms: number): void {
    this.#requests.observe({ method, route, status }, ms / 1000);
  }

  swept({ expired, released, removed, failed, ms }: Sweep): void {
    this.#sweepTime.observe(ms / 1000);
    if (!failed) this.#lastSweep.setToCurrentTime();
    this.#sweeps.inc({ outcome: failed ? "failed" : "done" });
    this.#swept.inc({ what: "expired branches" }, expired);
    this.#swept.inc({ what: "deleted branches" }, released);
    this.#swept.inc({ what: "tables and logs" }, removed);
  }

  /** Everything as text. */
  async report(work: RequestWork): Promise<string> {
    // Without the one that asks.
    this.#sessions.set((await numberOf(work, "SELECT count(*) AS n FROM pg_stat_activity")) - 1);
    await fill(work, this.#branches, "SELECT status, count(*) AS n FROM duckbranch.branches GROUP BY status");
    const deleted = "SELECT count(*) AS n FROM duckbranch.branches WHERE undelete_until IS NOT NULL";
    this.#deleted.set(await numberOf(work, deleted));
    await this.#countTables(work);
    await fill(work, this.#merges, "SELECT status, count(*) AS n FROM duckbranch.merges GROUP BY status");
    if (performance.now() - this.#measuredAt > SIZES_KEPT_MS) await this.#measure(work);
    return await this.#registry.metrics();
  }

  async #countTables(work: RequestWork): Promise<void> {
    const sql =
      "SELECT state, count(*) AS n FROM duckbranch.branch_tables WHERE state IS NOT NULL GROUP BY state";
    const counts = new Map((await readRows(work, sql)).map(({ state, n }) => [String(state), Number(n)]));
    const [overlays, whole] = [counts.get("overlay") ?? 0, counts.get("materialised") ?? 0];
    this.#tables.set({ state: "overlay" }, overlays);
    this.#tables.set({ state: "materialised" }, whole);
    this.#overlayRatio.set(overlays + whole === 0 ? 1 : overlays / (overlays + whole));
  }

  async #measure(work: RequestWork): Promise<void> {
    for (const [of, sum] of [["all", "sum"] as const, ["largest", "max"] as const]) {
      const sql = `SELECT coalesce(${sum}(total_size_bytes), 0)::bigint AS n FROM _hatidata_branches`;
      this.#branchBytes.set({ of }, await numberOf(work, sql));
    }
    this.#measuredAt = performance.now();
  }
}

/** Of Node's own numbers the few that say how the process is. */
function addProcess(registry: Registry): void {
  const registers = [registry];
  const memory: Gauge = new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the process",
    registers,
    collect: () => memory.set(process.memoryUsage.rss()),
  });
  const cpu: Gauge = new Gauge({
    name: "process_cpu_seconds",
    help: "Processor time of the process since its start",
    registers,
    collect: () => {
      const { user, system } = process.cpuUsage();
      cpu.set((user + system) / 1_000_000);
    },
  });
}

async function fill(work: RequestWork, gauge: Gauge<"status">, sql: string): Promise<void> {
  gauge.reset();
  for (const { status, n } of await readRows(work, sql)) gauge.set({ status: String(status) }, Number(n));
}

async function numberOf(work: RequestWork, sql: string): Promise<number> {
  const [row] = await readRows(work, sql);
  return Number(row?.["n"]);
}
