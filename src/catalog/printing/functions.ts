/** What PostgreSQL's own functions take and give, as far as it shows: casts of arguments, types of what stands around. */
import { Unprintable, type Call, type Expression, type TypeName } from "./tree.js";
import { postgresFormat } from "../../sql/dialect/date-formats.js";
import { based, castTo, isNumber } from "./types.js";

const T = "text";
const I = "integer";
const N = "numeric";
const F = "double precision";
const TZ = "timestamp with time zone";
/** The argument as it is. */
const AS_IS = "";
/** As it is, and a literal that nobody gave a type, too. */
const ANY = "any";

interface Signature {
  /** The last one goes on for further arguments. */
  readonly takes: readonly TypeName[];
  /** `0` of the first argument. */
  readonly gives: TypeName | 0;
}

function texts(names: string, count: number, gives: TypeName | 0 = T): [string, Signature][] {
  return names.split(" ").map((name) => [name, { takes: Array.from({ length: count }, () => T), gives }]);
}

function same(names: string, gives: TypeName | 0, ...takes: readonly TypeName[]): [string, Signature][] {
  return names.split(" ").map((name) => [name, { takes, gives }]);
}

const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ...texts(
    "upper lower initcap reverse md5 btrim ltrim rtrim replace translate quote_ident quote_literal",
    3,
  ),
  ...texts("regexp_replace", 4),
  ...texts("length char_length character_length octet_length bit_length ascii strpos", 2, I),
  ...texts("starts_with", 2, "boolean"),
  ...texts("string_to_array regexp_split_to_array", 3, "text[]"),
  ...same("left right repeat", T, T, I),
  ...same("lpad rpad", T, T, I, T),
  ...same("split_part", T, T, T, I),
  ...same("substr substring", T, T, I, I),
  ...same("chr", T, I),
  ...same("concat", T, ANY),
  ...same("concat_ws format", T, T, ANY),
  ...same("to_char", T, AS_IS, T),
  ...same("to_date", "date", T, T),
  ...same("to_timestamp", TZ, T, T),
  ...same("to_number", N, T, T),
  ...same("date_trunc", 0, AS_IS, AS_IS),
  ...same("date_part", F, T, AS_IS),
  ...same("age", "interval", AS_IS, AS_IS),
  ...same("now transaction_timestamp statement_timestamp clock_timestamp", TZ),
  ...same("random pi", F),
  ...same("gen_random_uuid", "uuid"),
  ...same("abs round ceil ceiling floor trunc sign mod", 0, AS_IS),
  ...same("sqrt exp ln log power", F, AS_IS),
  ...same("min max lag lead first_value last_value nth_value any_value", 0, AS_IS),
  ...same("count row_number rank dense_rank", "bigint", AS_IS),
  ...same("ntile", I, I),
  ...same("percent_rank cume_dist", F),
  ...same("bool_and bool_or every", "boolean", AS_IS),
  ...same("string_agg", T, T, T),
  ...same("jsonb_agg jsonb_object_agg to_jsonb", "jsonb", AS_IS),
  ...same("jsonb_build_object jsonb_build_array", "jsonb", ANY),
  ...same("json_build_object json_build_array", "json", ANY),
  ...same("jsonb_set jsonb_insert", "jsonb", "jsonb", "text[]", "jsonb", AS_IS),
  ...same("json_agg json_object_agg to_json row_to_json", "json", AS_IS),
  ...same("array_length array_position cardinality array_upper array_lower", I, AS_IS),
  ...same("jsonb_typeof json_typeof", T, AS_IS),
  ...same("jsonb_array_length json_array_length", I, AS_IS),
  ...same("array_to_string", T, AS_IS, T),
  ...same("nextval currval", "bigint", "regclass"),
  ...same("date_bin", 0, "interval", AS_IS, TZ),
  ...same("corr covar_pop covar_samp regr_slope regr_intercept regr_r2", F, F),
]);

/** sum(): of whole numbers a wider type. */
const SUMS: Readonly<Record<TypeName, TypeName>> = {
  smallint: "bigint",
  integer: "bigint",
  bigint: N,
  real: "real",
};

function givenBy(name: string, args: readonly Expression[], { gives }: Signature): TypeName {
  const first = args[0]?.type ?? "unknown";
  if (gives !== 0) return gives;
  if (name === "date_trunc") return args[1]?.type === "date" ? TZ : (args[1]?.type ?? "unknown");
  const isWhole = ["smallint", I, "bigint"].includes(first);
  if (/^(round|ceil|ceiling|floor|trunc)$/.test(name) && isWhole) return args.length > 1 ? N : F;
  return first;
}

/** A call with the casts its arguments need. */
export function typedCall(base: Call): Call {
  const { name, args } = base;
  const first = args[0]?.type ?? "unknown";
  if (base.within) return orderedCall(base);
  if (name === "sum") return { ...base, args: args.map(based), type: SUMS[first] ?? first };
  if (/^(avg|stddev|stddev_samp|stddev_pop|variance|var_samp|var_pop)$/.test(name))
    return {
      ...base,
      args: args.map(based),
      type: first === F || first === "real" ? F : first === "interval" ? first : N,
    };
  if (name === "array_agg") return { ...base, type: `${first}[]` };
  const signature = SIGNATURES.get(name);
  if (signature === undefined)
    return { ...base, args: args.map((arg) => (arg.type === "unknown" ? castTo(arg, T) : arg)) };
  // The third says that the format is a number's.
  const written = name === "to_char" ? args.slice(0, 2) : args;
  const typed = written.map((arg, at) => argumentOf(base, arg, at, signature));
  return { ...base, args: typed, type: givenBy(name, typed, signature) };
}

/** percentile_cont() counts with doubles, or with intervals; the others give a row's own value. */
function orderedCall(base: Call): Call {
  const { name, args, order } = base;
  const first = order[0]?.value.type ?? "unknown";
  const fractions = args.map((arg) => (arg.type.endsWith("[]") ? arg : castTo(arg, F)));
  if (name !== "percentile_cont") return { ...base, args: fractions, type: first };
  const type = first === "interval" ? first : F;
  return {
    ...base,
    args: fractions,
    order: order.map((key) => ({ ...key, value: castTo(key.value, type) })),
    type,
  };
}

function argumentOf({ name, args }: Call, given: Expression, at: number, { takes }: Signature): Expression {
  const wanted = takes[Math.min(at, takes.length - 1)] ?? AS_IS;
  if (wanted === ANY) return given;
  const arg = wanted === AS_IS ? given : based(given);
  if (name === "length" && arg.type === "character") return arg;
  if (name === "to_timestamp" && args.length === 1) return castTo(arg, F);
  const isMoment = /^to_(?:char|date|timestamp)$/.test(name) && args.length === 2;
  if (isMoment && at === 1 && arg.kind === "constant" && arg.value?.includes("%") === true) {
    const format = postgresFormat(arg.value);
    if (format === undefined) throw new Unprintable("a format of DuckDB's");
    return castTo({ ...arg, value: format }, T);
  }
  if (/^(date_trunc|age)$/.test(name) && at === 1 && arg.type === "date") return castTo(arg, TZ);
  if (/^(sqrt|exp|ln|log|power)$/.test(name) && arg.type !== N) return castTo(arg, F);
  if (
    /^(round|ceil|ceiling|floor|trunc)$/.test(name) &&
    at === 0 &&
    ["smallint", I, "bigint"].includes(arg.type)
  )
    return castTo(arg, args.length > 1 ? N : F);
  if (wanted !== AS_IS && arg.type !== "bytea") return castTo(arg, wanted);
  return arg.type === "unknown" ? castTo(arg, T) : arg;
}

/** COALESCE, CASE, GREATEST: one type for all. */
export function unified(values: readonly Expression[]): {
  readonly values: readonly Expression[];
  readonly type: TypeName;
} {
  const known = values.filter(({ type }) => type !== "unknown");
  const first = known[0];
  if (first === undefined) return { values: values.map((value) => castTo(value, T)), type: T };
  const type = known.reduce<TypeName>((so, { type: next }) => wider(so, next), first.type);
  return { values: values.map((value) => castTo(value, type)), type };
}

const ORDER = ["smallint", I, "bigint", N, "real", F];

function wider(one: TypeName, other: TypeName): TypeName {
  if (isNumber(one) && isNumber(other))
    return ORDER[Math.max(ORDER.indexOf(one), ORDER.indexOf(other))] ?? one;
  if (one === "character varying" && other === T) return one;
  return one;
}
