/** What the dialect makes of LIKE ANY, ~ ALL and their kin (sql/dialect/quantified-patterns.ts): a text and a list of patterns. */
import { any, OWN, type Definitions, type Overload } from "./definition.js";

const LIST = "CAST(_2 AS VARCHAR[])";

const liked = (operator: string, escaped: string): string =>
  `CASE WHEN contains(_p, '\\') THEN ${escaped}(_1, _p, '\\') ELSE ${OWN}."${operator}"(_1, _p) END`;

/** Operator ⇒ whether `_1` is as `_p` says. */
const TESTS: Readonly<Record<string, string>> = {
  "~~": liked("~~", "like_escape"),
  "~~*": liked("~~*", "ilike_escape"),
  "~": `${OWN}.regexp_matches(_1, _p, 's')`,
  "~*": `${OWN}.regexp_matches(_1, _p, 'si')`,
};

/** NULL where what is not NULL does not decide it. */
function quantified(test: string, quantifier: "any" | "all"): readonly Overload[] {
  const results = `list_transform(${LIST}, lambda _p: ${test})`;
  const decides = quantifier === "any" ? `list_bool_or(${results})` : `NOT list_bool_and(${results})`;
  const [decided, otherwise] = quantifier === "any" ? ["true", "false"] : ["false", "true"];
  return [
    any(
      2,
      `CASE WHEN _2 IS NULL THEN NULL WHEN ${decides} THEN ${decided}
        WHEN list_count(${results}) < len(${LIST}) THEN NULL ELSE ${otherwise} END`,
    ),
  ];
}

export const PATTERNS_OF_LISTS: Definitions = Object.fromEntries(
  Object.entries(TESTS).flatMap(([operator, test]) =>
    [
      [operator, test],
      [`!${operator}`, `NOT (${test})`],
    ].flatMap(([name = "", tested = ""]) => [
      [`|${name}|`, quantified(tested, "any")] as const,
      [`&${name}&`, quantified(tested, "all")] as const,
    ]),
  ),
);
