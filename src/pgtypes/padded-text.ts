/** char(n), which DuckDB keeps without the blanks that PostgreSQL shows behind it. */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId, withAlias } from "../engine/vector-values.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { rewrittenText } from "./rewritten-text.js";

const BLANK = 0x20;
/** A modifier counts its own four bytes. */
const HEADER_BYTES = 4;
const PADDED = /^bpchar\((\d+)\)$/;

/** The type by the name that says its length; any other type as it is. */
export function paddedType(type: EngineType, typmod: number): EngineType {
  const isLimited = type.typeId === EngineTypeId.VARCHAR && type.alias === "bpchar" && typmod > HEADER_BYTES;
  return isLimited ? withAlias(type, `bpchar(${typmod - HEADER_BYTES})`) : type;
}

/** Undefined for other types, and for char without a length. */
export function paddedText({ alias = "" }: EngineType): ColumnEncoder | undefined {
  const length = Number(PADDED.exec(alias)?.[1] ?? 0);
  if (length === 0) return undefined;
  return rewrittenText((cells, bytes, start, end) => {
    cells.append(bytes, start, end);
    for (let missing = length - characters(bytes, start, end); missing > 0; missing--) cells.push(BLANK);
  });
}

/** Bytes that do not go on with a character. */
function characters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) count += 1;
  return count;
}
