/**
 * Moments at which a server is killed while it works. Each is an event, not a delay: answers another client got
 * meanwhile, writes to the write-ahead log, or the answer itself.
 */
import { watch } from "node:fs";
import { basename, dirname } from "node:path";
import { connectPg } from "../cli/pg-client.js";
import type { ServerProcess } from "../cli/server-process.js";
import type { Address } from "../support/wire-client.js";

export type RunningServer = ServerProcess & { readonly address: Address };

export type Moment =
  /** Another client has been answered this often since the work began; 0 is at once. */
  | { readonly kind: "answers"; readonly count: number }
  /** The write-ahead log has changed this often. */
  | { readonly kind: "logWrites"; readonly count: number }
  /** The work was reported done. */
  | { readonly kind: "reply" };

/** How long a piece of work lasts, in the units of moments. */
export interface Span {
  readonly answers: number;
  readonly logWrites: number;
}

/** Runs the work undisturbed and counts what happens meanwhile. */
export async function measureSpan(
  server: RunningServer,
  dataFile: string,
  work: () => Promise<unknown>,
): Promise<Span> {
  using log = watchLog(dataFile);
  await using bystander = await connectPg(server.address);
  const done = new AbortController();
  let answers = 0;
  const asking = (async () => {
    for (; !done.signal.aborted; answers++) await bystander.value("SELECT 1");
  })();
  await work();
  done.abort();
  await asking;
  return { answers, logWrites: log.count };
}

/** Runs the work and kills the server at the moment, or when the work is done first. True when the reply had come. */
export async function killDuring(
  server: RunningServer,
  dataFile: string,
  moment: Moment,
  work: () => Promise<unknown>,
): Promise<boolean> {
  using log = watchLog(dataFile);
  await using bystander = await connectPg(server.address);
  let replied = false;
  const working = work().then(
    () => (replied = true),
    // The connection breaks when the server is killed; a refusal while it lives is a failure of the test.
    (error: unknown) => {
      if (isRefusal(error)) throw error;
    },
  );
  await Promise.race([working, reach(moment, bystander, log)]);
  // Whatever was reported before this line must be found again.
  const wasReplied = replied;
  await server.kill();
  await working;
  return wasReplied;
}

async function reach(
  moment: Moment,
  bystander: { value(sql: string): Promise<unknown> },
  log: LogWatch,
): Promise<void> {
  switch (moment.kind) {
    case "answers":
      for (let i = 0; i < moment.count; i++) await bystander.value("SELECT 1");
      return;
    case "logWrites":
      return await log.reaches(moment.count);
    case "reply":
      return await new Promise(() => undefined);
    default:
      return moment satisfies never;
  }
}

/** An error the server answered with, as opposed to a broken connection. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "severity" in error;
}

interface LogWatch extends Disposable {
  readonly count: number;
  /** Resolves at the n-th change since the watch began. */
  reaches(count: number): Promise<void>;
}

function watchLog(dataFile: string): LogWatch {
  const name = `${basename(dataFile)}.wal`;
  let count = 0;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const watcher = watch(dirname(dataFile), (_, changed) => {
    if (changed !== name) return;
    count++;
    for (const entry of waiting) if (entry.count === count) entry.resolve();
  });
  return {
    get count() {
      return count;
    },
    reaches: async (wanted) => {
      await new Promise<void>((resolve) => {
        if (count >= wanted) resolve();
        else waiting.push({ count: wanted, resolve });
      });
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}
