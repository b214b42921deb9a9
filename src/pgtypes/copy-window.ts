/**
 * The part of COPY's data that is not read yet: what came in pieces of any size lies here in one piece.
 *
 * Owns    one growable buffer; positions are valid until the next `add`
 * Limits  bytes before `start` are forgotten; what is held is one unfinished row and the piece that came last
 */
export class CopyWindow {
  bytes: Uint8Array = new Uint8Array(0);
  /** The first byte not read yet. */
  start = 0;
  end = 0;

  /** Copies a piece behind the rest: the caller may reuse its memory. */
  add(piece: Uint8Array): void {
    const rest = this.end - this.start;
    if (rest + piece.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(rest + piece.length, this.bytes.length * 2));
      grown.set(this.bytes.subarray(this.start, this.end));
      this.bytes = grown;
    } else if (this.start > 0) this.bytes.copyWithin(0, this.start, this.end);
    this.start = 0;
    this.end = rest;
    this.bytes.set(piece, rest);
    this.end += piece.length;
  }
}
