/** Random conversations: what a client might send, in any order, with mistakes. Each turn ends with ReadyForQuery. */
import type { Random } from "./random.js";

/** Statements that mean the same to both servers, and are not wrong by themselves. */
const PLAIN = [
  "begin",
  "commit",
  "rollback",
  "begin; select 1::int4 as a",
  "start transaction read only",
  "commit and chain",
  "rollback and chain",
  "select 1::int4 as a",
  "select 1::int4 as a; select 'two'::text as b",
  "select a, b from t order by a, b",
  "insert into t values (1, 'one')",
  "insert into t values (2, 'two'), (3, null)",
  "insert into t values (4, 'four') returning a, b",
  "insert into t values (5, 'five'); select count(*)::int4 as n from t",
  "update t set b = 'changed' where a = 1",
  "delete from t where a = 2",
  "truncate t",
  "insert into t values (6, 'six'); commit; select count(*)::int4 as n from t",
  "insert into t values (7, 'seven'); rollback; select count(*)::int4 as n from t",
  "begin; insert into t values (8, 'eight'); commit; select 8::int4 as a",
  "create table u (a int4); insert into u values (1); drop table u",
  "",
  ";",
  "-- nothing",
  "set application_name = 'fuzz'; show application_name",
  "set local application_name = 'local'",
  "show application_name",
  "reset application_name",
  "declare c scroll cursor for select a, b from t order by a, b",
  "declare h scroll cursor with hold for select x::int4 as x from generate_series(1, 4) as g(x)",
  "fetch 2 from c",
  "fetch backward 1 from h",
  "fetch all h",
  "move 1 in h",
  "close c",
  "close h",
  "close all",
  "prepare q (int4) as select $1 as v",
  "execute q (7)",
  "deallocate q",
  "deallocate all",
  "discard all",
  "listen l",
  "unlisten *",
  "notify l, 'said'",
  "notify l, 'said'; select 1::int4 as a",
  "savepoint s",
  "rollback to s",
  "release s",
  "copy t to stdout",
];
const WRONG = [
  "select * from missing",
  "select 1::int4 as a; select * from missing; select 2::int4 as b",
  "insert into t values (9, 'nine'); select * from missing",
  "select nothing from t",
  "selct 1",
  "select 1::int4 as a; selct 2",
  "execute q",
  "execute missing (1)",
  "fetch missing",
  "set no_such_setting = 1",
  "set statement_timeout = 'x'",
  "insert into t values ('x', 'y')",
  "begin; select * from missing",
  "drop table missing",
  "copy missing from stdin",
];
const PARSED = [
  "select $1::int4 as v",
  "select a, b from t where a > $1::int4 order by a, b",
  "insert into t values ($1::int4, $2::text)",
  "select x::int4 as x, 'r'::text as r from generate_series(1, 5) as g(x)",
  "select 1::int4 as a",
  "begin",
  "commit",
  "rollback",
  "",
  "select 1::int4 as a; select 2::int4 as b",
  "selct 1",
  "select * from missing",
  "show application_name",
  "set application_name = 'parsed'",
  "declare c scroll cursor for select a, b from t where a >= $1::int4 order by a, b",
  "fetch 2 from h",
  "execute q (5)",
  "update t set b = $1::text",
  "savepoint s",
];
/** `q` is SQL's: a Parse under this name could execute itself, which PostgreSQL refuses elsewhere than we do. */
const STATEMENTS = ["", "", "s1", "s2", "q"];
const PORTALS = ["", "", "p1", "p2", "h"];
const RESULT_FORMATS = [[], [0], [1], [0, 1], [1, 1], [0, 0, 0]];

export function randomTurn(random: Random): string[] {
  const kind = random.below(10);
  if (kind < 4) return [query(random.of(PLAIN))];
  if (kind < 5) return [query(random.of(WRONG))];
  if (kind < 6) return copyTurn(random);
  return extendedTurn(random);
}

function query(text: string): string {
  return `Query ${JSON.stringify(text)}`;
}

function copyTurn(random: Random): string[] {
  const data = random.of(["10\tten\n", "11\televen\n12\t\\N\n", "x\tnone\n", "13\n", ""]);
  const end = random.of(["CopyDone", "CopyDone", 'CopyFail "enough"']);
  const text = random.of(["copy t from stdin", "copy t (a, b) from stdin; select 1::int4 as a"]);
  return [query(text), `CopyData ${JSON.stringify(data)}`, end];
}

function extendedTurn(random: Random): string[] {
  const messages: string[] = [];
  for (let count = 1 + random.below(7); count > 0; count--) messages.push(...extendedMessages(random));
  return [...messages, "Sync"];
}

/** Mostly one message; often the usual row of them, so that something is run at all. */
function extendedMessages(random: Random): string[] {
  const name = random.of(STATEMENTS);
  const portal = random.of(PORTALS);
  const parse = `Parse ${JSON.stringify({ name: name === "q" ? "" : name, text: random.of(PARSED) })}`;
  const bind = randomBind(random, portal, name);
  const execute = `Execute ${JSON.stringify({ portal, rows: random.of([0, 0, 0, 1, 2, 5]) })}`;
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return [parse, bind, `Describe ${JSON.stringify({ type: "P", name: portal })}`, execute];
    case 3:
      return [bind, execute];
    case 4:
      return [parse];
    case 5:
      return [execute];
    case 6:
      return [`Describe ${JSON.stringify({ type: "S", name })}`];
    case 7:
      return [`Describe ${JSON.stringify({ type: "P", name: portal })}`];
    case 8:
      return [
        `Close ${JSON.stringify(random.below(2) === 0 ? { type: "S", name } : { type: "P", name: portal })}`,
      ];
    default:
      return ["Flush"];
  }
}

function hex(value: string): string {
  return Buffer.from(value).toString("hex");
}

function randomBind(random: Random, portal: string, statement: string): string {
  const usual = random.below(3) > 0;
  const count = usual ? 1 : random.below(4);
  const binary = random.below(4) === 0;
  const values = Array.from({ length: count }, () =>
    random.of([binary ? "00000002" : hex("2"), binary ? "00000000" : hex("0"), null, hex("x")]),
  );
  const formats = binary ? random.of([[1], [1, 0]]) : random.of([[], [0], [0]]);
  return `BindAs ${JSON.stringify({ portal, statement, formats, values, results: random.of(usual ? [[], [0], [1]] : RESULT_FORMATS) })}`;
}
