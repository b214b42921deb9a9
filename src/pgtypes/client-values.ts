/** How clients say and hear values: what a protocol hands in, what COPY's options come to. */

/** A parameter as the client bound it. `bytes` null is SQL NULL. Valid only until the execute call returns. */
export interface BoundParameter {
  readonly format: "text" | "binary";
  readonly bytes: Uint8Array | null;
}

/** COPY options after parsing, PostgreSQL's names and defaults. */
export interface CopyFormat {
  readonly format: "text" | "csv";
  readonly delimiter: string;
  readonly null: string;
  readonly header: boolean;
  readonly quote: string;
  readonly escape: string;
}
