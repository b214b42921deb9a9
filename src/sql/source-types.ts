/**
 * Works out what PostgreSQL would call the columns of a result: follows plain columns, casts and what passes a type on
 * through sub-queries and common table expressions. Knows relations through a look-up; runs nothing.
 */
import { normaliseName } from "./names.js";
import type {
  LiteralText,
  QuerySources,
  SourceRelation,
  ValueSource,
  WrittenType,
} from "./result-sources.js";
import { aggregateType, operationType } from "./operation-types.js";
import { requireCommonType, unitedLiterals, widestNumber, type UnitedLiteral } from "./union-types.js";

/** The column of a table or view that a result column shows as it is: `pg_class.oid` and `pg_attribute.attnum`. */
interface ColumnOrigin {
  readonly table: number;
  readonly column: number;
}

/** A column of a result or of a relation; its type and origin as far as they are known. */
export interface SourceColumn {
  readonly name: string;
  readonly type: WrittenType | undefined;
  readonly origin: ColumnOrigin | undefined;
  /** The whole row of a relation: `pg_class.oid`, 0 for rows of what has none. */
  readonly row?: number | undefined;
  /** A parameter as it is: what the client declared, which is another type each time. */
  readonly parameter?: number;
  /** A string or NULL that has no type yet. */
  readonly isLiteral?: true;
  readonly text?: LiteralText | undefined;
}

/** What can be said of a statement's columns. */
export interface SourceReading {
  /** Undefined where not even their number is known. */
  readonly columns: Columns;
  /** Strings that a set operation puts beside values of another type. */
  readonly literals: readonly UnitedLiteral[];
}

/** The columns of a relation, all of them and in order; undefined for one that is not known. */
export type RelationLookup = (parts: readonly string[]) => readonly SourceColumn[] | undefined;

type Columns = readonly SourceColumn[] | undefined;

interface Relation extends SourceRelation {
  readonly known: Columns;
}

type Value = Omit<SourceColumn, "name">;

/** Relations that a value sees, the innermost query's first. */
type Scopes = readonly (readonly Relation[])[];

const OPEN: Value = { type: undefined, origin: undefined };

/** The columns of a statement's result; undefined where not even their number is known. */
export function sourceColumns(query: QuerySources, lookup: RelationLookup): Columns {
  return readSources(query, lookup).columns;
}

export function readSources(query: QuerySources, lookup: RelationLookup): SourceReading {
  const reader = new SourceReader(lookup);
  return { columns: reader.columnsOf(query), literals: reader.literals };
}

/** The relations a query reads by name, as they are written there. */
export function tablesRead(query: QuerySources): readonly (readonly string[])[] {
  const tables: (readonly string[])[] = [];
  const seen = new Set<QuerySources>();
  const inQuery = (one: QuerySources): void => {
    // A common table expression may be named many times.
    if (seen.has(one)) return;
    seen.add(one);
    for (const { source } of one.relations) {
      if (source.kind === "table") tables.push(source.parts);
      if (source.kind === "query") inQuery(source.query);
    }
    for (const output of one.outputs) if (output.kind === "value") inValue(output.value);
    for (const other of one.others) inQuery(other);
    if (one.outer !== undefined) inQuery(one.outer);
  };
  const inValue = (value: ValueSource): void => {
    if ("values" in value) for (const part of value.values) inValue(part);
    if ("of" in value) inValue(value.of);
    if ("query" in value) inQuery(value.query);
  };
  inQuery(query);
  return tables;
}

class SourceReader {
  readonly literals: UnitedLiteral[] = [];
  readonly #lookup: RelationLookup;
  /** A common table expression may be named many times, and each of those again. */
  readonly #known = new Map<QuerySources, Columns>();

  constructor(lookup: RelationLookup) {
    this.#lookup = lookup;
  }

  columnsOf(query: QuerySources): Columns {
    if (this.#known.has(query)) return this.#known.get(query);
    const columns = this.#readQuery(query, []);
    this.#known.set(query, columns);
    return columns;
  }

  #readQuery(query: QuerySources, around: Scopes): Columns {
    const first = this.#readBranch(query, around);
    if (first === undefined || query.others.length === 0) return first;
    const others: (readonly SourceColumn[])[] = [];
    for (const other of query.others) {
      const columns = this.columnsOf(other);
      if (columns?.length !== first.length) return undefined;
      others.push(columns);
    }
    return first.map((column, index) => {
      const all = [column, ...others.flatMap((columns) => columns[index] ?? [])];
      requireCommonType(all.map(({ type }) => type));
      this.literals.push(...unitedLiterals(all));
      return { ...common(all), name: column.name };
    });
  }

  #readBranch(query: QuerySources, around: Scopes): Columns {
    const scopes = this.#scopesOf(query, around);
    const [relations = []] = scopes;
    const columns: SourceColumn[] = [];
    for (const output of query.outputs) {
      if (output.kind === "value") {
        columns.push({ ...this.#valueOf(output.value, scopes), name: output.name });
        continue;
      }
      const all = starColumns(relations, output.relation);
      if (all === undefined) return undefined;
      columns.push(...all);
    }
    return columns;
  }

  /** A query's relations, and those of the queries around it. */
  #scopesOf(query: QuerySources, around: Scopes): Scopes {
    const outer = query.outer === undefined ? around : this.#scopesOf(query.outer, []);
    const relations: Relation[] = [];
    for (const relation of query.relations) {
      const known = this.#columnsIn(relation, [relations, ...outer]);
      relations.push({ ...relation, merged: mergedIn(relation, known, relations), known });
    }
    return [relations, ...outer];
  }

  #columnsIn({ source, columns }: SourceRelation, around: Scopes): Columns {
    if (source.kind === "open") return undefined;
    const found =
      source.kind === "table"
        ? this.#lookup(source.parts)
        : source.lateral !== undefined
          ? this.#readQuery(source.query, around)
          : this.columnsOf(source.query);
    return found?.map((column, index) => ({
      ...column,
      name: columns[index] ?? column.name,
      text: undefined,
    }));
  }

  #valueOf(value: ValueSource, scopes: Scopes): Value {
    switch (value.kind) {
      case "column":
        return columnNamed(scopes, value.relation, value.name);
      case "type":
        return { type: value.type, origin: undefined };
      case "parameter":
        return { ...OPEN, parameter: value.index };
      case "literal":
        return { ...OPEN, isLiteral: true, text: value.text };
      case "common":
        return common(this.#valuesOf(value.values, scopes));
      case "call":
        return callType(value.name, this.#valuesOf(value.values.slice(0, 2), scopes));
      case "operation":
        return operationOf(value.name, this.#valuesOf(value.values, scopes));
      case "element":
        return elementOf(this.#valueOf(value.of, scopes).type);
      case "array":
        return arrayOf(this.#valueOf(value.of, scopes).type);
      case "document": {
        const { type } = this.#valueOf(value.of, scopes);
        return type?.name === "jsonb" && !type.isArray ? { type, origin: undefined } : OPEN;
      }
      case "query": {
        const [first] = this.#subquery(value.query, scopes) ?? [];
        return first === undefined ? OPEN : { type: first.type, origin: undefined };
      }
      case "open":
        return OPEN;
      default:
        return value satisfies never;
    }
  }

  /** Values of a sub-query see the relations around it; its relations do not. */
  #subquery(query: QuerySources, scopes: Scopes): Columns {
    const [output] = query.outputs;
    if (query.others.length > 0 || output?.kind !== "value") return this.columnsOf(query);
    return [{ ...this.#valueOf(output.value, this.#scopesOf(query, scopes)), name: output.name }];
  }

  #valuesOf(values: readonly ValueSource[], scopes: Scopes): readonly Value[] {
    const read: Value[] = [];
    for (const value of values) read.push(this.#valueOf(value, scopes));
    return read;
  }
}

/** What NATURAL merges is known with the columns. */
function mergedIn(
  { merged, natural }: SourceRelation,
  known: Columns,
  before: readonly Relation[],
): readonly string[] {
  if (natural === undefined || known === undefined) return merged;
  const left = before.slice(before.length - natural).flatMap((relation) => relation.known ?? []);
  return known.map(({ name }) => name).filter((name) => left.some((other) => sameName(other.name, name)));
}

/** `*` and `relation.*`: what a join merges is shown once. */
function starColumns(relations: readonly Relation[], name: string | undefined): Columns {
  const meant = relations.filter((relation) => name === undefined || sameName(relation.name, name));
  if (name !== undefined && meant.length !== 1) return undefined;
  const columns: SourceColumn[] = [];
  for (const { known, merged } of meant) {
    if (known === undefined) return undefined;
    columns.push(...known.filter((column) => name !== undefined || !isAmong(merged, column.name)));
  }
  return columns;
}

function columnNamed(scopes: Scopes, relation: string | undefined, name: string): Value {
  for (const relations of scopes) {
    const meant = relations.filter((one) => relation === undefined || sameName(one.name, relation));
    const found = meant.flatMap(({ known, merged }) =>
      (known ?? []).filter(
        (column) => sameName(column.name, name) && (relation !== undefined || !isAmong(merged, column.name)),
      ),
    );
    if (found.length > 1) return OPEN;
    if (found[0] !== undefined) return { type: found[0].type, origin: found[0].origin };
    const whole = relation === undefined ? relations.filter((one) => sameName(one.name, name)) : [];
    const [only, ...others] = whole.length === 1 ? (whole[0]?.known ?? []) : [];
    if (only !== undefined && others.length === 0 && isFunction(whole[0]))
      return { type: only.type, origin: undefined };
    if (whole.length === 1 && whole[0]?.known !== undefined) {
      const row = rowOf(whole[0]);
      return { type: undefined, origin: row === 0 ? undefined : { table: row, column: 0 }, row };
    }
    // It may be a column of what is not known.
    if (meant.length > 0 && (relation !== undefined || meant.some(({ known }) => known === undefined)))
      return OPEN;
  }
  return OPEN;
}

function isFunction(relation: Relation | undefined): boolean {
  return relation?.source.kind === "query" && relation.source.lateral === "function";
}

function rowOf({ source, known }: Relation): number {
  return source.kind === "table" ? (known?.[0]?.origin?.table ?? 0) : 0;
}

/** The type all of them have, whose modifier is kept if it is the same; none where they differ. */
function common(values: readonly Value[]): Value {
  const [first, ...others] = values.filter((value) => value.isLiteral !== true);
  const type = first?.type;
  if (type === undefined) return OPEN;
  // Each of them stands for the other: the first is taken.
  if (others.some(({ type: other }) => other?.name !== type.name && isText(type) && isText(other)))
    return others.every((other) => isText(other.type))
      ? { type: { ...type, typmod: -1 }, origin: undefined }
      : OPEN;
  if (others.some((other) => other.type?.name !== type.name || other.type.isArray !== type.isArray))
    return { ...OPEN, type: widestNumber([type, ...others.map((other) => other.type)]) };
  const isSame =
    others.length === values.length - 1 && others.every((other) => other.type?.typmod === type.typmod);
  return { type: isSame ? type : { ...type, typmod: -1 }, origin: undefined };
}

function isText(type: WrittenType | undefined): boolean {
  return type !== undefined && !type.isArray && (type.name === "text" || type.name === "varchar");
}

function plain(name: string): Value {
  return { type: { name, typmod: -1, isArray: false }, origin: undefined };
}

/** Strings and parameters are of the other side's type. */
function operationOf(operator: string, sides: readonly Value[]): Value {
  const [left, right] = sides.map(({ type, isLiteral, parameter }) =>
    isLiteral === true || parameter !== undefined
      ? "unknown"
      : type?.isArray === false
        ? type.name
        : undefined,
  );
  const type = operationType(operator, left, right);
  return type === undefined ? OPEN : plain(type);
}

function elementOf(type: WrittenType | undefined): Value {
  if (type?.name === "jsonb" && !type.isArray) return { type, origin: undefined };
  if (type?.isArray !== true) return OPEN;
  const { name, typmod } = type;
  return { type: { name, typmod, isArray: false }, origin: undefined };
}

function arrayOf(type: WrittenType | undefined): Value {
  return type === undefined || type.isArray ? OPEN : { type: { ...type, isArray: true }, origin: undefined };
}

function sameName(one: string, other: string): boolean {
  return normaliseName(one) === normaliseName(other);
}

function isAmong(names: readonly string[], name: string): boolean {
  return names.some((one) => sameName(one, name));
}

/** Functions that give one of their argument's values. Text's kin come back as text. */
const PASSING = new Set([
  "nullif",
  "abs",
  "min",
  "max",
  "first_value",
  "last_value",
  "nth_value",
  "lag",
  "lead",
  "any_value",
]);
const MADE = new Set(["min", "max", "nullif"]);
const TEXT_KIN = new Set(["varchar", "name", "char"]);

function callType(name: string, [first, second]: readonly Value[]): Value {
  if (name === "date_trunc") return second?.type?.name === "date" ? OPEN : { ...OPEN, type: second?.type };
  if (name === "array_agg") return arrayOf(first?.type && { ...first.type, typmod: -1 });
  if (name === "unnest") return elementOf(first?.type);
  if (name === "generate_series") return first?.type?.name === "date" ? OPEN : { ...OPEN, type: first?.type };
  const aggregate = first?.type?.isArray === true ? undefined : aggregateType(name, first?.type?.name);
  if (aggregate !== undefined) return plain(aggregate);
  if (PASSING.has(name)) {
    const type = first?.type;
    if (type === undefined) return OPEN;
    const isMade = MADE.has(name) && TEXT_KIN.has(type.name);
    return { type: { ...type, name: isMade ? "text" : type.name, typmod: -1 }, origin: undefined };
  }
  const result = RESULTS.get(name);
  return result === undefined ? OPEN : { type: result, origin: undefined };
}

function results(type: string, names: string, isArray = false): (readonly [string, WrittenType])[] {
  return names.split(" ").map((name) => [name, { name: type, typmod: -1, isArray }] as const);
}

/** What functions give whose result DuckDB has no type for. */
const RESULTS: ReadonlyMap<string, WrittenType> = new Map([
  ...results(
    "name",
    "current_database current_catalog current_schema current_user current_role session_user user",
  ),
  ...results("name", "current_schemas", true),
  ...results("regtype", "pg_typeof to_regtype"),
  ...results("regclass", "to_regclass"),
  ...results("regnamespace", "to_regnamespace"),
  ...results("oid", "pg_my_temp_schema"),
  ...results("date", "current_date"),
  ...results("interval", "age justify_days justify_hours justify_interval make_interval"),
  ...results(
    "timestamptz",
    "now current_timestamp clock_timestamp statement_timestamp transaction_timestamp",
  ),
  ...results(
    "void",
    "pg_notify pg_sleep pg_sleep_for pg_sleep_until pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_advisory_unlock_all",
  ),
  ...results(
    "jsonb",
    "to_jsonb jsonb_build_object jsonb_build_array jsonb_object jsonb_agg jsonb_object_agg jsonb_set jsonb_insert jsonb_strip_nulls jsonb_extract_path jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_array_elements",
  ),
]);
