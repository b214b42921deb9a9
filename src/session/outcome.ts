/** What a statement gave its client: a result of the session, or rows of one of the client's own portals. */
import type { ResultColumn, StatementResult } from "../query/types.js";
import type { FormatCode } from "../wire/frontend-messages.js";
import type { RowReader } from "./row-reader.js";

/** FETCH from a portal. */
export interface FetchResult {
  readonly kind: "fetched";
  readonly columns: readonly ResultColumn[];
  readonly open: (formats: readonly FormatCode[]) => RowReader;
  readonly tag: (rows: number) => string;
}

export type Outcome = StatementResult | FetchResult;
export type RowsOutcome = Extract<Outcome, { readonly kind: "rows" | "fetched" }>;
export type CommandOutcome = Exclude<Outcome, RowsOutcome>;
