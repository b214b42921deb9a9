/** COPY … TO STDOUT: rows as CopyData. */
import { notSupported } from "../core/errors.js";
import type { StatementResult } from "../query/types.js";
import type { ClientContext } from "./client-context.js";

type CopyOutResult = Extract<StatementResult, { readonly kind: "copyOut" }>;

export async function copyOutRows(_context: ClientContext, result: CopyOutResult): Promise<number> {
  await result.batches.return?.();
  throw notSupported("COPY TO STDOUT is not supported");
}
