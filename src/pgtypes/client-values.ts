/** How clients say and hear values: what a protocol hands in, what COPY's options come to. */

/** A parameter as the client bound it. `bytes` null is SQL NULL. Valid only until the execute call returns. */
export interface BoundParameter {
  readonly format: "text" | "binary";
  readonly bytes: Uint8Array | null;
}

/** How the data of a COPY looks: its options, checked and with PostgreSQL's defaults. */
export type CopyFormat = ({ readonly format: "binary" } | TextCopyFormat) & {
  /** Of the data, where that is not the client's. */
  readonly encoding?: string;
};

export interface TextCopyFormat {
  readonly format: "text" | "csv";
  /** One byte, as are `quote` and `escape`, which only csv uses. */
  readonly delimiter: string;
  readonly null: string;
  readonly header: "none" | "line" | "match";
  readonly quote: string;
  readonly escape: string;
}
