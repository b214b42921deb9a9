/** How many rows a statement came to, told when the last of them is out. */
import { SqlError } from "../core/errors.js";
import type { CopySink, RowBatch, StatementResult } from "./types.js";

/** Undefined rows where a statement has none. `failure` is what stopped it on its way. */
export type TellEnd = (rows: number | undefined, failure: string | undefined) => void;

/** The same result. */
export function watchedResult(result: StatementResult, tell: TellEnd): StatementResult {
  switch (result.kind) {
    case "rows":
      if (result.held === undefined) return { ...result, batches: watched(result.batches, tell) };
      tell(
        result.held.reduce((sum, batch) => sum + rowsOf(batch), 0),
        undefined,
      );
      return result;
    case "copyOut":
      return { ...result, batches: watched(result.batches, tell) };
    case "copyIn":
      return { ...result, sink: watchedSink(result.sink, tell) };
    case "command":
      tell(countOf(result.tag), undefined);
      return result;
    case "empty":
      tell(undefined, undefined);
      return result;
    default:
      return result satisfies never;
  }
}

/** A statement that failed, by its SQLSTATE. */
function failureOf(error: unknown): string {
  return error instanceof SqlError ? error.code : "internal";
}

async function* watched(
  batches: AsyncIterableIterator<RowBatch>,
  tell: TellEnd,
): AsyncGenerator<RowBatch, void> {
  let rows = 0;
  let failure: string | undefined;
  try {
    for await (const batch of batches) {
      rows += rowsOf(batch);
      yield batch;
    }
  } catch (error) {
    failure = failureOf(error);
    throw error;
  } finally {
    tell(rows, failure);
  }
}

function watchedSink(sink: CopySink, tell: TellEnd): CopySink {
  const failing = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      tell(undefined, failureOf(error));
      throw error;
    }
  };
  return {
    get place() {
      return sink.place;
    },
    write: async (data) => await failing(sink.write(data)),
    finish: async () => {
      const tag = await failing(sink.finish());
      tell(countOf(tag), undefined);
      return tag;
    },
    abort: async (reason) => {
      tell(undefined, "57014");
      await sink.abort(reason);
    },
  };
}

function rowsOf(batch: RowBatch): number {
  return batch.kind === "chunk" ? batch.chunk.rowCount : batch.rows.length;
}

/** `INSERT 0 3`, `UPDATE 3`, `COPY 3`; undefined for tags without one. */
function countOf(tag: string): number | undefined {
  const count = / (\d+)$/.exec(tag)?.[1];
  return count === undefined ? undefined : Number(count);
}
