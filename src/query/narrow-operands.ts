/**
 * Operands of real and smallint that PostgreSQL makes wider than DuckDB, which takes a number for what stands beside it.
 *
 *   real * 0.1, real = 0.1   ⇒  CAST(real AS DOUBLE) * 0.1      double precision in PostgreSQL
 *   smallint * 2             ⇒  CAST(smallint AS INTEGER) * 2   an integer; DuckDB's would be out of range
 */
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import type { NarrowOperand, NarrowQuery } from "../sql/narrow-operands.js";
import { sortEdits } from "../sql/splice.js";
import { columnsOfRelation } from "./announced-columns.js";
import type { SessionCore } from "./session-core.js";

/** Types of a query's columns, by the relation's name there and the column's. */
type ColumnTypes = ReadonlyMap<string, ReadonlyMap<string, string>>;

const VERBS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "merge"]);
const NARROW: ReadonlySet<string> = new Set(["float4", "int2"]);
const WIDER: ReadonlySet<string> = new Set(["int2", "int4", "int8", "numeric"]);

/** What was made of a statement last. The same object, so that what others know of it is found again. */
const MADE = new WeakMap<RelationalStatement, { readonly key: string; readonly made: RelationalStatement }>();

/** The statement with wider operands; as it is where no relation has such columns. */
export async function withNarrowOperands(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (statement.narrow.length === 0 || !VERBS.has(statement.verb)) return statement;
  const casts = new Map<number, readonly TextEdit[]>();
  for (const query of statement.narrow) {
    const types = await typesIn(core, query);
    if (types === undefined) continue;
    for (const operand of query.operands) {
      const edits = widened(statement, operand, types);
      if (edits.length > 0) casts.set(operand.start, edits);
    }
  }
  if (casts.size === 0) return statement;
  const edits = [...casts.values()].flat();
  const key = JSON.stringify(edits);
  const before = MADE.get(statement);
  if (before?.key === key) return before.made;
  const kept = statement.edits.filter(
    (edit) => edit.start === edit.end || !edits.some((cast) => isSamePlace(edit, cast)),
  );
  // Around the column alone: what opens in front of it comes before, what closes behind it afterwards.
  const closing = edits.filter((edit) => edit.start === edit.end && edit.text.startsWith(" "));
  const others = edits.filter((edit) => !closing.includes(edit));
  const made = { ...statement, edits: sortEdits([...closing, ...kept, ...others]) };
  MADE.set(statement, { key, made });
  return made;
}

/** Undefined where no relation has columns of these types. */
async function typesIn(core: SessionCore, { relations }: NarrowQuery): Promise<ColumnTypes | undefined> {
  const found = new Map<string, ReadonlyMap<string, string>>();
  let isNarrow = false;
  for (const { name, columns: given, source } of relations) {
    const known = source.kind === "table" ? await columnsOfRelation(core, source.parts) : undefined;
    const types = new Map<string, string>();
    for (const [index, { name: own, type }] of (known ?? []).entries()) {
      if (type === undefined || type.isArray) continue;
      types.set(normaliseName(given[index] ?? own), type.name);
      isNarrow ||= NARROW.has(type.name);
    }
    const key = normaliseName(name);
    // Tables of two schemas may have one name.
    found.set(key, found.has(key) ? new Map() : types);
  }
  return isNarrow ? found : undefined;
}

function widened(
  statement: RelationalStatement,
  operand: NarrowOperand,
  types: ColumnTypes,
): readonly TextEdit[] {
  const { compares, other } = operand;
  const type = typeOf(operand, types);
  const beside = typeof other === "string" ? other : typeOf(other, types);
  const isReal = type === "float4" && (typeof other === "string" || WIDER.has(beside ?? ""));
  const isSmall = type === "int2" && !compares && other === "integer";
  return isReal || isSmall ? castOf(statement, operand, isReal ? "DOUBLE" : "INTEGER") : [];
}

/** None where something else is made of the column. */
function castOf(
  statement: RelationalStatement,
  { start, end }: NarrowOperand,
  type: string,
): readonly TextEdit[] {
  const place = { start, end };
  const inside = statement.edits.filter((edit) => edit.start < end && start < edit.end);
  const [own] = inside;
  if (inside.length > 1 || (own !== undefined && !isSamePlace(own, place))) return [];
  if (!statement.names.some((name) => name.start < end && start < name.end))
    return [{ ...place, text: `CAST(${own?.text ?? statement.text.slice(start, end)} AS ${type})` }];
  // Its relation's name is replaced. Other statements are cut into parts, between which an insertion would be lost.
  if (statement.verb !== "select" || own !== undefined) return [];
  return [
    { start, end: start, text: "CAST(" },
    { start: end, end, text: ` AS ${type})` },
  ];
}

/** Undefined for a name that no relation has whose columns are known, or several have. */
function typeOf(
  { relation, name }: { readonly relation: string | undefined; readonly name: string },
  types: ColumnTypes,
): string | undefined {
  const key = normaliseName(name);
  if (relation !== undefined) return types.get(normaliseName(relation))?.get(key);
  const found = [...types.values()].flatMap((columns) => columns.get(key) ?? []);
  return found.length === 1 ? found[0] : undefined;
}

function isSamePlace(
  one: { readonly start: number; readonly end: number },
  other: { readonly start: number; readonly end: number },
): boolean {
  return one.start === other.start && one.end === other.end;
}
