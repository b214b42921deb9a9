SELECT 1.5::float8::text, 1e10::float8::text, 1e15::float8::text, 1e16::float8::text, 1e-5::float8::text, 0.0001::float8::text
SELECT 'NaN'::float8::text, 'Infinity'::float8::text, '-Infinity'::float8::text, (-0.0::float8)::text, 0::float8::text
SELECT 1.5::real::text, 1e10::real::text, 0.1::real::text, 3.4e38::real::text
SELECT CAST(f AS text), CAST(r AS varchar) FROM t ORDER BY id
SELECT f::varchar, f::text || '!', f || '!' FROM t ORDER BY id
SELECT 'x' || f, 'x' || r, 'x' || n, 'x' || bo, 'x' || d, 'x' || ts FROM t ORDER BY id
SELECT 'x' || tz, 'x' || ti, 'x' || iv, 'x' || u, 'x' || id FROM t ORDER BY id
SELECT true::text, false::varchar, true || 'x', 'x' || (1 = 1)
SELECT concat(true, false), concat(1.5::float8, '|', 1e20::float8), concat(f, ',', bo) FROM t ORDER BY id
SELECT concat(arr), concat(tags, '!'), concat_ws('-', arr, tags) FROM t ORDER BY id
SELECT concat(iv), concat(bin), concat(ts), concat(tz), concat(d) FROM t ORDER BY id
SELECT concat_ws(',', bo, f, arr, NULL, 'x') FROM t ORDER BY id
SELECT concat_ws(',', VARIADIC ARRAY['a', NULL, 'b']), concat(VARIADIC ARRAY['a', 'b'])
SELECT format('%s %s %s', true, 1.0::float8, ARRAY[1, 2])
SELECT string_agg(f::text, ',' ORDER BY id), string_agg(bo::text, ',' ORDER BY id) FROM t
SELECT string_agg(k, ',' ORDER BY x), string_agg(DISTINCT k, ';' ORDER BY k) FROM g
SELECT array_to_string(ARRAY[1.5, 2]::float8[], ','), array_to_string(ARRAY[true, false], ','), array_to_string(ARRAY[interval '1 day', interval '1 hour'], ',')
SELECT array_to_string(ARRAY[1.0::float8, NULL, 1e20::float8], ',', '*')
SELECT bin::text FROM t ORDER BY id
SELECT '\x00ff'::bytea::text, CAST('abc'::bytea AS varchar)
SELECT d::text, ts::text, tz::text, ti::text, u::text FROM t ORDER BY id
SELECT '2020-01-01 00:00:00'::timestamp::text, '2020-01-01 00:00:00.100'::timestamp::text, '2020-01-01 00:00:00+02'::timestamptz::text
SELECT 'infinity'::timestamp::text, '-infinity'::date::text, '0044-03-15 BC'::date::text
SELECT '1 year 2 mons 3 days 04:05:06.789'::interval::text, '-1 day'::interval::text, '1 day -00:00:01'::interval::text, '100 hours'::interval::text
SELECT ARRAY[1, NULL, 3]::text, ARRAY['a', 'b c', 'd,e', 'f"g', 'h\i', '', 'null', NULL]::text
SELECT ARRAY[[1, 2], [3, 4]]::text, ARRAY[]::int[]::text, '{}'::text[]::text
SELECT ARRAY[1.5, 2.5]::float8[]::text, ARRAY[true, false]::text, ARRAY['2020-01-01'::date]::text, ARRAY['2020-01-01 10:00'::timestamp]::text
SELECT arr::text || 'x', tags::varchar FROM t ORDER BY id
SELECT j::text, (j -> 'a')::text FROM t WHERE id < 3 ORDER BY id
SELECT 12::text, 12.50::text, 12.50::numeric(10, 3)::text, 12::bigint::text, (-5)::smallint::text
SELECT n::text, n::numeric::text, (n * 2)::text FROM t ORDER BY id
SELECT '12'::text::int, '12'::text::bigint, '12.5'::text::numeric, '12.5'::text::float8, 'true'::text::boolean
SELECT ' 12 '::text::int
SELECT '+7'::text::int, '-7'::text::smallint
SELECT '1.5'::text::int
SELECT '1e3'::text::int
SELECT '0x10'::text::int
SELECT '1_000'::text::int
SELECT ''::text::int
SELECT '12abc'::text::bigint
SELECT v::int FROM (VALUES ('1.5')) x(v)
SELECT CAST(v AS integer) FROM (VALUES ('2'), ('1e3')) x(v)
SELECT CAST(v AS bigint) FROM (VALUES ('2'), (' 3 ')) x(v)
SELECT CAST(s AS int) FROM t WHERE id = 1
SELECT '99999999999'::text::int
SELECT '99999'::text::smallint
SELECT '9223372036854775808'::text::bigint
SELECT '1e400'::text::float8
SELECT '1e40'::text::real
SELECT ' 1.5 '::text::float8, 'nan'::text::float8, 'inf'::text::float8, '-infinity'::text::float8
SELECT '1.5x'::text::float8
SELECT ''::text::float8
SELECT '1.5'::text::numeric, ' 2.50 '::text::numeric(6, 2)
SELECT 'abc'::text::numeric
SELECT 'yes'::text::boolean, 'on'::text::boolean, '1'::text::boolean, ' t '::text::boolean, 'OFF'::text::boolean, 'n'::text::boolean
SELECT 'maybe'::text::boolean
SELECT v::boolean FROM (VALUES ('yes'), ('off'), ('t'), ('1'), ('no')) x(v)
SELECT 'o'::text::boolean
SELECT 1::boolean, 0::boolean, 2::int::boolean
SELECT true::int, false::int
SELECT 2.5::float8::int, 3.5::float8::int, -2.5::float8::int, 0.5::float8::int, 1.5::float8::bigint
SELECT f::int, r::bigint, n::int FROM t ORDER BY id
SELECT 2.5::int, 3.5::int, (-2.5)::int, 2.5::numeric::bigint
SELECT 1e10::float8::int
SELECT 'NaN'::float8::int
SELECT 'Infinity'::float8::bigint
SELECT 3000000000::bigint::int
SELECT 40000::int::smallint
SELECT 3000000000.5::numeric::int
SELECT 1e300::float8::real
SELECT 1.23456789::float8::real, 1.1::real::float8
SELECT 123.456::numeric(5, 1), 123.456::numeric(5, 2), 99.995::numeric(4, 1)
SELECT 1234.5::numeric(5, 2)
SELECT 1.5::float8::numeric, 0.1::float8::numeric, 1e-7::float8::numeric, 123456789.123::float8::numeric
SELECT 0.1::real::numeric, 16777216::real::numeric
SELECT '2020-02-30'::text::date
SELECT '2020-02-29'::text::date, '2020-02-29 12:00'::text::timestamp, '12:34'::text::time
SELECT v::date, v::timestamp FROM (VALUES ('2020-02-29'), ('2020-03-01 10:00:00')) x(v)
SELECT '1 day 2 hours'::text::interval, 'P1D'::text::interval
SELECT '{1,2,NULL}'::text::int[], '{a,"b c",NULL}'::text::text[]
SELECT '{1,2'::text::int[]
SELECT '12:34:56.789'::time::text, '12:34'::time::text, '12:34:56+02'::timetz::text
SELECT '2020-01-01 12:34:56.1234567'::timestamp, '2020-01-01 12:34:56.9999999'::timestamp, '12:34:56.1234565'::time
SELECT '2020-01-01 12:34:56.1234567'::text::timestamp
SELECT timestamp '2020-01-01 12:34:56.567'::timestamp(0), timestamp '2020-01-01 12:34:56.567'::timestamp(1), '2020-01-01 12:34:56.5'::timestamp(0)
SELECT timestamptz '2020-01-01 12:34:56.567+00'::timestamptz(0), CAST(tz AS timestamp(1) with time zone) FROM t WHERE id = 1
SELECT '12:34:56.567'::time(0), '12:34:56.567'::time(2), CAST('12:34:56.567' AS time(1))
SELECT '1.567 s'::interval(0), '1.567 s'::interval(2), CAST('1.567 s' AS interval(1))
SELECT current_timestamp(0) IS NOT NULL, localtimestamp(2) IS NOT NULL, current_time IS NOT NULL, localtime IS NOT NULL
SELECT now()::timestamp(0) IS NOT NULL, now()::timestamptz(3) IS NOT NULL
SELECT 'abc'::char(5) || '|', length('abc'::char(5)), 'abc'::char(5) = 'abc', 'abc  '::char(5) = 'abc'
SELECT 'abc'::char(5), 'abc'::char(5)::text || '|', 'abc'::bpchar
SELECT 'ab '::text = 'ab', 'ab '::varchar = 'ab'
SELECT 'abcdef'::char(3), 'abcdef'::varchar(3), 'abc'::varchar(10)
SELECT B'1010'::bit(4), B'1010'::bit(6), B'1010'::bit(2), 5::bit(4), 44::bit(10), (-1)::bit(8)
SELECT '1010'::bit(4), '1010'::varbit, B'1010'::varbit(2)
SELECT 44::bit(10)::int, B'101'::bit(3)::int
SELECT B'10' & B'11', B'10' | B'01', ~ B'10', B'1001' << 1, B'1001' >> 1
SELECT length(B'1010'), get_bit(B'1010', 1), set_bit(B'1010', 0, 0), position(B'1' in B'0010')
SELECT 1::oid::text, 'x'::name::text
SELECT NULL::int::text, NULL::float8::text, NULL::int[]::text, NULL::interval::text
SELECT '00000000-0000-0000-0000-00000000000A'::uuid::text, 'A0EEBC999C0B4EF8BB6D6BB9BD380A11'::uuid
SELECT interval '-1 s' = interval '-1 day +23:59:59', interval '1 mon' = interval '30 days', interval '24 hours' = interval '1 day', interval '1 year' > interval '360 days'
SELECT interval '1 mon' < interval '31 days', interval '1 day' > interval '23:59:59', iv = interval '26:03:04' FROM t WHERE id = 1
SELECT x FROM (VALUES (interval '1 mon'), (interval '29 days'), (interval '31 days'), (interval '-1 day')) v(x) ORDER BY x
SELECT count(DISTINCT x) FROM (VALUES (interval '1 mon'), (interval '30 days'), (interval '720 hours')) v(x)
SELECT max(x), min(x) FROM (VALUES (interval '1 mon'), (interval '29 days'), (interval '31 days')) v(x)
SELECT s || v, 'a' || s || 'b' || f || iv || 'c', arr || arr FROM t ORDER BY id
SELECT 'a' || date '2020-01-01', 'b' || interval '1 day' || true, s || current_date IS NULL FROM t WHERE id = 1
SELECT x::text || y::text FROM (VALUES (1.5::float8, '{1,2}'::int[])) v(x, y)
SELECT f::text FROM t GROUP BY f::text ORDER BY f::text
SELECT count(*) FROM t WHERE arr::text = '{1,2,3}' OR f::text = '0'
SELECT id FROM t WHERE iv::text LIKE '%mons%' ORDER BY iv::text
SELECT '12'::text::int::text, s::text::varchar, (id::text || '0')::int + 1, CAST(CAST(id AS text) AS bigint), CAST(id AS text)::int FROM t WHERE id = 1
SELECT bo::int, bo::text, (bo::text)::bool, n::int, f::int, id::bool FROM t WHERE id = 1
SELECT id FROM t WHERE id::text = '1' AND v::text > 'a' AND (j ->> 'a')::int = 1
SELECT (j ->> 'a')::int FROM t WHERE id = 2
SELECT tz::timestamptz(0), ts::timestamp(1), ti::time(0), iv::interval(0), 'infinity'::timestamp(3) FROM t WHERE id = 1
SELECT sum(x::bigint) / 2, sum(x::text::int), sum(x / 2 / 1), sum(a / b::numeric), avg(x::bigint), avg(v::int) FROM g, (SELECT 7 AS a, 2 AS b, '5' AS v) q
SELECT sum(x::bigint)::text || '!', avg(x)::text, round(avg(x::numeric), 2)::text || 'x', sum(f)::int FROM g, (SELECT 1.5::float8 AS f) q
SELECT concat(sum(x)::int, x::text, avg(x) OVER ()) FROM g WHERE x = 1 GROUP BY x
SELECT float8 '1e400'
SELECT '1e40'::float4
SELECT '1e-400'::float8
SELECT '1e308'::float8, 'inf'::float8, '0e400'::float8, '-1.5e-300'::float8
SELECT 'x'::char(3)::text, 'x'::char(3), 'a  '::char(5) || '|', 'abcdef'::varchar(4)::char(2)::text || '|', 12345::text::varchar(3), 'abc'::text::char(2)::varchar(1)
SELECT 'x'::char(3) = 'x', length('x  '::char(3)), cast('ab ' as char(4)) || '|', 'abc'::char::text
SELECT x::varchar(2)::text || x::text::varchar(1) from (values ('abc')) t(x)
SELECT 1.5::numeric::text::varchar(2), 'a'::varchar(3)::char(2)
SELECT '0.1234567891'::text::numeric
SELECT 0.1234567890123::float8::numeric
SELECT sum(id)::bigint::text, count(*)::int::text, count(*)::text, CAST(count(*) AS text) || 'x', CAST(sum(f) AS int), sum(n)::int::text, sum(f)::text, sum(n)::text FROM t
SELECT f::int::text, (f::int)::text, CAST(f::int AS text), CAST(s || id::int AS text), CAST(n / id::int AS text), CAST(f * 2::int AS text), - id::int::text::int FROM t ORDER BY id
