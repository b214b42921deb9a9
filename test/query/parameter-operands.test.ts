/** What stands beside parameters, and that a list of thousands is not read again for each of them. */
import { expect, test } from "vitest";
import { ParameterOperands } from "../../src/query/parameter-operands.js";
import { tokenise, type Token } from "../../src/sql/lexer.js";

function operandsIn(sql: string): (string | undefined)[] {
  const tokens = tokenise(sql);
  const operands = new ParameterOperands(sql, tokens);
  return tokens.flatMap(({ kind }, at) => (kind === "parameter" ? [operands.of(at)] : []));
}

test.each<[string, (string | undefined)[]]>([
  ["SELECT a * 2 / $1 FROM t", ["a * 2"]],
  ["SELECT $1 < f(b) FROM t", ["f(b)"]],
  ["SELECT * FROM t WHERE a = ANY ($1) LIMIT $2", ["[a]", "CAST(NULL AS BIGINT)"]],
  ["VALUES ($1, 'x'), (7, $2), ($3, $4)", ["7", "'x'", "7", "'x'"]],
  ["VALUES ($1, (1, $2)), ((3), 4)", ["(3)", undefined]],
  ["SELECT 1 WHERE (a, b) = ($1, $2)", ["a", "b"]],
  ["SELECT 1 WHERE (a, b) NOT IN (($1, $2), ($3, 4))", ["a", "b", "a"]],
  ["SELECT f($1, $2), [$3, $4], $5", [undefined, undefined, undefined, undefined, undefined]],
  [
    "INSERT INTO t (a, b) SELECT $1, $2 FROM u",
    ['(SELECT a FROM t AS "inserted")', '(SELECT b FROM t AS "inserted")'],
  ],
  ["INSERT INTO t SELECT 1, $1", ['(SELECT #2 FROM t AS "inserted")']],
  ["INSERT INTO t SELECT f(1, $1), 2", [undefined]],
  [
    "INSERT INTO t VALUES (upper('a') || $1, $2), ('x', $3)",
    ["upper('a')", '(SELECT #2 FROM t AS "inserted")', '(SELECT #2 FROM t AS "inserted")'],
  ],
  ["INSERT INTO t (b, a) VALUES ($1, f($2))", ['(SELECT b FROM t AS "inserted")', undefined]],
])("%s", (sql, expected) => {
  expect(operandsIn(sql)).toEqual(expected);
});

/** How often tokens are looked at, for all parameters of a list. */
function looks(sql: string): number {
  let count = 0;
  const tokens: readonly Token[] = new Proxy(tokenise(sql), {
    get: (target, property) => {
      count += 1;
      return Reflect.get(target, property) as unknown;
    },
  });
  const operands = new ParameterOperands(sql, tokens);
  for (let at = 0; at < tokens.length; at += 1) if (tokens[at]?.kind === "parameter") operands.of(at);
  return count;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `$${i + 1}`);

test.each<[string, (count: number) => string]>([
  ["an array", (count) => `SELECT ARRAY[${numbers(count).join(",")}]`],
  ["a list", (count) => `SELECT f(${numbers(count).join(",")})`],
  [
    "rows",
    (count) =>
      `INSERT INTO t VALUES ${numbers(count)
        .map((p) => `(1 + f(2), ${p})`)
        .join(",")}`,
  ],
  ["a column of a query", (count) => `INSERT INTO t SELECT ${numbers(count).join(",")}`],
])("%s of twice as many parameters is twice the work", (_, write) => {
  expect(looks(write(800)) / looks(write(400))).toBeLessThan(2.2);
});
