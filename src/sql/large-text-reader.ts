/**
 * Reads large texts in a thread of their own: the parser takes about 0.2 s for 1 MB, and a thread that reads one cannot
 * serve anybody meanwhile.
 *
 * Owns    one worker, started with the first large text and again after one that was too much for it
 * Limits  texts wait for each other; a text that needs more than `maxHeapMb` is 54001, and the server lives on
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Mutex } from "../core/mutex.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { StatementAnalysis } from "./analysis.js";
import { unpackReading, type PackedReading } from "./analysis-transfer.js";
import type { SerializeSelect } from "./duckdb-dialect.js";
import type { FromWorker, ToWorker } from "./large-text-worker.js";

/** Of the thread; a tree of 1 MB of SQL takes some 50 MB. */
const MAX_HEAP_MB = 1024;

/** A thread runs the built file, also when the server itself runs from its sources, as in the tests. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/sql/large-text-worker.js" : "./large-text-worker.js",
  import.meta.url,
);

export class LargeTextReader implements AsyncDisposable {
  readonly #serializeSelect: SerializeSelect;
  readonly #maxHeapMb: number;
  readonly #turn = new Mutex();
  #worker: Worker | undefined;

  constructor(serializeSelect: SerializeSelect, maxHeapMb = MAX_HEAP_MB) {
    this.#serializeSelect = serializeSelect;
    this.#maxHeapMb = maxHeapMb;
  }

  /** The same as `Analyser.analyse`. Throws 54001 when the text is too much for the thread. */
  async read(text: string): Promise<readonly StatementAnalysis[]> {
    return unpackReading(await this.#turn.run(async () => await this.#readNext(text)));
  }

  async #readNext(text: string): Promise<PackedReading> {
    const worker = this.#worker ?? this.#start();
    // An idle thread must not keep the process alive.
    worker.ref();
    try {
      send(worker, { kind: "read", text });
      for (;;) {
        const message = await nextMessage(worker);
        if (message.kind === "done") return message.reading;
        send(worker, await this.#serialize(message.sql));
      }
    } catch (error) {
      this.#worker = undefined;
      await worker.terminate();
      throw new SqlError(SQLSTATE.statementTooComplex, "statement is too complex to be parsed", {
        cause: error,
      });
    } finally {
      worker.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(WORKER_FILE, { resourceLimits: { maxOldGenerationSizeMb: this.#maxHeapMb } });
    // Whoever waits for the thread hears of its end; an error nobody listens to would end the process.
    worker.on("error", () => undefined);
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }

  async #serialize(sql: string): Promise<ToWorker> {
    try {
      return { kind: "serialized", json: await this.#serializeSelect(sql) };
    } catch (error) {
      return { kind: "notSerialized", message: error instanceof Error ? error.message : "failed" };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message, []);
}

/** Rejects when the thread ends instead. */
async function nextMessage(worker: Worker): Promise<FromWorker> {
  const over = new AbortController();
  try {
    return await Promise.race([firstMessage(worker, over.signal), untilGone(worker, over.signal)]);
  } finally {
    over.abort();
  }
}

async function firstMessage(worker: Worker, signal: AbortSignal): Promise<FromWorker> {
  const [message]: FromWorker[] = await once(worker, "message", { signal });
  if (message === undefined) throw new Error("the thread sent nothing");
  return message;
}

async function untilGone(worker: Worker, signal: AbortSignal): Promise<never> {
  await once(worker, "exit", { signal });
  throw new Error("the thread ended");
}
