/**
 * PostgreSQL's own functions, operators, casts and aggregates, and what it says of them and of its types: facts that never
 * change, tables of the void catalogue. Tools list them, and look up in them what a user's objects are made of.
 */
import { quoteLiteral } from "../../sql/names.js";
import { PG } from "../names.js";
import type { Content } from "../shapes.js";
import { AGGREGATES } from "./aggregates.js";
import { CASTS } from "./casts.js";
import { FUNCTIONS } from "./functions.js";
import { MORE_FUNCTIONS } from "./more-functions.js";
import { OPERATORS } from "./operators.js";
import { TYPE_COMMENTS } from "./type-comments.js";

type Value = string | number | boolean | null | readonly number[] | readonly string[];

/** Rows by their fields, as the texts have them. */
function rowsOf(text: string, separator: string): readonly (readonly string[])[] {
  return text
    .trim()
    .split(/[¶\n]/)
    .map((row) => row.split(separator));
}

const numberOf = (text: string | undefined): number => Number(text ?? "");
const numbersIn = (text: string | undefined): readonly number[] =>
  text === undefined || text === "" ? [] : text.split(",").map(Number);

const FUNCTION_ROWS = [...rowsOf(FUNCTIONS, ":"), ...rowsOf(MORE_FUNCTIONS, ":")];

/** A column of type regproc holds the function's number: several have one name. */
const functionOf = (oid: string | undefined): string => String(numberOf(oid));

const VOLATILITIES: Readonly<Record<string, string>> = { i: "immutable", s: "stable", v: "volatile" };

function functionRow(fields: readonly string[]): readonly Value[] {
  const [oid, name = "", flags = "", result, types, source = "", names = ""] = fields;
  const [, kind = "f", set = "", volatility = "v", strict = "", parallel = "u", variadic = ""] =
    /^(.)(S?)(.)(!?)(.)(V?)$/.exec(flags) ?? [];
  const argumentOids = numbersIn(types);
  const given = names === "" ? [] : names.split(",");
  const declared = {
    argumentOids,
    returnsOid: numberOf(result),
    strict: strict !== "",
    volatility: VOLATILITIES[volatility],
    kind,
    parallel,
    variadic: variadic !== "",
  };
  const parameters = argumentOids.map((_, at) => given[at] || "$");
  return [numberOf(oid), name, parameters, source || name, set !== "", JSON.stringify(declared)];
}

function operatorRow(fields: readonly string[]): readonly Value[] {
  const [oid, name = "", flags = "", left, right, result, commutator, negator, ...rest] = fields;
  const [code, restrict, join] = rest;
  const numbers = [left, right, result, commutator, negator].map(numberOf);
  const functions = [code, restrict, join].map(functionOf);
  return [
    numberOf(oid),
    name,
    flags.slice(0, 1),
    flags.includes("m"),
    flags.includes("h"),
    ...numbers,
    ...functions,
  ];
}

function castRow([oid, source, target, called, kinds = ""]: readonly string[]): readonly Value[] {
  return [...[oid, source, target, called].map(numberOf), kinds.slice(0, 1), kinds.slice(1)];
}

function aggregateRow(fields: readonly string[]): readonly Value[] {
  const [oid, kind = "n", direct, transition, final, sort, type, initial = ""] = fields;
  const [step, end] = [transition, final].map(functionOf);
  return [
    functionOf(oid),
    kind,
    numberOf(direct),
    step ?? "-",
    end ?? "-",
    numberOf(sort),
    numberOf(type),
    initial,
  ];
}

/** Rows of pg_description: object, catalogue, text. `at` is the field that holds the text. */
function said(text: string, classOid: number, at: number): readonly (readonly Value[])[] {
  return rowsOf(text, "¦").flatMap((fields) => {
    const comment = fields[at] ?? "";
    return comment === "" ? [] : [[numberOf(fields[0]), classOid, comment]];
  });
}

const commentRows = (): readonly (readonly Value[])[] => [
  ...said(OPERATORS, 2617, 11),
  ...said(AGGREGATES, 1255, 8),
  ...said(TYPE_COMMENTS, 1247, 1),
];

/** Thousands: DuckDB takes a tenth of a second to read them as VALUES. */
function table(name: string, columns: string, rows: readonly (readonly Value[])[]): readonly string[] {
  const values = columns.split(", ").map((column, at) => {
    const type = column.slice(column.indexOf(" ") + 1);
    return `CAST(${type.endsWith("[]") ? `c->${at}` : `c->>${at}`} AS ${type})`;
  });
  return [
    `CREATE TABLE ${PG}.${name} (${columns})`,
    `INSERT INTO ${PG}.${name} SELECT ${values.join(", ")} FROM (SELECT unnest(from_json(${quoteLiteral(JSON.stringify(rows))}, '["JSON"]')) AS c)`,
  ];
}

const OPERATOR_COLUMNS =
  "oid BIGINT, nam VARCHAR, kind VARCHAR, merges BOOLEAN, hashes BOOLEAN, lefttype BIGINT, righttype BIGINT, result BIGINT, commutator BIGINT, negator BIGINT, code VARCHAR, restriction VARCHAR, joining VARCHAR";

export function builtinTables(): readonly string[] {
  return [
    ...table(
      "_builtin_function",
      "oid BIGINT, nam VARCHAR, parameters VARCHAR[], body VARCHAR, is_table BOOLEAN, declared JSON",
      FUNCTION_ROWS.map(functionRow),
    ),
    ...table("_builtin_operator", OPERATOR_COLUMNS, rowsOf(OPERATORS, "¦").map(operatorRow)),
    ...table(
      "_builtin_cast",
      "oid BIGINT, source BIGINT, target BIGINT, called BIGINT, context VARCHAR, method VARCHAR",
      rowsOf(CASTS, ":").map(castRow),
    ),
    ...table(
      "_builtin_aggregate",
      "nam VARCHAR, kind VARCHAR, direct SMALLINT, step VARCHAR, final VARCHAR, sort BIGINT, statetype BIGINT, initial VARCHAR",
      rowsOf(AGGREGATES, "¦").map(aggregateRow),
    ),
    ...table("_builtin_comment", "oid BIGINT, classoid BIGINT, comment VARCHAR", commentRows()),
  ];
}

/** A query of them with the columns of the helper `_function`. */
export const BUILTIN_FUNCTIONS = `SELECT oid, 'pg_catalog' AS sch, nam, parameters, body, is_table, declared FROM ${PG}._builtin_function`;

/** What is said of them, with the columns of the helper `_description`. */
export const BUILTIN_COMMENTS = `SELECT oid, classoid, 0 AS position, comment FROM ${PG}._builtin_comment`;

export const OPERATOR: Content = {
  columns: {
    oid: "o.oid",
    oprname: "o.nam",
    oprnamespace: "11",
    oprowner: "10",
    oprkind: "o.kind",
    oprcanmerge: "o.merges",
    oprcanhash: "o.hashes",
    oprleft: "o.lefttype",
    oprright: "o.righttype",
    oprresult: "o.result",
    oprcom: "o.commutator",
    oprnegate: "o.negator",
    oprcode: "o.code",
    oprrest: "o.restriction",
    oprjoin: "o.joining",
  },
  from: `${PG}._builtin_operator AS o`,
};

export const CAST: Content = {
  columns: {
    oid: "c.oid",
    castsource: "c.source",
    casttarget: "c.target",
    castfunc: "c.called",
    castcontext: "c.context",
    castmethod: "c.method",
  },
  from: `${PG}._builtin_cast AS c`,
};

export const AGGREGATE: Content = {
  columns: {
    aggfnoid: "a.nam",
    aggkind: "a.kind",
    aggnumdirectargs: "a.direct",
    aggtransfn: "a.step",
    aggfinalfn: "a.final",
    aggsortop: "a.sort",
    aggtranstype: "a.statetype",
    agginitval: "nullif(a.initial, '')",
  },
  from: `${PG}._builtin_aggregate AS a`,
};
