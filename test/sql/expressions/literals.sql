SELECT '{1,2,3}'::int[]
SELECT '{}'::int[]
SELECT '{1,NULL,3}'::int[]
SELECT '{{1,2},{3,4}}'::int[]
SELECT '{"a b",c,"d\"e","f\\g",NULL,"NULL",""}'::text[]
SELECT '{ 1 , 2 }'::int[]
SELECT '{1,2}'::bigint[], '{1.5,2}'::numeric[], '{t,f}'::bool[]
SELECT '{1,2}'::_int4
SELECT CAST('{1,2}' AS int[])
SELECT CAST('{a,b}' AS text[])
SELECT int[] '{1,2}'
SELECT '{2020-01-01,2020-01-02}'::date[]
SELECT '[0:1]={1,2}'::int[]
SELECT '{1,2'::int[]
SELECT '1,2'::int[]
SELECT '{1,a}'::int[]
SELECT '{1,,2}'::int[]
SELECT '{{1},{2,3}}'::int[]
SELECT ARRAY[1,2,3]
SELECT ARRAY[[1,2],[3,4]]
SELECT ARRAY['a','b']
SELECT ARRAY[]::int[]
SELECT ARRAY[1,NULL]
SELECT ARRAY[1,2.5]
SELECT ARRAY(SELECT id FROM t ORDER BY id)
SELECT array[1,2]::text[]
SELECT '{1,2}'::int[]::text
SELECT ARRAY['a b','c"d',NULL,'','NULL']::text
SELECT '\x00ff'::bytea
SELECT '\xDEADBEEF'::bytea
SELECT 'abc'::bytea
SELECT 'a\\b'::bytea
SELECT 'a\000b'::bytea
SELECT E'\\xDEAD'::bytea
SELECT '\xZZ'::bytea
SELECT '\x1'::bytea
SELECT bin FROM t ORDER BY id
SELECT length('\x00ff'::bytea), octet_length('\x00ff'::bytea)
SELECT get_byte('\x00ff'::bytea, 1)
SELECT set_byte('\x00ff'::bytea, 1, 0)
SELECT set_byte('\x00ff'::bytea, 0, 255), set_byte('x'::bytea, 0, 7)
SELECT set_byte('\x00ff'::bytea, 2, 0)
SHOW password_encryption
SELECT '\x00'::bytea || '\xff'::bytea
SELECT substring('\x00ff10'::bytea from 2 for 1)
SELECT encode('\x00ff'::bytea, 'hex'), encode('abc'::bytea, 'base64'), encode('a\\b'::bytea,'escape')
SELECT decode('00ff', 'hex'), decode('YWJj', 'base64')
SELECT md5('abc'), md5('abc'::bytea)
SELECT sha256('abc'::bytea)
SELECT convert_from('\x61'::bytea, 'UTF8'), convert_to('a', 'UTF8')
SELECT '\x61'::bytea = 'a'::bytea
SELECT B'101'
SELECT b'101'
SELECT X'1F'
SELECT B'101'::bit(3)
SELECT '101'::bit(3)
SELECT '101'::varbit
SELECT B'1010'::bit(2)
SELECT B'10'::bit(4)
SELECT B'101'::int
SELECT 5::bit(4)
SELECT B'101' || B'11'
SELECT B'101' & B'110', B'101' | B'010', B'101' # B'110', ~B'101'
SELECT B'101' << 1, B'101' >> 1
SELECT length(B'10101'), bit_length('abc')
SELECT get_bit(B'101', 1)
SELECT B'102'
SELECT E'a\nb', E'tab\there', E'\x41\u00e9', E'it\'s', E'back\\slash'
SELECT 'a\nb'
SELECT 'it''s'
SELECT U&'d\0061t\+000061', U&'d!0061t' UESCAPE '!'
SELECT $$dollar 'quoted'$$, $tag$a $$ b$tag$
SELECT 'foo' 'bar'
SELECT 'foo'
SELECT N'abc'
SELECT interval '1 day 2 hours'
SELECT interval '1-2'
SELECT interval '1 2:03:04'
SELECT interval 'P1Y2M3DT4H5M6S'
SELECT interval 'P1Y'
SELECT interval 'PT36H'
SELECT interval '1' day
SELECT interval '1' year
SELECT interval '2' hour
SELECT interval '1-2' year to month
SELECT interval '1 02:03' day to minute
SELECT interval '1.5 days'
SELECT interval '1.5 months'
SELECT interval '1 year 2 mons 3 days 4 hours 5 minutes 6.789 seconds'
SELECT interval '@ 1 minute ago'
SELECT interval '-1 day'
SELECT interval '1 week'
SELECT interval '1 fortnight'
SELECT interval '1 decade', interval '1 century'
SELECT interval '90 minutes'
SELECT interval '100:00:00'
SELECT interval '1 day -1 hour'
SELECT interval(0) '1.567 seconds'
SELECT interval '1.567' second(1)
SELECT '1 day'::interval
SELECT '1 day 1 foo'::interval
SELECT ''::interval
SELECT iv FROM t ORDER BY id
SELECT iv::text FROM t ORDER BY id
SELECT interval '1 month' = interval '30 days'
SELECT interval '1 day' + interval '2 hours', interval '1 day' - interval '2 hours'
SELECT interval '1 day' * 2.5, 2 * interval '1 hour', interval '1 day' / 2
SELECT interval '1 day' / 0
SELECT -interval '1 day'
SELECT interval '1 day' > interval '23 hours'
SELECT 'now'::timestamp IS NOT NULL, 'now'::timestamptz = now()
SELECT '20200101'::text, length('20200101'::varchar), '20200101'::name, '20200101'::json, '10 Jan 2020'::text
SELECT '20200101'::oid, '20200101'::pg_catalog.oid, '20200101'::date
SELECT 'today'::date = current_date, 'tomorrow'::date - 'yesterday'::date
SELECT 'infinity'::timestamp, '-infinity'::timestamp, 'infinity'::date
SELECT 'epoch'::timestamp, 'epoch'::date, 'epoch'::timestamptz
SELECT date '2020-01-01', date '2020-1-5', date 'January 8, 1999', date '1999-Jan-08', date '20200105'
SELECT date '1/8/1999'
SELECT date '0044-03-15 BC'
SELECT date '2020-13-01'
SELECT date '2020-02-30'
SELECT date 'foo'
SELECT date ''
SELECT '2020-01-01 12:00:00'::date
SELECT timestamp '2020-01-01 12:34:56.789012'
SELECT timestamp '2020-01-01T12:34:56Z'
SELECT timestamp '2020-01-01 12:34'
SELECT timestamp '2020-01-01'
SELECT timestamp '2020-01-01 25:00:00'
SELECT timestamp 'foo'
SELECT timestamp '2020-01-01 12:34:56.789'::timestamp(0)
SELECT timestamp(0) '2020-01-01 12:34:56.789'
SELECT timestamp with time zone '2020-01-01 12:00:00+02'
SELECT timestamptz '2020-01-01 12:00:00 America/New_York'
SELECT timestamptz '2020-01-01 12:00:00-05:30'
SELECT '2020-01-01 00:00:00'::timestamptz
SELECT timestamp '294277-01-01'
SELECT time '12:34:56', time '12:34', time '04:05 PM', time '24:00:00'
SELECT time '25:00'
SELECT time with time zone '12:34:56+02'
SELECT timetz '12:34:56-05'
SELECT json '{"a":1}', jsonb '{"b": 1, "a": 2}'
SELECT '{"a":1,}'::json
SELECT '{"b": 1, "a": 2, "a": 3}'::jsonb
SELECT 'not json'::jsonb
SELECT '  {"a" :  1}'::json
SELECT uuid '00000000-0000-0000-0000-00000000000A'
SELECT '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'::uuid
SELECT 'not-a-uuid'::uuid
SELECT 'abc'::varchar(2), 'abc'::char(2), 'a'::char(3), 'abc'::character varying(10)
SELECT 'a'::char(3) = 'a', length('a  '::char(3)), 'a'::char(3) || 'b'
SELECT CAST('abcdef' AS varchar(3))
SELECT CAST(12345 AS varchar(3))
SELECT 'abc'::bpchar, 'abc'::char
SELECT 'abc'::name, 'abc'::"char"
SELECT '1'::xid, '16/B374D848'::pg_lsn
SELECT '12.34'::money
SELECT '192.168.0.1'::inet, '192.168.0.0/24'::cidr
SELECT '(1,2)'::point
SELECT '[1,5)'::int4range
SELECT 'a b'::tsvector
SELECT '<a/>'::xml
SELECT NULL, NULL::int, NULL::text
SELECT 1 AS "select", 'x' AS "a""b"
SELECT 'é', length('é'), octet_length('é'), 'Straße'
SELECT 1;
SELECT 'a'::text, 'a'::varchar, 'a'
SELECT true, false, 't'::bool::text
SELECT 1_000
SELECT '1 2'::int
SELECT ' 12 '::int, ' 1.5 '::numeric, ' true '::bool
SELECT '12abc'::int
SELECT ''::int
SELECT 'abc'::int
SELECT '1.5'::int
SELECT '99999999999'::int
SELECT '99999'::smallint
SELECT '99999999999999999999'::bigint
SELECT 'abc'::numeric
SELECT 'abc'::float8
SELECT '1e400'::float8
SELECT '1e40'::real
SELECT ''::float8
SELECT 'abc'::real
SELECT 'x'::smallint
SELECT 'x'::bigint
SELECT 'x'::oid
SELECT '0x10'::int
SELECT '1_000'::int
SELECT '12:34'::time, '2020-01-01 10:00+02'::timestamptz, '2020-01-01 BC'::date
SELECT 'yes'::bool, CAST('off' AS boolean), bool 'y'
SELECT '{{a,b},{c,NULL}}'::text[], CAST('{{1},{2}}' AS int[])
SELECT interval 'P1DT12H', '3-4'::interval, '-1-2'::interval
SELECT (s || 'x')::varchar(5), upper(s)::char(3), CAST(s || v AS varchar(4)) FROM t WHERE id = 1
SELECT '2147483648'::int
SELECT '-32769'::smallint
SELECT '+5'::int, ' -7 '::bigint
SELECT (-5)::bit(40), 5::bigint::bit(3), B'101'::bit, CAST(B'11' AS bit(3)), B'1010'::varbit(2), CAST('1' AS bit varying(3))
SELECT NULL::varchar(3), NULL::char(3), NULL::timestamptz(0), NULL::time(2), NULL::bit(4), NULL::text, NULL::int
SELECT 1e23, 1e20, -1e23, 1e-20
SELECT 1.234567890123456789e3, 123456789012345678e0, 1e-38
SELECT 1e23 * 2, abs(-1e23), 1e23::text, 1e23 % 7
SELECT 1e400
SELECT 1e300
SELECT 1e-300::float8, 1e23::float8, CAST(1.7976931348623157e308 AS float8), 4.9e-324::float8
SELECT 3.4028235e38::float4, 1.17549435e-38::float4
SELECT 0.00000000000000000000000000000000000001
SELECT CAST(-0.010407370664042426 AS float8), 0.0038151074951834475::float8
SELECT f FROM (VALUES (0.0038151074951834475::float8)) AS v(f) WHERE f = 0.0038151074951834475
SELECT f FROM (VALUES (-0.010407370664042426::float8)) AS v(f) WHERE f = -0.010407370664042426
