/**
 * Which groups of a regular expression took no part in a match: RE2 as DuckDB calls it gives '' for those, and for those
 * that matched nothing. Often the pattern says which of the two it can be.
 */
import { notSupported } from "../../core/errors.js";
import type { TextFunction } from "../../engine/text-function.js";

/** The function of this program: what the groups of a match are, as JSON, and the pattern. */
export const GROUP_STATES = "duckbranch_group_states";

interface Group {
  /** The number of the group around it; 0 for none. */
  readonly around: number;
  /** Whether it may be passed over where the group around it is not. */
  isOptional: boolean;
  canBeEmpty: boolean;
}

/** Null for what took no part. Throws 0A000 where that cannot be told. */
export const tellGroups: TextFunction = ([found, pattern]) => {
  if (found === null || found === undefined || pattern === null || pattern === undefined) return null;
  const groups = new PatternReader(pattern).groups();
  const values: readonly string[] = JSON.parse(found);
  const states: boolean[] = [true];
  for (const [index, value] of values.entries())
    states.push(value !== "" || takesPart(groups[index], states));
  return JSON.stringify(values.map((value, index) => (states[index + 1] === true ? value : null)));
};

function takesPart(group: Group | undefined, states: readonly boolean[]): boolean {
  if (group === undefined) return true;
  if (states[group.around] !== true) return false;
  if (!group.isOptional) return true;
  if (!group.canBeEmpty) return false;
  throw notSupported(
    "it cannot be told whether a group of this regular expression matched nothing or took no part",
    "write the optional group so that it matches one character at least",
  );
}

/** Escapes that match a place, not a character. */
const PLACES = "bBAzZmMyY";

/** Reads a pattern once, from left to right. */
class PatternReader {
  private at = 0;
  private readonly found: Group[] = [];

  private readonly pattern: string;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  groups(): readonly Group[] {
    // A bracket too many is RE2's to refuse.
    while (this.at < this.pattern.length) {
      this.alternatives(0);
      this.at += 1;
    }
    return this.found;
  }

  /** Up to a closing bracket or the end; whether all of it can match nothing. */
  private alternatives(around: number): boolean {
    const first = this.found.length;
    let canBeEmpty = this.sequence(around);
    let hasOthers = false;
    while (this.peek() === "|") {
      this.at += 1;
      hasOthers = true;
      canBeEmpty = this.sequence(around) || canBeEmpty;
    }
    if (hasOthers) this.passOver(first, around);
    return canBeEmpty;
  }

  private sequence(around: number): boolean {
    let canBeEmpty = true;
    while (this.at < this.pattern.length && this.peek() !== "|" && this.peek() !== ")") {
      const first = this.found.length;
      const isEmpty = this.atom(around);
      const isOptional = this.quantifier();
      if (isOptional) this.passOver(first, around);
      canBeEmpty &&= isEmpty || isOptional;
    }
    return canBeEmpty;
  }

  private atom(around: number): boolean {
    const character = this.peek();
    this.at += 1;
    if (character === "(") return this.bracket(around);
    if (character === "[") this.skipClass();
    if (character === "\\") {
      this.at += 1;
      return PLACES.includes(this.pattern.charAt(this.at - 1));
    }
    return character === "^" || character === "$";
  }

  private bracket(around: number): boolean {
    const words = /^\?(?:[a-zA-Z-]*(:|\))|P?<\w+>)/.exec(this.pattern.slice(this.at));
    if (words !== null) this.at += words[0].length;
    // Options for what follows: (?i)
    if (words?.[1] === ")") return true;
    const isNamed = words !== null && words[1] === undefined;
    const group = words === null || isNamed ? { around, isOptional: false, canBeEmpty: true } : undefined;
    if (group !== undefined) this.found.push(group);
    const canBeEmpty = this.alternatives(group === undefined ? around : this.found.length);
    this.at += 1;
    if (group !== undefined) group.canBeEmpty = canBeEmpty;
    return canBeEmpty;
  }

  /** A bracket that comes first in a class belongs to it, and classes have names: []a], [[:alpha:]] */
  private skipClass(): void {
    const rest = /^\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]/.exec(this.pattern.slice(this.at));
    this.at += rest?.[0].length ?? this.pattern.length;
  }

  /** Steps over the quantifiers here; whether they allow none. */
  private quantifier(): boolean {
    let allowsNone = false;
    for (;;) {
      const written = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(this.pattern.slice(this.at, this.at + 32));
      if (written === null) return allowsNone;
      this.at += written[0].length;
      if (written[0].startsWith("*") || written[0].startsWith("?") || Number(written[1] ?? 1) === 0)
        allowsNone = true;
    }
  }

  /** What was found since, and not inside of another group, may take no part. */
  private passOver(first: number, around: number): void {
    for (const group of this.found.slice(first)) if (group.around === around) group.isOptional = true;
  }

  private peek(): string {
    return this.pattern.charAt(this.at);
  }
}
