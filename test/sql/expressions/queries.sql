SELECT a FROM t ORDER BY a
SELECT a FROM t ORDER BY a DESC
SELECT a FROM t ORDER BY a NULLS FIRST
SELECT a FROM t ORDER BY a DESC NULLS LAST
SELECT bo FROM t ORDER BY bo
SELECT count(*), count(a), count(DISTINCT b) FROM t
SELECT sum(a), avg(a), min(a), max(a) FROM t
SELECT sum(si), sum(bi), sum(n), sum(f), sum(r) FROM t
SELECT avg(si), avg(bi), avg(n), avg(f), avg(r) FROM t
SELECT sum(a) FROM t WHERE false
SELECT sum(bi) FROM (VALUES (9223372036854775807::bigint), (1::bigint)) v(bi)
SELECT sum(i) FROM (VALUES (2147483647), (1)) v(i)
SELECT sum(x), avg(x) FROM g
SELECT sum(y), avg(y), min(y), max(y) FROM g
SELECT stddev(x), variance(x), stddev_pop(x), var_pop(x), stddev_samp(x), var_samp(x) FROM g
SELECT round(corr(x, y)::numeric, 6), round(covar_pop(x, y)::numeric, 6), regr_count(x, y) FROM g
SELECT bool_and(bo), bool_or(bo), every(bo) FROM t
SELECT bit_and(a), bit_or(a), bit_xor(a) FROM t
SELECT string_agg(k, '-' ORDER BY k), string_agg(DISTINCT k, ',' ORDER BY k) FROM g
SELECT string_agg(x::text, ',' ORDER BY x) FROM g
SELECT string_agg(k, ',') FROM g WHERE false
SELECT count(*) FILTER (WHERE x > 2), sum(x) FILTER (WHERE k = 'a') FROM g
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM g
SELECT percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY x) FROM g
SELECT mode() WITHIN GROUP (ORDER BY k) FROM g WHERE k = 'a'
SELECT k, count(*), sum(x) FROM g GROUP BY k ORDER BY k
SELECT k, sum(x) FROM g GROUP BY 1 ORDER BY 2 DESC, 1
SELECT k AS kk, count(*) FROM g GROUP BY kk ORDER BY kk
SELECT k, sum(x) FROM g GROUP BY k HAVING sum(x) > 3 ORDER BY k
SELECT k, x, sum(y) FROM g GROUP BY GROUPING SETS ((k), (x), ()) ORDER BY k, x, 3
SELECT k, sum(x), grouping(k) FROM g GROUP BY ROLLUP (k) ORDER BY k, 3
SELECT k, x, count(*) FROM g GROUP BY CUBE (k, x) ORDER BY k, x, 3
SELECT k, x FROM g GROUP BY k
SELECT sum(sum(x)) FROM g
SELECT k FROM g WHERE sum(x) > 1
SELECT x FROM g ORDER BY 5
SELECT DISTINCT k FROM g ORDER BY k
SELECT DISTINCT ON (k) k, x FROM g ORDER BY k, x DESC
SELECT DISTINCT ON (k) k, x / 2 FROM g WHERE x IS NOT NULL ORDER BY k, x
SELECT x, row_number() OVER (ORDER BY x), rank() OVER (ORDER BY k), dense_rank() OVER (ORDER BY k) FROM g ORDER BY x
SELECT x, lag(x) OVER (ORDER BY x), lead(x, 1, 0) OVER (ORDER BY x), first_value(x) OVER (ORDER BY x), last_value(x) OVER (ORDER BY x), nth_value(x, 2) OVER (ORDER BY x) FROM g ORDER BY x
SELECT x, sum(x) OVER (PARTITION BY k ORDER BY x), count(*) OVER (), avg(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM g ORDER BY x
SELECT x, ntile(2) OVER (ORDER BY x), percent_rank() OVER (ORDER BY x), cume_dist() OVER (ORDER BY x) FROM g ORDER BY x
SELECT x, sum(x) OVER w FROM g WINDOW w AS (ORDER BY x RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) ORDER BY x
SELECT x, sum(x) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM g ORDER BY x
SELECT sum(x) OVER (ORDER BY x) / count(*) OVER (ORDER BY x) FROM g ORDER BY x
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, l)
VALUES (1, 'a'), (2, NULL)
VALUES (1, 'a'), (2.5, NULL) ORDER BY 1 DESC
SELECT x FROM g ORDER BY x LIMIT 2
SELECT x FROM g ORDER BY x LIMIT 2 OFFSET 1
SELECT x FROM g ORDER BY x LIMIT ALL
SELECT x FROM g ORDER BY x OFFSET 3
SELECT x FROM g ORDER BY x FETCH FIRST 2 ROWS ONLY
SELECT x FROM g ORDER BY x OFFSET 1 ROW FETCH NEXT ROW ONLY
SELECT k FROM g ORDER BY k FETCH FIRST 1 ROW WITH TIES
SELECT x FROM g ORDER BY x LIMIT NULL
SELECT x FROM g LIMIT -1
SELECT x FROM g LIMIT 'a'
SELECT x FROM g ORDER BY x FOR UPDATE
SELECT 1 UNION SELECT 2 ORDER BY 1
SELECT 1 UNION ALL SELECT 1
SELECT 1 INTERSECT SELECT 1
SELECT 1 EXCEPT SELECT 2
SELECT 1 UNION SELECT 2.5 ORDER BY 1
SELECT 1 UNION SELECT 'a' ORDER BY 1
SELECT 1, 2 UNION SELECT 1
SELECT NULL UNION SELECT 1 ORDER BY 1
(SELECT x FROM g ORDER BY x LIMIT 1) UNION ALL (SELECT x FROM g ORDER BY x DESC NULLS LAST LIMIT 1)
WITH c AS (SELECT 1 AS n) SELECT n + 1 FROM c
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4) SELECT * FROM c
WITH c AS MATERIALIZED (SELECT 1 AS n) SELECT * FROM c
WITH c(p, q) AS (VALUES (1, 2)) SELECT p / q FROM c
SELECT (SELECT max(x) FROM g), EXISTS (SELECT 1 FROM g WHERE x > 100), 1 IN (SELECT x FROM g)
SELECT (SELECT x FROM g)
SELECT (SELECT x FROM g WHERE x = 1) / 2
SELECT (SELECT 1, 2)
SELECT x FROM g WHERE x > ALL (SELECT id FROM t)
SELECT x FROM g WHERE x = ANY (SELECT id FROM t) ORDER BY x
SELECT (a, b) IN (SELECT 7, 2) FROM t WHERE id = 1
SELECT t.id, l.m FROM t, LATERAL (SELECT t.a * 2 AS m) l ORDER BY t.id
SELECT t.id, l.m FROM t LEFT JOIN LATERAL (SELECT x AS m FROM g WHERE x = t.id) l ON true ORDER BY t.id
SELECT t.id, g.k FROM t JOIN g ON g.x = t.id ORDER BY 1
SELECT t.id, g.k FROM t LEFT JOIN g ON g.x = t.id ORDER BY 1
SELECT count(*) FROM t CROSS JOIN g
SELECT id FROM t NATURAL JOIN (SELECT 1 AS id) q
SELECT * FROM (SELECT 1 AS id, 2 AS z) p JOIN (SELECT 1 AS id, 3 AS w) q USING (id)
SELECT p.id FROM (SELECT 1 AS id) p FULL JOIN (SELECT 2 AS id) q ON p.id = q.id ORDER BY 1
SELECT count(*) FROM t TABLESAMPLE BERNOULLI (100)
SELECT count(*) FROM ONLY t
TABLE g
SELECT * FROM g ORDER BY x, k
SELECT g.* FROM g WHERE k = 'a' ORDER BY x
SELECT g FROM g WHERE x = 1
SELECT (g).x FROM g WHERE x = 1
SELECT (g.*) IS NULL FROM g WHERE x = 1
SELECT count(g) FROM g
SELECT count(g.*) FROM g
SELECT ROW(1, 'a', NULL)
SELECT (ROW(1, 'a'))
SELECT 1 WHERE 1 = 1
SELECT 1 FROM (SELECT 1) AS q
SELECT 1 FROM (SELECT 1)
SELECT
SELECT id FROM t WHERE (id, a) > (1, 100) ORDER BY id
SELECT id FROM t WHERE bo ORDER BY id
SELECT id FROM t WHERE NOT bo ORDER BY id
SELECT id FROM t WHERE bo IS NOT TRUE ORDER BY id
SELECT id FROM t WHERE a = '7'
SELECT id FROM t WHERE s = 1
SELECT id FROM t WHERE a = 'x'
SELECT id FROM t WHERE id
SELECT id FROM t WHERE 'abc'
SELECT id + s FROM t
SELECT sum(s) FROM t
SELECT avg(k) FROM g
SELECT CASE WHEN id = 1 THEN 'a' ELSE 1 END FROM t
SELECT id FROM t, g WHERE x = 1 AND k = 'a' AND id = 1
SELECT k FROM g a, g b WHERE a.x = b.x
SELECT a.k FROM g a JOIN g b USING (x) ORDER BY a.x
SELECT count(*) c FROM g GROUP BY () 
SELECT min(k), max(k) FROM g GROUP BY x > 2 ORDER BY 1
SELECT x FROM g WHERE k ILIKE 'b' ORDER BY x
SELECT x IS NULL, x FROM g ORDER BY 1, 2
SELECT coalesce(k, 'none') AS k2, count(*) FROM g GROUP BY coalesce(k, 'none') ORDER BY k2
SELECT x::text FROM g ORDER BY x::text
SELECT * FROM t WHERE false
SELECT lower(k) || x FROM g WHERE x IS NOT NULL ORDER BY x
SELECT rank() OVER (ORDER BY k NULLS FIRST), k FROM g ORDER BY 1, 2
SELECT any_value(k) FROM g WHERE k = 'a'
SELECT array_agg(k ORDER BY k NULLS FIRST) FROM g
SELECT count(DISTINCT (k, x)) FROM g
SELECT row_number() OVER () FROM g LIMIT 1
SELECT max(x) FILTER (WHERE false) FROM g
SELECT sum(DISTINCT x) FROM g
SELECT bool_and(x > 0) FROM g
SELECT (array_agg(x ORDER BY x))[1] FROM g
SELECT hypothetical FROM g
SELECT rank(3) WITHIN GROUP (ORDER BY x) FROM g
SELECT grouping(k) FROM g
SELECT x FROM g GROUP BY x ORDER BY x NULLS FIRST
SELECT CAST(x AS text) FROM g ORDER BY x
SELECT 1 AS a ORDER BY a
SELECT a.* FROM (SELECT 1 x) b
SELECT count(*) FROM pg_class WHERE relname = 't'
SELECT EXISTS (SELECT 1)
SELECT NOT EXISTS (SELECT 1 FROM g WHERE x = 99)
SELECT u FROM t ORDER BY id
SELECT n, f, r FROM t ORDER BY id
SELECT f::text, r::text, n::text FROM t ORDER BY id
SELECT a::text::int, id::bigint::text FROM t ORDER BY id
SELECT now IS NOT NULL FROM now()
SELECT x FROM lower('A') x
SELECT lower.lower FROM pg_catalog.lower('A')
SELECT * FROM lower('A') AS x(c), upper('b')
SELECT t.a, u FROM (VALUES ('q'), ('r')) t(a) LEFT JOIN LATERAL upper(t.a) u ON true ORDER BY 1
SELECT "X y" FROM lower('A') "X y"
SELECT s FROM current_setting('server_encoding') s
SELECT n FROM generate_series(100001, 100000 + 1) n
SELECT n FROM generate_series(2 * (1 + 1), 4) n
SELECT n FROM generate_series(2147483647 + 1, 4) n
SELECT current_setting('transaction_read_only')::bool
SELECT pg_catalog.current_setting('standard_conforming_strings')::boolean
SELECT 1 IS DISTINCT FROM length('a'), 2 IS NOT DISTINCT FROM length('ab'), lower('B')
SELECT trim(both from lower('  B ')), substring('abc' from length('ab'))
SELECT x FROM (SELECT 1 IS DISTINCT FROM length('a') AS x FROM length('q') l) s
SELECT * FROM (VALUES (0::integer, NULL::text), (1, 'test string')) AS t
SELECT column2, t.column1 FROM (VALUES (1, 'a')) t
SELECT a, column2 FROM (VALUES (1, 'a'), (2, 'b')) t(a) ORDER BY 1
WITH v AS (VALUES (1, 2)), w AS (VALUES (3)) SELECT v.*, w.column1 FROM v, w
WITH v(a, b) AS (VALUES (1, 2)) SELECT a, b FROM v
SELECT 1 IN (VALUES (1), (2)), (VALUES (7))
SELECT "T".column1 FROM (VALUES (5)) AS "T"
SELECT ROW(NULL) IS NULL, ROW(1,NULL) IS NULL, ROW(NULL,NULL) IS NOT NULL, (1,2) IS NOT NULL, (1, NULL) IS NOT NULL
SELECT (1,NULL) = (1,NULL), (1,2) = (1,2), (1,2) < (1,3), (1,NULL) < (2,1), (1,2) >= (1,NULL), ROW(1,2) <> ROW(1,3), (1,NULL) <> (1,2)
SELECT a, b FROM (VALUES (1,2),(1,NULL),(2,1)) v(a,b) WHERE (a,b) > (1,1) ORDER BY 1, 2
SELECT v.a, v.b FROM (VALUES (1,2),(1,NULL),(2,1)) v(a,b) JOIN (VALUES (1,NULL),(2,1)) w(a,b) ON (v.a, v.b) = (w.a, w.b)
SELECT id FROM t UNION SELECT s FROM t
SELECT id FROM t UNION ALL SELECT n FROM t WHERE id = 1 ORDER BY 1 DESC LIMIT 1
SELECT d FROM t INTERSECT SELECT id FROM t
SELECT (v).k::text, (v).x::bigint, (v).y::text || '!' FROM g AS v WHERE x = 1
SELECT 1 UNION SELECT 'a'
SELECT 'ä', 1 UNION SELECT 'b', '2' ORDER BY 1
SELECT '1' UNION SELECT '2' UNION SELECT 3
SELECT '1' UNION SELECT 2 UNION SELECT '3' ORDER BY 1
SELECT a FROM t WHERE id = 1 UNION ALL SELECT 'x'
SELECT '7' UNION ALL SELECT a FROM t WHERE id = 1
SELECT d FROM t WHERE id = 1 UNION ALL SELECT '2020-02-03'
SELECT bo FROM t WHERE id = 1 UNION ALL SELECT 'no'
SELECT bi FROM t WHERE id = 1 UNION ALL SELECT '15' UNION ALL SELECT 2
SELECT upper(s) FROM t WHERE id = 1 UNION ALL SELECT 'x' UNION ALL SELECT NULL
SELECT count(*) FROM (SELECT 1 UNION SELECT 'a') s
WITH w AS (SELECT a FROM t UNION ALL SELECT '5') SELECT sum(a) FROM w
SELECT true UNION SELECT 1
SELECT DISTINCT k FROM g ORDER BY x
SELECT DISTINCT x FROM g ORDER BY x + 1
SELECT DISTINCT x + 1 FROM g ORDER BY x + 1
SELECT DISTINCT g.k FROM g ORDER BY k
SELECT DISTINCT k AS x, x AS k FROM g ORDER BY 2 DESC, x
SELECT DISTINCT k FROM g GROUP BY k ORDER BY count(*)
SELECT DISTINCT ON (k) k, x FROM g ORDER BY x
SELECT DISTINCT ON (k, x) k, x FROM g ORDER BY x, k, y
SELECT DISTINCT ON (k, x) k, x FROM g ORDER BY x, y
SELECT DISTINCT ON (lower(k)) lower(k), x FROM g ORDER BY 1, x
SELECT string_agg(DISTINCT k, ',' ORDER BY x) FROM g
SELECT a FROM t UNION SELECT x FROM g ORDER BY nope
SELECT a FROM t UNION SELECT x FROM g ORDER BY b
SELECT a FROM t UNION SELECT x FROM g ORDER BY a + 1
SELECT DISTINCT x IN (1, 2) AS small FROM g ORDER BY x IN (1, 2)
SELECT DISTINCT x::int4 FROM g ORDER BY x::integer
SELECT DISTINCT lower(k) FROM g ORDER BY pg_catalog.lower(k)
SELECT DISTINCT substring(k from 1 for 1) FROM g ORDER BY substring(k, 1, 1)
SELECT DISTINCT ROW(k, x) FROM g ORDER BY (k, x)
SELECT DISTINCT ON (x) * FROM g ORDER BY 2
SELECT DISTINCT ON (2) g.* FROM g ORDER BY g.x, y
SELECT id, e.value, e.ordinality FROM t, json_array_elements(j) WITH ORDINALITY AS e WHERE id = 3 ORDER BY 3
SELECT e.v, e.n FROM t, json_array_elements_text(j) WITH ORDINALITY AS e(v, n) WHERE id = 3 ORDER BY n
SELECT value, ordinality FROM jsonb_array_elements_text('["a", "b"]') WITH ORDINALITY
SELECT r.r, r.ordinality FROM regexp_matches('a1b2', '[0-9]', 'g') WITH ORDINALITY AS r
SELECT format('%s %s', VARIADIC ARRAY['x', 'y'])
SELECT * FROM ROWS FROM (json_to_recordset('[{"a": 1}]') AS (a int)) AS x
SELECT c, sum(n) / sum(sum(n)) OVER () FROM (VALUES (1, 1.50), (2, 2.50)) v(c, n) GROUP BY c ORDER BY c
SELECT c, round(100 * sum(n) / nullif(sum(sum(n)) OVER (), 0), 1) FROM (VALUES (1, 1.50), (2, 2.50)) v(c, n) GROUP BY c ORDER BY c
SELECT sum(n) / count(*) / sum(sum(n)) OVER () FROM (VALUES (1, 1.50), (2, 2.50)) v(c, n)
SELECT sum(n) / 2 / sum(n) FILTER (WHERE c > 1), percentile_cont(0.5) WITHIN GROUP (ORDER BY n) / 2 / 3 FROM (VALUES (1, 1.50), (2, 2.50)) v(c, n)
SELECT n / 2 / sum(n) OVER w, c / 2 / count(*) OVER w AS over_all, sum(c) OVER w / 3 FROM (VALUES (1, 1.50), (2, 2.50)) v(c, n) WINDOW w AS (PARTITION BY c % 2) ORDER BY c
SELECT NULL
SELECT NULL AS x, 1, NULL UNION ALL SELECT 2, 3, 'x'
SELECT 1, NULL
SELECT a = 1.1::real, a * 1.1::real FROM (VALUES (1.1::real), (2)) AS v(a)
