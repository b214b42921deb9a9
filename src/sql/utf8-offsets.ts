/** Translates UTF-8 byte offsets, as parsers give them, to UTF-16 offsets. Owns its table; costs nothing for ASCII. */
export class Utf8Offsets {
  /** At each byte offset the UTF-16 offset; undefined when they are the same everywhere. */
  private readonly table: Uint32Array | undefined;

  constructor(text: string) {
    const byteLength = Buffer.byteLength(text, "utf8");
    this.table = byteLength === text.length ? undefined : buildTable(text, byteLength);
  }

  toUtf16(byteOffset: number): number {
    if (this.table === undefined) return byteOffset;
    return this.table[Math.min(byteOffset, this.table.length - 1)] ?? 0;
  }
}

function buildTable(text: string, byteLength: number): Uint32Array {
  const table = new Uint32Array(byteLength + 1);
  let byte = 0;
  let offset = 0;
  for (const character of text) {
    const bytes = Buffer.byteLength(character, "utf8");
    table.fill(offset, byte, byte + bytes);
    byte += bytes;
    offset += character.length;
  }
  table[byteLength] = text.length;
  return table;
}
