/** Runs a jsonpath over a document, by PostgreSQL's rules for lax and strict. Items are texts of canonical JSON. Pure. */
import { notSupported, SQLSTATE, SqlError } from "../../core/errors.js";
import { partsOf } from "./document-parts.js";
import {
  compared,
  doubleOf,
  isLeaf,
  itemsOf,
  kindOf,
  known,
  stringOf,
  type Item,
  type Truth,
} from "./json-items.js";
import { computedNumber, wholeNumber } from "./json-numbers.js";
import { isPredicate, type JsonPath, type Method, type PathNode } from "./json-path-grammar.js";

/** Items that one path may pass on at a time, and steps it may take: `$.**` of one of them is as many again. */
const MAX_STEPS = 1_000_000;

interface Place {
  readonly current: Item;
  /** Of the array that is being subscripted. */
  readonly last: number | undefined;
}

export class PathRun {
  readonly #path: JsonPath;
  readonly #root: Item;
  readonly #variables: Item;
  #steps = 0;

  constructor(path: JsonPath, root: Item, variables: Item) {
    this.#path = path;
    this.#root = root;
    this.#variables = variables;
  }

  /** What the path gives. Errors: PostgreSQL's of class 22, those that `strict` does not forgive */
  items(): readonly Item[] {
    return this.each(this.#path.node, { current: this.#root, last: undefined });
  }

  private get isLax(): boolean {
    return !this.#path.isStrict;
  }

  private count(items: readonly Item[]): readonly Item[] {
    this.#steps += items.length + 1;
    if (this.#steps > MAX_STEPS)
      throw new SqlError(SQLSTATE.statementTooComplex, "a jsonpath takes too many steps");
    return items;
  }

  private each(node: PathNode, place: Place): readonly Item[] {
    if (isPredicate(node)) {
      const truth = this.truth(node, place);
      return [truth === undefined ? "null" : String(truth)];
    }
    return this.count(this.found(node, place));
  }

  private found(node: PathNode, place: Place): readonly Item[] {
    switch (node.kind) {
      case "root":
        return [this.#root];
      case "current":
        return [place.current];
      case "last":
        if (place.last === undefined)
          throw new SqlError(SQLSTATE.syntaxError, "LAST is allowed only in array subscripts");
        return [String(place.last)];
      case "literal":
        return [node.text];
      case "variable":
        return [this.variable(node.name)];
      case "member":
        return this.unwrapped(node.of, place).flatMap((item) => this.member(item, node));
      case "members":
        return this.unwrapped(node.of, place).flatMap((item) => this.members(item, node.of));
      case "elements":
        return this.each(node.of, place).flatMap((item) => this.elements(item, node.of));
      case "descendants":
        return this.each(node.of, place).flatMap((item) => this.descendants(item, node.from, node.to, 0));
      case "subscript":
        return this.each(node.of, place).flatMap((item) => this.subscripted(item, node, place));
      case "filter":
        return this.unwrapped(node.of, place).filter(
          (item) => this.truth(node.test, { ...place, current: item }) === true,
        );
      case "method":
        return this.method(node.name, node.of, place);
      case "sign":
        return this.unwrapped(node.of, place).map((item) => this.signed(item, node.operator));
      case "arithmetic":
        return [this.computed(node, place)];
      default:
        throw new Error(`${node.kind} is a predicate`);
    }
  }

  private variable(name: string): Item {
    const parts = partsOf(this.#variables);
    const found =
      parts.kind === "object" ? parts.members.find(([key]) => stringOf(key) === name)?.[1] : undefined;
    if (found === undefined)
      throw new SqlError(SQLSTATE.undefinedObject, `could not find jsonpath variable "${name}"`);
    return found;
  }

  /** In lax mode arrays are taken apart. */
  private unwrapped(node: PathNode, place: Place): readonly Item[] {
    const items = this.each(node, place);
    return this.isLax ? this.count(items.flatMap((item) => itemsOf(item))) : items;
  }

  private member(item: Item, { of, key }: Extract<PathNode, { kind: "member" }>): readonly Item[] {
    const parts = partsOf(item);
    if (parts.kind !== "object")
      return this.orFail(
        of,
        SQLSTATE.sqlJsonMemberNotFound,
        "jsonpath member accessor can only be applied to an object",
      );
    const found = parts.members.find(([name]) => stringOf(name) === key);
    return found === undefined
      ? this.orFail(of, SQLSTATE.sqlJsonMemberNotFound, `JSON object does not contain key "${key}"`)
      : [found[1]];
  }

  /** Nothing in lax mode, and of what `.**` came by. */
  private orFail(
    of: PathNode,
    code: (typeof SQLSTATE)[keyof typeof SQLSTATE],
    message: string,
  ): readonly Item[] {
    if (this.isLax || isBehindAll(of)) return [];
    throw new SqlError(code, message);
  }

  private members(item: Item, of: PathNode): readonly Item[] {
    const parts = partsOf(item);
    return parts.kind === "object"
      ? parts.members.map(([, value]) => value)
      : this.orFail(
          of,
          SQLSTATE.sqlJsonObjectNotFound,
          "jsonpath wildcard member accessor can only be applied to an object",
        );
  }

  /** In lax mode what is no array is one of itself. */
  private elements(item: Item, of: PathNode): readonly Item[] {
    if (this.isLax || kindOf(item) === "array") return itemsOf(item);
    return this.orFail(
      of,
      SQLSTATE.sqlJsonArrayNotFound,
      "jsonpath wildcard array accessor can only be applied to an array",
    );
  }

  private descendants(item: Item, from: number, to: number, level: number): readonly Item[] {
    // `{last}` are those that have nothing in them.
    const isTaken = from === Number.POSITIVE_INFINITY ? isLeaf(item) : level >= from && level <= to;
    const own = isTaken ? [item] : [];
    if (level >= to) return this.count(own);
    const parts = partsOf(item);
    const inner =
      parts.kind === "object"
        ? parts.members.map(([, value]) => value)
        : parts.kind === "array"
          ? parts.items
          : [];
    return this.count([...own, ...inner.flatMap((each) => this.descendants(each, from, to, level + 1))]);
  }

  private subscripted(
    item: Item,
    node: Extract<PathNode, { kind: "subscript" }>,
    place: Place,
  ): readonly Item[] {
    if (!this.isLax && kindOf(item) !== "array")
      return this.orFail(
        node.of,
        SQLSTATE.sqlJsonArrayNotFound,
        "jsonpath array accessor can only be applied to an array",
      );
    const items = itemsOf(item);
    const inside = { ...place, last: items.length - 1 };
    return node.subscripts.flatMap(({ from, to }) => {
      const first = this.index(from, inside);
      const last = to === undefined ? first : this.index(to, inside);
      const isOutside = first < 0 || first > last || last >= items.length;
      if (isOutside)
        this.orFail(node.of, SQLSTATE.invalidSqlJsonSubscript, "jsonpath array subscript is out of bounds");
      return items.slice(Math.max(first, 0), Math.max(last + 1, 0));
    });
  }

  private index(node: PathNode, place: Place): number {
    const [item, ...more] = this.each(node, place);
    const whole = item !== undefined && kindOf(item) === "number" ? Math.trunc(Number(item)) : undefined;
    if (whole === undefined || more.length > 0)
      throw new SqlError(
        SQLSTATE.invalidSqlJsonSubscript,
        "jsonpath array subscript is not a single numeric value",
      );
    return whole;
  }

  private method(name: Method, of: PathNode, place: Place): readonly Item[] {
    if (name === "type") return this.each(of, place).map((item) => `"${kindOf(item)}"`);
    if (name === "size") return this.each(of, place).map((item) => this.size(item));
    return this.unwrapped(of, place).flatMap((item) => this.made(name, item));
  }

  private size(item: Item): Item {
    if (kindOf(item) === "array") return String(itemsOf(item).length);
    if (this.isLax) return "1";
    throw new SqlError(
      SQLSTATE.sqlJsonArrayNotFound,
      "jsonpath item method .size() can only be applied to an array",
    );
  }

  private made(name: Exclude<Method, "type" | "size">, item: Item): readonly Item[] {
    if (name === "keyvalue") throw notSupported(".keyvalue() in a jsonpath is not supported");
    if (name === "double") return [doubleOf(item)];
    if (kindOf(item) !== "number")
      throw new SqlError(
        SQLSTATE.nonNumericSqlJsonItem,
        `jsonpath item method .${name}() can only be applied to a numeric value`,
      );
    if (name === "abs") return [item.replace(/^-/, "")];
    return [known(wholeNumber(item, name === "ceiling" ? "up" : "down"))];
  }

  private signed(item: Item, operator: "+" | "-"): Item {
    if (kindOf(item) !== "number")
      throw new SqlError(
        SQLSTATE.sqlJsonNumberNotFound,
        `operand of unary jsonpath operator ${operator} is not a numeric value`,
      );
    return operator === "+" ? item : known(computedNumber("-", "0", item));
  }

  private computed(node: Extract<PathNode, { kind: "arithmetic" }>, place: Place): Item {
    const side = (of: PathNode, name: string): Item => {
      const [item, ...more] = this.unwrapped(of, place);
      if (item !== undefined && more.length === 0 && kindOf(item) === "number") return item;
      throw new SqlError(
        SQLSTATE.singletonSqlJsonItemRequired,
        `${name} operand of jsonpath operator ${node.operator} is not a single numeric value`,
      );
    };
    const [left, right] = [side(node.left, "left"), side(node.right, "right")];
    return known(computedNumber(node.operator, left, right));
  }

  /** Errors inside of a predicate make it unknown. */
  private truth(node: PathNode, place: Place): Truth {
    switch (node.kind) {
      case "and": {
        const left = this.truth(node.left, place);
        if (left === false) return false;
        const right = this.truth(node.right, place);
        return right === false ? false : left === undefined ? undefined : right;
      }
      case "or": {
        const left = this.truth(node.left, place);
        if (left === true) return true;
        const right = this.truth(node.right, place);
        return right === true ? true : left === undefined ? undefined : right;
      }
      case "not": {
        const truth = this.truth(node.of, place);
        return truth === undefined ? undefined : !truth;
      }
      case "unknown":
        return this.truth(node.of, place) === undefined;
      case "exists":
        return forgiving(() => this.each(node.of, place).length > 0);
      case "starts":
        return this.pairs(node.left, node.right, place, (left, right) =>
          kindOf(left) === "string" && kindOf(right) === "string"
            ? stringOf(left).startsWith(stringOf(right))
            : undefined,
        );
      case "comparison":
        return this.pairs(node.left, node.right, place, (left, right) =>
          compared(node.operator, left, right),
        );
      default:
        throw new SqlError(SQLSTATE.syntaxError, "a condition is expected in a jsonpath");
    }
  }

  /** One pair is enough in lax mode; strict looks at all of them, and one that cannot be told makes all of it unknown. */
  private pairs(
    left: PathNode,
    right: PathNode,
    place: Place,
    test: (left: Item, right: Item) => Truth,
  ): Truth {
    return forgiving(() => {
      const [lefts, rights] = [this.unwrapped(left, place), this.unwrapped(right, place)];
      let found: Truth = false;
      let isUnknown = false;
      for (const one of lefts)
        for (const other of this.count(rights)) {
          const truth = test(one, other);
          if (truth === undefined) {
            if (!this.isLax) return undefined;
            isUnknown = true;
          } else if (truth) {
            if (this.isLax) return true;
            found = true;
          }
        }
      return found || !isUnknown ? found : undefined;
    });
  }
}

function isBehindAll(node: PathNode): boolean {
  for (let at: PathNode | undefined = node; at !== undefined; at = "of" in at ? at.of : undefined)
    if (at.kind === "descendants") return true;
  return false;
}

/** What a path forgives: what it finds wrong with a document, class 22. */
export function isForgiven(error: unknown): boolean {
  return error instanceof SqlError && error.code.startsWith("22");
}

function forgiving(ask: () => Truth): Truth {
  try {
    return ask();
  } catch (error) {
    if (isForgiven(error)) return undefined;
    throw error;
  }
}
