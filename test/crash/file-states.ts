/**
 * What kill -9 would leave of the file at each step of a storage change, without a process per kill: after every statement
 * that reached DuckDB the data file and its log are copied as they are on disk, which is all that outlives a process. Equal
 * states are kept once. In between lie the writes of the log itself: it is cut at bytes that a commit added.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { Random } from "./random.js";

export interface FileState {
  readonly path: string;
  /** The statement behind which the file was so; a cut log says how much of it there is. */
  readonly step: string;
}

/** Where statements enter DuckDB; `run` of a connection with parameters goes through a prepared statement. */
const ENTRANCES = [
  { prototype: DuckDBConnection.prototype, names: ["run", "runAndReadAll", "stream"] },
  { prototype: DuckDBPreparedStatement.prototype, names: ["run", "stream"] },
] as const;

/** Runs `work` on an open file. All states that the file had meanwhile, the first and the last among them, in order. */
export async function statesDuring(
  dataFile: string,
  copyTo: (n: number) => string,
  work: () => Promise<unknown>,
): Promise<{ readonly states: FileState[]; readonly statements: number }> {
  const states: FileState[] = [];
  let statements = 0;
  let newest = "";
  const look = async (step: string): Promise<void> => {
    const digest = await digestOf(dataFile);
    if (digest === newest) return;
    newest = digest;
    const path = copyTo(states.length);
    await copyState(dataFile, path);
    states.push({ path, step });
  };
  await look("before");
  const restore = listen(async () => await look(`statement ${++statements}`));
  try {
    await work();
  } finally {
    restore();
  }
  return { states, statements };
}

/** Between any two states one in which the log has only a part of what was appended to it. */
export async function tornStates(states: readonly FileState[], random: Random): Promise<FileState[]> {
  const torn: FileState[] = [];
  for (const [n, later] of states.entries()) {
    const earlier = states[n - 1];
    if (earlier === undefined) continue;
    const [from, to] = [await sizeOf(`${earlier.path}.wal`), await sizeOf(`${later.path}.wal`)];
    if (to <= from) continue;
    const size = from + random.below(to - from);
    const path = `${later.path}-torn`;
    await copyFile(later.path, path);
    await writeFile(`${path}.wal`, (await readFile(`${later.path}.wal`)).subarray(0, size));
    torn.push({ path, step: `${size - from} of ${to - from} bytes before ${later.step}` });
  }
  return torn;
}

/** Calls back behind every statement; gives what ends that. */
function listen(look: () => Promise<void>): () => void {
  const restorers = ENTRANCES.flatMap(({ prototype, names }) =>
    names.map((name) => {
      const original: unknown = Reflect.get(prototype, name);
      if (typeof original !== "function") throw new Error(`${name} is not there`);
      Reflect.set(prototype, name, async function (this: unknown, ...args: readonly unknown[]) {
        const result: unknown = await Reflect.apply(original, this, args);
        await look();
        return result;
      });
      return () => Reflect.set(prototype, name, original);
    }),
  );
  return () => {
    for (const restore of restorers) restore();
  };
}

async function digestOf(dataFile: string): Promise<string> {
  const hash = createHash("sha1");
  for (const path of [dataFile, `${dataFile}.wal`])
    hash.update(existsSync(path) ? await readFile(path) : "").update("|");
  return hash.digest("hex");
}

async function copyState(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  if (existsSync(`${from}.wal`)) await copyFile(`${from}.wal`, `${to}.wal`);
}

async function sizeOf(path: string): Promise<number> {
  return existsSync(path) ? (await stat(path)).size : 0;
}
