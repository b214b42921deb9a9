/** Reads DataRow messages back into rows, strictly: what the encoders' tests compare. */

export type RawRow = (Uint8Array | null)[];

/** Splits a run of DataRow messages; throws when a length does not add up. */
export function readDataRows(bytes: Uint8Array): RawRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: RawRow[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (view.getUint8(at) !== 0x44) throw new Error(`no DataRow at ${at}`);
    const end = at + 1 + view.getInt32(at + 1);
    const row: RawRow = [];
    let next = at + 7;
    for (let left = view.getInt16(at + 5); left > 0; left--) {
      const length = view.getInt32(next);
      next += 4;
      row.push(length < 0 ? null : bytes.slice(next, next + length));
      next += Math.max(0, length);
    }
    if (next !== end) throw new Error(`a DataRow of ${end - at} bytes has fields up to ${next - at}`);
    rows.push(row);
    at = end;
  }
  return rows;
}

export function textOf(value: Uint8Array | null | undefined): string | null {
  return value === null || value === undefined ? null : Buffer.from(value).toString("utf8");
}

export function hexOf(value: Uint8Array | null | undefined): string | null {
  return value === null || value === undefined ? null : Buffer.from(value).toString("hex");
}
