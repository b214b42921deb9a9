/** Random conversations: what a client might send, in any order, with mistakes. Each turn ends with ReadyForQuery. */
import type { Random } from "./random.js";
import { PARSED, PLAIN, WRONG } from "./statements.js";

/** `q` is SQL's: a Parse under this name could execute itself, which PostgreSQL refuses elsewhere than we do. */
const STATEMENTS = ["", "", "s1", "s2", "q"];
const PORTALS = ["", "", "p1", "p2", "h"];
const RESULT_FORMATS = [[], [0], [1], [0, 1], [1, 1], [0, 0, 0], [2], [0, 7]];
const WRONG_FORMATS = [[0, 0, 0], [2], [0, 1]];
const OIDS: Readonly<Record<string, number>> = { i: 23, t: 25, b: 16, l: 20 };

export function randomTurn(random: Random): string[] {
  const kind = random.below(20);
  if (kind < 8) return [query(random.of(PLAIN))];
  if (kind < 10) return [query(random.of(WRONG))];
  if (kind < 11) return copyTurn(random);
  return extendedTurn(random);
}

function query(text: string): string {
  return `Query ${JSON.stringify(text)}`;
}

function copyTurn(random: Random): string[] {
  const data = random.of([
    "10\tten\n",
    "11\televen\n12\t\\N\n",
    "x\tnone\n",
    "13\n",
    "14\tfour\tteen\n",
    "14,x\n",
    "",
  ]);
  const end = random.of(["CopyDone", "CopyDone", "CopyDone", 'CopyFail "enough"']);
  const text = random.of([
    "copy t from stdin",
    "copy t (a, b) from stdin; select 1::int4 as a",
    "copy t from stdin (format csv)",
    "copy k from stdin",
    "insert into t values (15, 'first'); copy t from stdin",
  ]);
  if (random.below(4) > 0) return [query(text), `CopyData ${JSON.stringify(data)}`, end];
  const parse = `Parse ${JSON.stringify({ name: "", text: "copy t from stdin" })}`;
  return [parse, "Bind {}", "Execute {}", `CopyData ${JSON.stringify(data)}`, end, "Sync"];
}

function extendedTurn(random: Random): string[] {
  const messages: string[] = [];
  for (let count = 1 + random.below(6); count > 0; count--) messages.push(...extendedMessages(random));
  return [...messages, "Sync"];
}

/** Mostly the usual row of messages, so that something is run at all; else any one. */
function extendedMessages(random: Random): string[] {
  const name = random.of(STATEMENTS);
  const portal = random.of(PORTALS);
  const { text, kinds } = random.of(PARSED);
  const types = declaredTypes(random, kinds);
  const parse = `Parse ${JSON.stringify({ name: name === "q" ? "" : name, text, types })}`;
  const execute = `Execute ${JSON.stringify({ portal, rows: random.of([0, 0, 0, 1, 2, 5]) })}`;
  const describePortal = `Describe ${JSON.stringify({ type: "P", name: portal })}`;
  const describeStatement = `Describe ${JSON.stringify({ type: "S", name })}`;
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return [parse, randomBind(random, portal, name, kinds), describePortal, execute];
    case 3:
    case 4:
      return [parse, describeStatement, randomBind(random, portal, name, kinds), execute];
    case 5:
      return [randomBind(random, portal, name, kinds), execute];
    case 6:
      return [parse];
    case 7:
    case 8:
      return [execute];
    case 9:
      return [describeStatement];
    case 10:
      return [describePortal];
    case 11:
      return [
        `Close ${JSON.stringify(random.below(2) === 0 ? { type: "S", name } : { type: "P", name: portal })}`,
      ];
    case 12:
      return [parse, randomBind(random, portal, name, kinds), execute, execute];
    default:
      return ["Flush"];
  }
}

/** None, those that are meant, some of them, and more than there are. Others PostgreSQL refuses where we convert. */
function declaredTypes(random: Random, kinds: string): readonly number[] {
  const right = Array.from(kinds, (kind) => OIDS[kind] ?? 0);
  switch (random.below(8)) {
    case 0:
    case 1:
      return right;
    case 2:
      return right.map((oid) => (random.below(2) === 0 ? oid : 0));
    case 3:
      return [...right, random.of([0, 25])];
    default:
      return [];
  }
}

/** Values as hexadecimal, in text and in binary. */
const VALUES: Readonly<Record<string, readonly (readonly [text: string, binary: string])[]>> = {
  i: [
    ["2", "00000002"],
    ["0", "00000000"],
    ["41", "00000029"],
  ],
  l: [
    ["1", "0000000000000001"],
    ["3", "0000000000000003"],
  ],
  t: [
    ["two", "74776f"],
    ["", ""],
  ],
  b: [
    ["t", "01"],
    ["false", "00"],
  ],
};
const WRONG_VALUES: readonly (readonly [text: string, binary: string])[] = [
  ["x", "78"],
  ["99999999999", "0000"],
];

function randomBind(random: Random, portal: string, statement: string, kinds: string): string {
  const usual = random.below(4) > 0;
  const wanted = usual ? kinds : random.of(["", "i", "t", "it", "lit"]);
  const binary = random.below(4) === 0;
  const values = Array.from(wanted, (kind) => {
    const chance = random.below(20);
    if (chance === 0) return null;
    const [text, bytes] = random.of(chance === 1 ? WRONG_VALUES : (VALUES[kind] ?? WRONG_VALUES));
    return binary ? bytes : Buffer.from(text).toString("hex");
  });
  const formats = random.below(16) === 0 ? random.of(WRONG_FORMATS) : binary ? [1] : random.of([[], [0]]);
  const results = random.of(random.below(4) > 0 ? [[], [0], [1]] : RESULT_FORMATS);
  return `BindAs ${JSON.stringify({ portal, statement, formats, values, results })}`;
}
