/** DECLARE CURSOR, FETCH, MOVE and CLOSE. */
import type { CursorMotion, SessionStatement } from "./analysis.js";
import type { TokenReader } from "./token-reader.js";

/** DECLARE without its query, whose text begins at token `queryAt`. */
export interface CursorDeclaration {
  readonly name: string;
  readonly binary: boolean;
  /** Undefined when nothing is said. */
  readonly scroll: boolean | undefined;
  readonly hold: boolean;
  readonly queryAt: number;
}

const MAX_COUNT = 2_147_483_647;
const ONE_ROW: ReadonlyMap<string, CursorMotion> = new Map<string, CursorMotion>([
  ["next", { kind: "relative", count: 1, through: true }],
  ["prior", { kind: "relative", count: -1, through: true }],
  ["first", { kind: "absolute", count: 1 }],
  ["last", { kind: "absolute", count: -1 }],
]);

/** Reads what follows DECLARE up to the query. */
export function readDeclare(tokens: TokenReader): CursorDeclaration {
  const name = tokens.identifier();
  let binary = false;
  let scroll: boolean | undefined;
  while (!tokens.accept("cursor")) {
    if (tokens.accept("no", "scroll")) scroll = false;
    else if (tokens.accept("scroll")) scroll = true;
    else if (tokens.accept("binary")) binary = true;
    else if (tokens.acceptAny(["insensitive", "asensitive"]) === undefined) throw tokens.syntaxError();
  }
  const hold = tokens.accept("with", "hold");
  if (!hold) tokens.accept("without", "hold");
  tokens.expect("for");
  if (tokens.atEnd) throw tokens.syntaxError();
  return { name, binary, scroll, hold, queryAt: tokens.position };
}

/** Reads what follows FETCH or MOVE. */
export function readFetch(tokens: TokenReader, move: boolean): SessionStatement {
  const motion = readMotion(tokens);
  tokens.acceptAny(["from", "in"]);
  return { verb: "fetch", name: tokens.identifier(), motion, move };
}

/** Reads what follows CLOSE. */
export function readClose(tokens: TokenReader): SessionStatement {
  const isAll = tokens.isAt("all");
  const name = tokens.identifier();
  return { verb: "closeCursor", name: isAll ? undefined : name };
}

function readMotion(tokens: TokenReader): CursorMotion {
  // A name may be any of these words: alone, it is the cursor's.
  const isNameAlone = tokens.peek(1) === undefined;
  const oneRow = ONE_ROW.get(tokens.peek()?.kind === "word" ? (tokens.peek()?.value ?? "") : "");
  if (isNameAlone) return { kind: "relative", count: 1, through: true };
  if (oneRow !== undefined) {
    tokens.next();
    return oneRow;
  }
  if (tokens.accept("absolute")) return { kind: "absolute", count: readCount(tokens) };
  if (tokens.accept("relative")) return { kind: "relative", count: readCount(tokens), through: false };
  const backward = tokens.accept("backward");
  if (!backward) tokens.accept("forward");
  const count = tokens.accept("all") ? Number.POSITIVE_INFINITY : isCount(tokens) ? readCount(tokens) : 1;
  return { kind: "relative", count: backward ? -count : count, through: true };
}

function isCount(tokens: TokenReader): boolean {
  return tokens.peek()?.kind === "number" || tokens.isAtSymbol("-") || tokens.isAtSymbol("+");
}

function readCount(tokens: TokenReader): number {
  const at = tokens.position;
  const sign = tokens.acceptSymbol("-") ? -1 : 1;
  if (sign === 1) tokens.acceptSymbol("+");
  const token = tokens.next();
  const count = Number(token.value);
  if (token.kind !== "number" || !/^\d+$/.test(token.value) || count > MAX_COUNT)
    throw tokens.syntaxError(at);
  return sign * count;
}
