/** What a keyed type is to the codecs: see core/keyed-types.ts. */
import type { InputOptions } from "../parse-value.js";

/** A value as it is stored. */
export interface KeyedValue {
  readonly key: string;
  readonly text: string;
}

export interface KeyedType {
  /** Reads PostgreSQL's text. Errors: SqlError as its input function's. */
  readonly read: (text: string, options: InputOptions) => KeyedValue;
  /** Reads the binary form. Errors: 22P03. */
  readonly readBinary: (bytes: Uint8Array) => KeyedValue;
  /** The binary form of a stored text. */
  readonly writeBinary: (text: string) => Uint8Array;
  /** What a client is sent for a stored text, where that depends on its time zone. */
  readonly show?: (text: string, options: InputOptions) => string;
}
