/** Rows to be sent in order, each exactly once, whoever they come from, and how far they were read. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { ResultColumn } from "../query/types.js";
import type { FormatCode } from "../wire/frontend-messages.js";
import type { EncodedRows } from "./buffered-rows.js";

export abstract class RowReader {
  readonly columns: readonly ResultColumn[];
  /** Of its own; a FETCH may want others. */
  readonly formats: readonly FormatCode[];
  #position: number;
  #atEnd = false;

  constructor(columns: readonly ResultColumn[], formats: readonly FormatCode[], position = 0) {
    this.columns = columns;
    this.formats = formats;
    this.#position = position;
  }

  /** Rows read so far. */
  get position(): number {
    return this.#position;
  }

  /** Somebody tried to read on behind the last row. */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /**
   * At most `maxRows` rows, undefined at the end; their bytes are valid until the next call. `ahead` fetches the next
   * batch while these are encoded and on their way.
   *
   * Errors  0A000 for formats in which the rows cannot be had any more
   */
  async read(maxRows: number, ahead: boolean, formats = this.formats): Promise<EncodedRows | undefined> {
    const part = await this.readSlice(maxRows, ahead, formats);
    if (part === undefined) this.#atEnd = true;
    else this.#position += part.rows;
    return part;
  }

  /** Passes over rows; gives how many there were of them. */
  async skip(count: number): Promise<number> {
    let skipped = 0;
    while (skipped < count) {
      const part = await this.read(count - skipped, false);
      if (part === undefined) break;
      skipped += part.rows;
    }
    return skipped;
  }

  protected abstract readSlice(
    maxRows: number,
    ahead: boolean,
    formats: readonly FormatCode[],
  ): Promise<EncodedRows | undefined>;

  /**
   * Moves the rows not read yet into memory, so that the session can run something else; gives their size.
   *
   * Errors  54000 beyond `limitBytes`; the reader is closed then
   */
  abstract bufferRest(limitBytes: number): Promise<number>;

  /** Nothing is left to be asked of the session. */
  abstract readonly isDetached: boolean;

  /** Safe to call twice, and after the end. */
  abstract close(): Promise<void>;
}

export function sameFormats(one: readonly FormatCode[], other: readonly FormatCode[]): boolean {
  return one === other || (one.length === other.length && one.every((format, i) => format === other[i]));
}

/** What was encoded for a portal cannot be encoded anew: the values are gone. */
export function requireFormats(kept: readonly FormatCode[], wanted: readonly FormatCode[]): void {
  if (sameFormats(kept, wanted)) return;
  throw notSupported(
    "the rows left in this portal can only be had in the formats it was bound with",
    "read them with Execute, or FETCH them before any other statement",
  );
}

/** Errors: 54000 when more bytes of unread rows are kept than may be. */
export function requireBuffered(bytes: number, limitBytes: number): void {
  if (bytes <= limitBytes) return;
  throw new SqlError(SQLSTATE.programLimitExceeded, "too many unread rows in a suspended portal", {
    detail: `Another statement was sent while more than ${limitBytes} bytes of its rows were unread.`,
    hint: "read the portal to its end or close it first",
  });
}
