/** Names with a fixed meaning: types that are nobody's, functions that read relations by text, words that end a name. */

const DUCKDB_TYPES = `array bigint bignum binary bit bitstring blob bool boolean bpchar bytea char date datetime dec decimal
  double enum float float4 float8 geometry guid hugeint int int1 int128 int16 int2 int32 int4 int64 int8 integer integral
  interval json list logical long map null numeric nvarchar oid real row short signed smallint string struct text time
  time_ns timestamp timestamp_ms timestamp_ns timestamp_s timestamp_us timestamptz timetz tinyint type ubigint uhugeint
  uint128 uint16 uint32 uint64 uint8 uinteger union usmallint utinyint uuid varbinary varchar variant varint`;

const POSTGRES_TYPES = `bigserial box character cidr cid circle citext cstring datemultirange daterange hstore inet int2vector int4multirange
  int4range int8multirange int8range json jsonb jsonpath line lseg macaddr macaddr8 money name national nchar nummultirange numrange oidvector path pg_lsn point
  polygon precision record refcursor regclass regcollation regconfig regdictionary regnamespace regoper regoperator
  regproc regprocedure regrole regtype serial serial2 serial4 serial8 smallserial tid tsmultirange tsquery tsrange
  tstzmultirange tstzrange tsvector
  unknown varbit varying void xid xid8 xml`;

const TYPES = new Set(`${DUCKDB_TYPES} ${POSTGRES_TYPES}`.split(/\s+/));

/** Takes any array spelling: `_int4` is PostgreSQL's name of int4[]. */
export function isBuiltinType(name: string): boolean {
  const lower = name.toLowerCase();
  return TYPES.has(lower) || (lower.startsWith("_") && TYPES.has(lower.slice(1)));
}

/** Functions whose argument is SQL or the name of a relation: what they read stands in no tree. */
const OPAQUE_FUNCTIONS = new Set(
  `query query_table json_execute_serialized_sql seq_scan arrow_scan arrow_scan_dumb histogram histogram_values
   duckdb_table_sample pragma_show pragma_table_info pragma_storage_info read_duckdb`.split(/\s+/),
);

export function isOpaqueFunction(name: string): boolean {
  return OPAQUE_FUNCTIONS.has(name.toLowerCase());
}

/** Functions that change the server itself, or look for files of whoever runs it; never to be run for a client. */
const SERVER_FUNCTIONS = new Set(
  `checkpoint force_checkpoint enable_peg_parser disable_peg_parser enable_logging disable_logging enable_profiling
   disable_profiling truncate_duckdb_logs add_parquet_key duckdb_extensions duckdb_secrets which_secret`.split(
    /\s+/,
  ),
);

export function isServerFunction(name: string): boolean {
  return SERVER_FUNCTIONS.has(name.toLowerCase());
}

/** nextval('s'): the argument names a sequence. */
export function isSequenceFunction(name: string): boolean {
  return name.toLowerCase() === "nextval";
}

/** currval('s'), setval('s', 1): the argument names a sequence, or is an expression that does. */
export function isSequenceState(name: string): boolean {
  return ["currval", "setval"].includes(name.toLowerCase());
}

/** Their first argument may be written as `'s'::regclass`. */
export function takesSequence(name: string): boolean {
  return isSequenceFunction(name) || isSequenceState(name);
}

export function isSetval(name: string): boolean {
  return name.toLowerCase() === "setval";
}

/** DuckDB's reserved words: never an alias or a column without quotes. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default
   deferrable desc describe distinct do else end except false fetch for foreign from group having in initially intersect
   into lambda lateral leading limit not null offset on only or order pivot pivot_longer pivot_wider placing primary
   qualify references returning select show some summarize symmetric table then to trailing true union unique unpivot
   using variadic when where window with`.split(/\s+/),
);

export function isReserved(word: string): boolean {
  return RESERVED.has(word);
}

/** Words that cannot follow a relation as its alias although they may name functions or types. */
const NOT_AN_ALIAS = new Set(
  `anti asof at cross full glob ilike inner is isnull join left like natural notnull outer overlaps positional right semi
   similar tablesample`.split(/\s+/),
);

export function canBeAlias(word: string): boolean {
  return !RESERVED.has(word) && !NOT_AN_ALIAS.has(word);
}
