SELECT 'a' || 'b' || 'c'
SELECT 'a' || 1
SELECT 1 || 'a'
SELECT 'a' || 1.5 || true
SELECT 'a' || NULL
SELECT 'a' || date '2020-01-01'
SELECT s || '!' FROM t ORDER BY id
SELECT s || a FROM t ORDER BY id
SELECT s || bo FROM t ORDER BY id
SELECT 1 || 2
SELECT upper('aBc'), lower('aBc'), initcap('hello wORLD foo-bar')
SELECT length('abc'), char_length('abc'), character_length('añb'), octet_length('añb')
SELECT substring('abcdef' from 2 for 3), substring('abcdef' from 3), substring('abcdef' for 2)
SELECT substring('abcdef', 2, 3), substr('abcdef', 2), substr('abcdef', -1, 3)
SELECT substring('abcdef', 0, 3), substring('abcdef', -2)
SELECT substring('abc', 1, -1)
SELECT substr('abc', 1, -1)
SELECT substring('foobar' from 'o.b'), substring('foobar' from 'o(.)b')
SELECT substring('foobar', 'o+')
SELECT substring('foobar' similar '%#"o_b#"%' escape '#')
SELECT position('b' in 'abc'), position('z' in 'abc'), position('' in 'abc'), strpos('abc','c')
SELECT overlay('Txxxxas' placing 'hom' from 2 for 4), overlay('abcdef' placing 'zz' from 3)
SELECT trim('  a '), trim(both 'x' from 'xxaxx'), trim(leading 'x' from 'xxa'), trim(trailing from 'a  ')
SELECT btrim('xyxtrimyyx', 'xyz'), ltrim('zzzytest', 'xyz'), rtrim('testxxzx', 'xyz'), btrim('  a ')
SELECT left('abcde', 2), left('abcde', -2), right('abcde', 2), right('abcde', -2), left('abc', 10)
SELECT lpad('hi', 5, 'xy'), rpad('hi', 5, 'xy'), lpad('hi', 5), rpad('hi', 1), lpad('hello', 2), lpad('hi', 0), lpad('hi', 5, '')
SELECT repeat('ab', 3), repeat('ab', 0), repeat('ab', -1)
SELECT replace('abcabc', 'b', 'X'), replace('abc', '', 'x')
SELECT reverse('abc')
SELECT split_part('a,b,c', ',', 2), split_part('a,b,c', ',', 5), split_part('a,b,c', ',', -1), split_part('abc', '', 1)
SELECT split_part('a,b,c', ',', 0)
SELECT translate('12345', '143', 'ax')
SELECT ascii('a'), ascii('é'), ascii(''), chr(65), chr(233)
SELECT chr(0)
SELECT concat('a', 1, NULL, true), concat_ws(',', 'a', NULL, 1, 'b'), concat_ws(NULL, 'a', 'b')
SELECT concat(), concat(NULL)
SELECT format('Hello %s', 'World'), format('%I = %L', 'my col', 'it''s'), format('%s %s', 1, NULL), format('%%')
SELECT format('%2$s %1$s', 'a', 'b'), format('|%10s|', 'foo'), format('|%-10s|', 'foo'), format('%L', NULL)
SELECT format('%I', 'select'), format('%I', 'abc'), format('%s', ARRAY[1,2])
SELECT format('%s')
SELECT format('%d', 1)
SELECT quote_ident('abc'), quote_ident('a b'), quote_ident('select'), quote_ident('A'), quote_ident('a"b')
SELECT quote_literal('it''s'), quote_literal(5), quote_literal('a\b'), quote_nullable(NULL), quote_nullable('x')
SELECT to_char(1234.5, '9999.99'), to_char(-1234.5, '9,999.99'), to_char(5, '000'), to_char(12, 'FM999')
SELECT to_char(0.5, 'FM990.00'), to_char(1234567, 'FM9,999,999'), to_char(12.5, '99.9MI'), to_char(485, 'RN')
SELECT to_char(1e0, '9.99EEEE')
SELECT to_number('1,234.56', '9,999.99'), to_number('-12', '99'), to_number('$12', 'L99')
SELECT starts_with('alphabet', 'alph'), 'alphabet' ^@ 'alph'
SELECT string_to_array('a,b,c', ','), string_to_array('a,,c', ',', ''), string_to_array('abc', NULL), string_to_array('', ','), string_to_array('abc','')
SELECT array_to_string(ARRAY[1,2,NULL,3], ','), array_to_string(ARRAY[1,2,NULL,3], ',', '*'), array_to_string(ARRAY['a','b'], '')
SELECT string_to_table('a,b', ',')
SELECT regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b..', 'X', 'g'), regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g')
SELECT regexp_replace('FOO', 'o', 'x', 'gi'), regexp_replace('abc', '(b)', '[\&]')
SELECT regexp_replace('Thomas', '.[mN]a.', 'M'), regexp_replace('a.b.c', '[.]', '', 'g'), regexp_replace('hello', 'l', 'L', 1, 2)
SELECT regexp_match('foobarbequebaz', 'bar.*que'), regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('abc', 'x'), regexp_match('ABC', 'b', 'i')
SELECT regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g')
SELECT regexp_matches('abc', 'b')
SELECT (regexp_matches('abc123', '([a-z]+)(\d+)'))[2]
SELECT (regexp_match('abc123', '\d+'))[1]
SELECT regexp_split_to_array('hello world foo', '\s+'), regexp_split_to_array('abc', '')
SELECT regexp_split_to_table('a b  c', '\s+')
SELECT regexp_count('abcabc', 'b'), regexp_instr('abcabc', 'c'), regexp_like('abc', 'B', 'i'), regexp_substr('abc123', '\d+')
SELECT 'abc' ~ 'b', 'abc' ~ '^b', 'abc' ~* 'B', 'abc' !~ 'b', 'abc' !~* 'X'
SELECT 'abc' ~ '^a.c$', 'abc' ~ 'a|x', 'a' ~ '', 'foo' ~ 'o{2}', 'abc' ~ '[[:alpha:]]+', 'a b' ~ '\s', 'a1' ~ '\d', 'ab' ~ '\mab\M'
SELECT 'abc' ~ '\yabc\y', 'abcabc' ~ '(abc)\1'
SELECT 'abc' ~ 'a(?=b)', 'abc' ~ 'a(?!b)'
SELECT 'abc' ~ '('
SELECT 'abc' ~ '[z-a]'
SELECT E'a\nb' ~ 'a.b', E'a\nb' ~ '^b', 'ABC' ~ '(?i)abc'
SELECT NULL ~ 'a', 'a' ~ NULL
SELECT s ~ 'World$' FROM t ORDER BY id
SELECT s !~ 'World' FROM t ORDER BY id
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' NOT LIKE 'b%', 'ABC' ILIKE 'a%', 'abc' NOT ILIKE 'A%'
SELECT 'a_c' LIKE 'a\_c', 'abc' LIKE 'a\_c', 'a%c' LIKE 'a\%c', 'abc' LIKE 'a\%c'
SELECT 'a_c' LIKE 'a!_c' ESCAPE '!', 'a\c' LIKE 'a\c' ESCAPE '', 'a\c' LIKE 'a\\c'
SELECT 'a%b' ILIKE 'A\%B', 'axb' ILIKE 'A\%B'
SELECT 'abc' LIKE 'abc\'
SELECT 'a' LIKE ANY (ARRAY['a','b']), 'a' LIKE ALL (ARRAY['a%','b'])
SELECT 'abc' ~~ 'a%', 'abc' !~~ 'a%', 'ABC' ~~* 'a%', 'ABC' !~~* 'a%'
SELECT 'abc' SIMILAR TO 'abc', 'abc' SIMILAR TO 'a', 'abc' SIMILAR TO '%(b|d)%', 'abc' SIMILAR TO '(b|c)%', 'abc' NOT SIMILAR TO 'a%'
SELECT 'a.c' SIMILAR TO 'a.c', 'abc' SIMILAR TO 'a.c', 'abc' SIMILAR TO 'a_c', 'aaa' SIMILAR TO 'a{3}', 'a+' SIMILAR TO 'a+'
SELECT 'a%' SIMILAR TO 'a\%', 'ab' SIMILAR TO 'a\%'
SELECT 'abc' < 'abd', 'a' < 'B', 'Z' < 'a', 'abc' = 'ABC', '' < 'a'
SELECT 'a' COLLATE "C" < 'b'
SELECT s FROM t ORDER BY s
SELECT k FROM g ORDER BY k
SELECT k FROM g ORDER BY k DESC
SELECT max(k), min(k) FROM g
SELECT unistr('d\0061t'), normalize('é')
SELECT to_ascii('abc')
SELECT parse_ident('a.b')
SELECT string_agg(k, ',' ORDER BY x) FROM g
SELECT 'abc'::text::bytea
SELECT lower(NULL), upper(''), trim('')
SELECT length(''), length(NULL)
SELECT 'abc' IS NOT NULL, 'a' IN ('a','b')
SELECT cast('x' as text) || cast(1 as text)
SELECT md5('')
SELECT to_char(date '2020-02-29', 'YYYY-MM-DD')
SELECT substring('abc' from 2)::text || 'x'
SELECT left(s, 3) FROM t ORDER BY id
SELECT lower(v) FROM t ORDER BY id
SELECT strpos(s, 'o') FROM t ORDER BY id
SELECT length(s) FROM t ORDER BY id
SELECT bit_length('a')
SELECT crc32('a')
SELECT 'a' < 1
SELECT 'abc' + 1
SELECT lower(5)
SELECT length(5)
SELECT nofunction(1)
SELECT upper('a', 'b')
SELECT nocolumn FROM t
SELECT 1 FROM notable
SELECT t.nocolumn FROM t
SELECT x.a FROM t
SELECT pg_typeof('a'), pg_typeof(1), pg_typeof(1.5), pg_typeof(now()), pg_typeof(NULL), pg_typeof(ARRAY[1]), pg_typeof(true), pg_typeof('a'::text)
SELECT pg_typeof(1/2), pg_typeof(1::bigint), pg_typeof(1::smallint), pg_typeof(1e0::float8), pg_typeof(date '2020-01-01'), pg_typeof('1 day'::interval), pg_typeof('{}'::json), pg_typeof('a'::varchar)
SELECT gen_random_uuid() IS NOT NULL
SELECT pg_column_size(1), pg_column_size('abc'::text)
SELECT pg_sleep(0)
SELECT version() LIKE 'PostgreSQL 15%'
SELECT current_user IS NOT NULL, session_user IS NOT NULL, current_schema
SELECT current_setting('server_version_num')::int >= 150000
SELECT current_setting('nope.nope', true)
SELECT current_setting('nope.nope')
SELECT set_config('application_name', 'x', false)
SELECT has_table_privilege('t', 'SELECT')
SELECT to_regclass('t') IS NOT NULL, to_regclass('nope')
SELECT 't'::regclass
SELECT 't'::regclass::text
SELECT 't'::regclass::oid = 't'::regclass::oid
SELECT 'nope'::regclass
SELECT 'public.t'::regclass
SELECT 'int4'::regtype, 'integer'::regtype::text, 'varchar'::regtype
SELECT 'nope'::regtype
SELECT 23::regtype, 25::oid::regtype::text
SELECT 'pg_catalog'::regnamespace, 'public'::regnamespace::text
SELECT 'now'::regproc
SELECT format_type(23, NULL), format_type(1043, 14), format_type(1700, 655366)
SELECT pg_get_expr(NULL, 0)
SELECT obj_description(1, 'pg_class')
SELECT pg_table_is_visible('t'::regclass)
SELECT 1::oid, 1::oid::int, 5::oid::text
SELECT 'abc'::text = ANY (ARRAY['abc','def'])
SELECT inet_server_addr() IS NULL, inet_client_addr() IS NULL
SELECT pg_backend_pid() > 0
SELECT txid_current() > 0
SELECT current_query()
SELECT pg_is_in_recovery()
SELECT pg_encoding_to_char(6)
SELECT pg_size_pretty(10::bigint), pg_size_pretty(12345::bigint), pg_size_pretty(123456789::bigint)
SELECT current_catalog IS NOT NULL, current_database() IS NOT NULL
SELECT substring(s from 1 for 5), substring(s for 3), substring(s, 7), position('o' in s), overlay(s placing 'J' from 1 for 1) FROM t WHERE id = 1
SELECT s SIMILAR TO '%World', s NOT SIMILAR TO 'H[a-z]+ W%', s SIMILAR TO 'Hello (World|You)' FROM t WHERE id = 1
SELECT s LIKE '%' || 'o' || '%', s LIKE '%\o%', s NOT LIKE 'H\_%' FROM t WHERE id = 1
SELECT id FROM t WHERE s ~ '^[A-Z][a-z]+' AND s !~* 'xyz' ORDER BY id
SELECT regexp_replace(s, '(\w+) (\w+)', '\2 \1'), regexp_replace(s, '[aeiou]', '', 'gi') FROM t WHERE id = 1
SELECT regexp_match(s, '(\w+) (\w+)'), (regexp_match(s, 'W.*'))[1] FROM t WHERE id = 1
SELECT m FROM regexp_matches('a1b2', '[a-z](\d)', 'g') AS m
SELECT format('%s has %s', id, s), format('%I.%I', 'public', 'My Table'), format('100%%'), format('%L', s) FROM t WHERE id = 2
SELECT split_part(s, ' ', 2), initcap(lower(s)), lpad(id::text, 3, '0'), to_hex(id) FROM t WHERE id = 1
SELECT encode(bin, 'hex'), encode(bin, 'base64'), length(encode(bin, 'hex')) FROM t ORDER BY id
SELECT to_hex(-1), to_hex(-1::bigint), to_hex(0)
SELECT format('%s-%s', extract(year from d), 't'::regclass::text) FROM t WHERE id = 1
SELECT left(extract(year from d)::text, 2), (extract(month from ts)::text)::varchar(1) FROM t WHERE id = 1
SELECT pg_typeof(1)::oid, pg_typeof('a'::text)::oid, pg_typeof(1) = 'integer'::regtype, 'text'::regtype = pg_typeof('a'::text), pg_typeof(array[1])::oid::int
SELECT user = current_user, session_user = user, length(user) > 0
SELECT 'x' || '10.0.0.1'::inet, '10.0.0.1'::inet::text, concat('10.0.0.1'::inet), '::1'::inet::text, '10.0.0.0/8'::inet || '', ARRAY['10.0.0.1'::inet]::text
SELECT '[1,2)'::int4range || 'x', a || '-' || r FROM (SELECT '10.0.0.1'::inet AS a, '[1,3]'::int4range AS r) v
SELECT array_to_string(ARRAY['10.0.0.1'::inet, '10.0.0.0/8'], ',')
SELECT chr(65), chr(8364), chr(null)
SELECT chr(0)
SELECT upper('ß'), upper('straße'), upper('ßẞ')
SELECT format('%I', NULL)
SELECT regexp_match('abc', '(x)?b'), regexp_match('abc', '(x*)b'), regexp_match('ab', '(a)|(b)'), regexp_match('b', '(a)|(b)|(c)')
SELECT r FROM regexp_matches('1.5 2 3.', '(\d+)(\.(\d*))?', 'g') AS r
SELECT format('%1$s %1$s %s', 'a', 'b'), format('{%s}', 1), format('%-5s|%5s', 'x', 2), format('|%5L|', NULL), format('%3s', 'abcdef'), format('%10s|', 'äö'), format('%2$I %1$L', 'it''s', 'A b')
SELECT format('%0$s', 'a')
SELECT format('%3$s', 'a', 'b')
SELECT x, x LIKE ANY (p), x NOT LIKE ALL (p), x LIKE ALL (p), x !~ ANY (p), x ~* ALL (p), x NOT ILIKE SOME (p) FROM (VALUES ('apple', ARRAY['a%', 'b%']), ('Banana', NULL), ('cherry', ARRAY[]::text[]), (NULL, ARRAY['a']), ('a_b', ARRAY['a\_b', NULL])) AS t(x, p) ORDER BY 1
SELECT 'a' || 'x' LIKE ANY ('{%yx,ax}'), NOT 'b' ILIKE ANY (SELECT unnest(ARRAY['B', 'c'])), 'a' LIKE ANY (ARRAY['b', NULL])
