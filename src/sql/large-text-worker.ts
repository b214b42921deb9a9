/** The thread behind LargeTextReader: reads one text after the other, and asks back for what DuckDB's parser says. */
import { parentPort } from "node:worker_threads";
import { createAnalyser, loadParser } from "./analyse.js";
import { packReading, type PackedReading } from "./analysis-transfer.js";

/** From the server: a text to read, or DuckDB's answer about one. */
export type ToWorker =
  | { readonly kind: "read"; readonly text: string }
  | { readonly kind: "serialized"; readonly json: string }
  | { readonly kind: "notSerialized"; readonly message: string };

export type FromWorker =
  | { readonly kind: "serialize"; readonly sql: string }
  | { readonly kind: "done"; readonly reading: PackedReading };

/** The question to the server that is open; there is one text at a time, so one question. */
let answer: { resolve(json: string): void; reject(error: Error): void } | undefined;

const analyser = createAnalyser({
  cacheSize: 0,
  maxCachedTextBytes: 0,
  serializeSelect: async (sql) => {
    send({ kind: "serialize", sql });
    return await new Promise((resolve, reject) => {
      answer = { resolve, reject };
    });
  },
});

function send(message: FromWorker): void {
  parentPort?.postMessage(message, []);
}

async function read(text: string): Promise<void> {
  await loadParser();
  send({ kind: "done", reading: await packReading(async () => await analyser.analyse(text)) });
}

parentPort?.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "read":
      // A rejection ends the thread, which the server takes for "too complex".
      void read(message.text);
      return;
    case "serialized":
      answer?.resolve(message.json);
      return;
    case "notSerialized":
      answer?.reject(new Error(message.message));
      return;
    default:
      message satisfies never;
  }
});
