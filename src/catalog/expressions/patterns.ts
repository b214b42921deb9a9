/** Functions of regular expressions. RE2 has neither back-references nor look-around: those patterns fail. */
import { SQLSTATE } from "../../core/errors.js";
import { any, failText, OWN, type Definitions } from "./definition.js";
import { GROUP_STATES } from "./group-states.js";

/** A dot also stands for a line's end in PostgreSQL; `\m`, `\M`, `\y` are its ends of a word. */
const BODY = `${OWN}.regexp_replace(_2, '\\\\[mMy]', '\\\\b', 'g')`;
const P = `('(?s)' || ${BODY})`;

/** The pattern with PostgreSQL's flags in it: DuckDB wants its own as a constant. */
function flagged(flags: string): string {
  return `(if(regexp_full_match(${flags}, '[gicnms]*'), '', ${BAD_FLAGS}) || if(regexp_matches(${flags}, '[nm]'), '(?m', '(?s')
    || if(contains(${flags}, 'i'), 'i', '') || ')' || ${BODY})`;
}
const BAD_FLAGS = failText(
  SQLSTATE.featureNotSupported,
  "this option of a regular expression is not supported",
);

/** How many groups a pattern captures: open parentheses that are neither escaped, in a class, nor `(?`. */
const BARE = `${OWN}.regexp_replace(_2, '\\\\.|\\[\\^?\\]?[^\\]]*\\]', '', 'g')`;
const GROUPS = `(length(${BARE}) - length(replace(${BARE}, '(', '')) - len(regexp_extract_all(${BARE}, '\\(\\?')))`;

const MAX_GROUPS = 6;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);
const TOO_MANY = failText(
  SQLSTATE.featureNotSupported,
  `a regular expression of more than ${MAX_GROUPS} groups is not supported here`,
);

/** DuckDB wants the group's number as a constant: one case per count. */
function byGroups(none: string, some: (count: number) => string, many: string): string {
  const cases = numbers(MAX_GROUPS).map((count) => `WHEN ${count} THEN ${some(count)}`);
  return `CASE ${GROUPS} WHEN 0 THEN ${none} ${cases.join(" ")} ELSE ${many} END`;
}

/** What groups hold, where NULL those that took no part. */
function told(groups: string): string {
  const states = `from_json(${GROUP_STATES}(CAST(${OWN}.to_json(_g) AS VARCHAR), _2), '["VARCHAR"]')`;
  return `list_transform([${groups}], lambda _g: CASE WHEN list_contains(_g, '') THEN ${states} ELSE _g END)[1]`;
}

function match(pattern: string): string {
  const extract = (group: number): string => `regexp_extract(_1, ${pattern}, ${group})`;
  const groups = byGroups(
    `[${extract(0)}]`,
    (count) => told(`[${numbers(count).map(extract).join(", ")}]`),
    `[${TOO_MANY}]`,
  );
  return `CASE WHEN ${OWN}.regexp_matches(_1, ${pattern}) THEN ${groups} END`;
}

function matches(pattern: string): string {
  const all = (group: number): string => `regexp_extract_all(_1, ${pattern}, ${group})`;
  const row = (count: number): string => {
    const fields = numbers(count).map((group) => `_z[${group}]`);
    return `list_transform(list_zip(${numbers(count).map(all).join(", ")}), lambda _z: ${told(`[${fields.join(", ")}]`)})`;
  };
  return byGroups(`list_transform(${all(0)}, lambda _m: [_m])`, row, `[[${TOO_MANY}]]`);
}

function replace(pattern: string, options: string): string {
  return `${OWN}.regexp_replace(_1, ${pattern}, replace(_3, '\\&', '\\0')${options})`;
}

const substring = `CASE WHEN ${OWN}.regexp_matches(_1, ${P})
  THEN if(${GROUPS} = 0, regexp_extract(_1, ${P}), ${told(`[regexp_extract(_1, ${P}, 1)]`)}[1]) END`;

export const PATTERNS: Definitions = {
  regexp_replace: [
    any(3, replace(P, "")),
    any(4, `if(contains(_4, 'g'), ${replace(flagged("_4"), ", 'g'")}, ${replace(flagged("_4"), "")})`),
  ],
  regexp_match: [any(2, match(P)), any(3, match(flagged("_3")))],
  // Calls of regexp_matches are sent here; under its own name it stays DuckDB's condition, for views that use it so.
  regexp_all_matches: [
    any(2, `${matches(P)}[:1]`),
    any(3, `if(contains(_3, 'g'), ${matches(flagged("_3"))}, ${matches(flagged("_3"))}[:1])`),
  ],
  regexp_substr: [any(2, substring)],
  regexp_count: [any(2, `len(regexp_extract_all(_1, ${P}))::INTEGER`)],
  regexp_like: [
    any(2, `${OWN}.regexp_matches(_1, ${P})`),
    any(3, `${OWN}.regexp_matches(_1, ${flagged("_3")})`),
  ],
};
