/** A statement's brackets, found in one step over its tokens for all who ask: a list of thousands is read once. */
import type { Token } from "./lexer.js";
import { isSymbol } from "./token-reader.js";

const NONE = -1;

export class Brackets {
  /** The bracket that belongs to the one at an index. */
  readonly #partner: Int32Array;
  /** The innermost bracket around a token, and the commas between its level's beginning and the token. */
  readonly #around: Int32Array;
  readonly #commas: Int32Array;
  /** The first of rows `(…), (…)` that the one whose bracket opens at an index belongs to. */
  readonly #firstRow: Int32Array;

  constructor(tokens: readonly Token[]) {
    const make = (): Int32Array => new Int32Array(tokens.length).fill(NONE);
    [this.#partner, this.#around, this.#commas, this.#firstRow] = [make(), make(), make(), make()];
    const open: Level[] = [{ bracket: NONE, commas: 0 }];
    for (const [index, { kind, value }] of tokens.entries()) {
      const isClosing = kind === "symbol" && ")]}".includes(value);
      const closed = isClosing && open.length > 1 ? open.pop() : undefined;
      if (closed !== undefined) {
        this.#partner[index] = closed.bracket;
        this.#partner[closed.bracket] = index;
      }
      const level = open.at(-1);
      if (level === undefined) continue;
      this.#around[index] = level.bracket;
      this.#commas[index] = level.commas;
      if (kind !== "symbol") continue;
      if (value === ",") level.commas += 1;
      if (!"([{".includes(value)) continue;
      this.#firstRow[index] = this.#rowBefore(tokens, index) ?? index;
      open.push({ bracket: index, commas: 0 });
    }
  }

  /** The bracket that closes the one at `open`. */
  closing(open: number): number | undefined {
    return known(this.#partner[open]);
  }

  /** The bracket that the one at `close` closes. */
  opening(close: number): number | undefined {
    return known(this.#partner[close]);
  }

  /** The innermost bracket around a token. */
  around(at: number): number | undefined {
    return known(this.#around[at]);
  }

  /** The commas between two tokens of one level; undefined for those of two. */
  places(from: number, to: number): number | undefined {
    if (this.#around[from] !== this.#around[to]) return undefined;
    return (this.#commas[to] ?? 0) - (this.#commas[from] ?? 0);
  }

  /** The bracket of the first row of a list of rows. */
  firstRow(open: number): number {
    return this.#firstRow[open] ?? open;
  }

  #rowBefore(tokens: readonly Token[], open: number): number | undefined {
    const isNext = isSymbol(tokens[open - 1], ",") && isSymbol(tokens[open - 2], ")");
    const before = isNext ? this.opening(open - 2) : undefined;
    return before === undefined ? undefined : this.firstRow(before);
  }
}

interface Level {
  readonly bracket: number;
  commas: number;
}

function known(index: number | undefined): number | undefined {
  return index === undefined || index === NONE ? undefined : index;
}
