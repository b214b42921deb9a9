/**
 * Which copies of the helpers a statement reads: its text names relations and macros of the catalogue, and what these are made
 * of is known. More than it reads does no harm; one too few would be an error of DuckDB's, for what was copied before is gone.
 */
import { relationsAndMacros } from "./install.js";
import { COUNTED, INFORMATION, PG } from "./names.js";
import { COPIED, liveName, TYPE_NAMES } from "./snapshot.js";

/** Stands for the names of types, a variable of the connection's that is made of `_type`. */
export const TYPE_NAMES_COPY = "type names";

const PLACES = [PG, INFORMATION, COUNTED].map((schema) => schema.replaceAll(".", "\\."));
const MENTION = new RegExp(`(${PLACES.join("|")})\\."?(\\w+)"?`, "g");
const DEFINED = new RegExp(`^CREATE (?:OR REPLACE )?(?:VIEW|MACRO|TABLE) (${PLACES.join("|")})\\."?(\\w+)"?`);

/** By name, what each relation and macro of the catalogue says. */
let definitions: ReadonlyMap<string, string> | undefined;
const known = new Map<string, ReadonlySet<string>>();

/** In the order in which they are made. */
export function copiesReadBy(sql: string): readonly string[] {
  const read = new Set(mentions(sql).flatMap((name) => [...copiesOf(name)]));
  return inOrder(read);
}

/** Helpers' names, and behind them the names of types. */
export function inOrder(copies: ReadonlySet<string>): readonly string[] {
  return [...COPIED, TYPE_NAMES_COPY].filter((name) => copies.has(name));
}

function mentions(text: string): readonly string[] {
  return [...new Set([...text.matchAll(MENTION)].map(([, schema, name]) => `${schema}.${name}`))];
}

/** Of a name that is not known all: nothing is read that was not made. */
function copiesOf(name: string): ReadonlySet<string> {
  const before = known.get(name);
  if (before !== undefined) return before;
  definitions ??= readDefinitions();
  const copies = copiesIn(name, definitions.get(name));
  known.set(name, copies);
  return copies;
}

function copiesIn(name: string, text: string | undefined): ReadonlySet<string> {
  if (text === undefined) return new Set([...COPIED, TYPE_NAMES_COPY]);
  const copies = new Set(mentions(text).flatMap((other) => (other === name ? [] : [...copiesOf(other)])));
  const helper = COPIED.find((copied) => name === `${PG}.${copied}`);
  if (helper !== undefined) for (const copy of [helper, ...copiesOf(liveName(helper))]) copies.add(copy);
  if (text.includes(TYPE_NAMES))
    for (const copy of [TYPE_NAMES_COPY, ...copiesOf(`${PG}._type`)]) copies.add(copy);
  return copies;
}

function readDefinitions(): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const statement of relationsAndMacros()) {
    const [, schema, name] = DEFINED.exec(statement) ?? [];
    if (name !== undefined) texts.set(`${schema}.${name}`, statement);
  }
  return texts;
}
