/** Columns of a result as RowDescription tells them. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { describeType } from "../pgtypes/oids.js";
import type { ResultColumn } from "../query/types.js";
import type { FieldDescription } from "../wire/backend-messages.js";
import type { FormatCode } from "../wire/frontend-messages.js";

/** Format and count fields are 16 bit; PostgreSQL's own limit is 1,664 columns. */
const MAX_COLUMNS = 32_767;

/**
 * The types a client was told, or null for "no rows": what a later result is held against. An "open" column was told as
 * text because its type was not known; it is sent as text whatever it turns out to be.
 */
export type AnnouncedTypes = readonly (number | "open")[] | null;

/** One format per item from none (all text), one (for all) or as many as there are items. */
export function expandFormats<Code extends number>(formats: readonly Code[], count: number): (Code | 0)[] {
  const only = formats.length === 1 ? formats[0] : undefined;
  return Array.from({ length: count }, (_, index) => only ?? formats[index] ?? 0);
}

/** Result formats of a Bind for the columns there are, as sent. Errors: 08P01 when their numbers differ. */
export function resultFormats(formats: readonly number[], columnCount: number): number[] {
  if (formats.length > 1 && formats.length !== columnCount) {
    throw new SqlError(
      SQLSTATE.protocolViolation,
      `bind message has ${formats.length} result formats but query has ${columnCount} columns`,
    );
  }
  return expandFormats(formats, columnCount);
}

/** The fields of a RowDescription. Errors: 54000 for more columns than the protocol can count. */
export function describeColumns(
  columns: readonly ResultColumn[],
  formats: readonly number[],
): FieldDescription[] {
  if (columns.length > MAX_COLUMNS) {
    throw new SqlError(SQLSTATE.programLimitExceeded, `a result can have at most ${MAX_COLUMNS} columns`);
  }
  return columns.map((column, index) => {
    const { oid, size, typmod } = describeType(column.type);
    const format = formats[index] ?? 0;
    return {
      name: column.name,
      tableOid: column.origin?.table ?? 0,
      columnNumber: column.origin?.column ?? 0,
      typeOid: oid,
      typeSize: size,
      typeModifier: column.typmod ?? typmod,
      format,
    };
  });
}

const announcedBefore = new WeakMap<readonly ResultColumn[], AnnouncedTypes>();

/** The types announced by describing these columns; the same list for the same columns. */
export function announcedTypes(columns: readonly ResultColumn[] | null): AnnouncedTypes {
  if (columns === null) return null;
  const known = announcedBefore.get(columns);
  if (known !== undefined) return known;
  const types = columns.map(({ type }) => (type === null ? "open" : describeType(type).oid));
  announcedBefore.set(columns, types);
  return types;
}

/**
 * Holds a result against what the client was told: it decodes rows by that, so a difference would be read as wrong
 * values. Errors: 0A000, PostgreSQL's answer to the same.
 */
export function requireAnnounced(announced: AnnouncedTypes | undefined, actual: AnnouncedTypes): void {
  if (announced === undefined || announced === actual) return;
  const same =
    announced === null || actual === null
      ? announced === actual
      : announced.length === actual.length &&
        announced.every((oid, index) => oid === "open" || oid === told(actual[index]));
  if (same) return;
  // asyncpg and pgjdbc prepare anew by themselves, and know the case by this name alone.
  const routine = "RevalidateCachedQuery";
  throw new SqlError(SQLSTATE.featureNotSupported, "cached plan must not change result type", { routine });
}

/**
 * Formats to encode in: an open column is text, and text is the same bytes in both formats. A code without a meaning is for
 * the first row to say.
 */
export function encodingFormats(
  formats: readonly number[],
  announced: AnnouncedTypes | undefined,
): FormatCode[] {
  return formats.map((format, index) => (announced?.[index] !== "open" && format === 1 ? 1 : 0));
}

function told(type: number | "open" | undefined): number | undefined {
  return type === "open" ? describeType(null).oid : type;
}
