SELECT 1/3::numeric, 10/3::numeric, 1::numeric/7, 100000/3.0, 1000000/7.0, 0.0001/3, 2/3.0
SELECT 10/10.0, 3/2.0, 15/10.0, 1.5/1.5, 0/5.0, 100/10.0, 12345678901234567890/7.0
SELECT n / 3, n / 0.7, 1 / nullif(n, 0) FROM t ORDER BY id
SELECT n / id, n / bi, n / f FROM t WHERE id = 1
SELECT (a * 1.0) / b, a * 100.0 / b FROM t WHERE id < 3 ORDER BY id
SELECT round(a * 100.0 / 7, 2), round(10 / 3.0, 4), trunc(10 / 3.0, 3) FROM t WHERE id < 3 ORDER BY id
SELECT (10 / 3.0) * 3, (10 / 3.0) + 1, (1 / 3.0) * (1 / 3.0), (10 / 3.0) / 3
SELECT (10 / 4.0)::int, (10 / 4.0)::float8, (10 / 4.0)::numeric(5, 2)
SELECT 10 / 4.0 = 2.5, 10 / 4.0 > 2, 1 / 3.0 < 0.34, round(1 / 3.0, 2) = 0.33
SELECT 5.0 / 0
SELECT 5.0 / 0.0
SELECT 5 / 0.0
SELECT 5::float8 / 0
SELECT 0.0::float8 / 0
SELECT n / 0 FROM t WHERE id = 1
SELECT n % 0 FROM t WHERE id = 1
SELECT 5.5 % 2, -5.5 % 2, 5.5 % -2, 10 % 3.5, mod(10.5, 3), mod(-7, 3), n % 5 FROM t WHERE id = 1
SELECT avg(a), avg(bi), avg(si) FROM t
SELECT avg(x), avg(y), avg(DISTINCT x), avg(x) FILTER (WHERE x > 2) FROM g
SELECT k, avg(x), avg(y) FROM g GROUP BY k ORDER BY k
SELECT round(avg(x), 2), round(avg(y), 1), avg(x)::int, avg(x)::float8, avg(x) > 3 FROM g
SELECT avg(x) FROM g WHERE false
SELECT x, avg(x) OVER (ORDER BY x) FROM g ORDER BY x
SELECT x, round(avg(x) OVER (PARTITION BY k), 1) FROM g ORDER BY x
SELECT avg(f), avg(r) FROM t
SELECT avg(iv) FROM t
SELECT sum(iv) FROM t
SELECT avg(v) FROM (VALUES (1), (1), (1)) x(v)
SELECT avg(v) FROM (VALUES (1), (2)) x(v)
SELECT avg(v) FROM (VALUES (100000), (200001)) x(v)
SELECT avg(v) FROM (VALUES (0.1), (0.2), (0.4)) x(v)
SELECT avg(v) FROM (VALUES (9223372036854775807), (9223372036854775807)) x(v)
SELECT avg(v * 1.5) FROM (VALUES (1), (2)) x(v)
SELECT k FROM g GROUP BY k HAVING avg(x) > 2 ORDER BY avg(x) DESC
SELECT (SELECT avg(x) FROM g) + 1, x - (SELECT avg(x) FROM g) FROM g WHERE x = 1
SELECT sum(x), sum(y), sum(x::bigint), sum(x::smallint), sum(x::float8), sum(x::real), sum(x::numeric) FROM g
SELECT sum(bi), sum(a)::int, sum(a) + 1, sum(a) * 2, sum(a) % 3 FROM t
SELECT sum(x) / 2, sum(x) / 2.0, sum(x::bigint) / 2, sum(x) / count(*), sum(x)::numeric / count(*) FROM g
SELECT sum(1), sum(1.5), sum(1e0::float8) FROM g
SELECT sum(x) OVER (ORDER BY x), sum(x::bigint) OVER () FROM g ORDER BY 1
SELECT sum(CASE WHEN k = 'a' THEN 1 ELSE 0 END), sum((k = 'a')::int) FROM g
SELECT coalesce(sum(x), 0), coalesce(sum(x) FILTER (WHERE x > 100), 0) FROM g
SELECT sum(c) FROM (SELECT count(*) AS c FROM g GROUP BY k) q
SELECT sum(s) FROM (SELECT sum(x) AS s FROM g GROUP BY k) q
SELECT sum(b) FROM (VALUES (true)) v(b)
SELECT sum(DISTINCT x), sum(ALL x), sum(x ORDER BY x) FROM g
SELECT k, sum(x) AS total FROM g GROUP BY k ORDER BY total DESC NULLS LAST, k
SELECT count(*), count(x), count(DISTINCT k) FROM g
SELECT min(n), max(n), min(f), max(f), min(s), max(s), min(d), max(ts) FROM t
SELECT round(2.5::float8), round(3.5::float8), round(-2.5::float8), round(0.5::float8), round(1.5::real)
SELECT round(2.5), round(3.5), round(-2.5), round(2.567, 2), round(1234.5, -2), round(2.5::numeric, 0)
SELECT round(15), round(1.005, 2), round(n, 1), round(n) FROM t ORDER BY id
SELECT round(f), round(r), ceil(f), floor(f), trunc(f) FROM t ORDER BY id
SELECT round(1.5::float8, 1)
SELECT trunc(2.567, 2), trunc(-2.5), trunc(1234.5, -2), trunc(2.5::float8)
SELECT ceil(2.1), floor(-2.1), ceil(2), floor(2), ceil(2.1::float8)
SELECT sqrt(4), sqrt(2.0), sqrt(2::numeric), sqrt(2::float8)
SELECT sqrt(-1)
SELECT sqrt(-1.0)
SELECT exp(1.0), exp(0), exp(2.5), ln(2.0), ln(10), log(1000.0), log(2.0, 64.0), log(100)
SELECT ln(0)
SELECT ln(-1.0)
SELECT ln(0::float8)
SELECT log(-1)
SELECT power(2, 3), power(2.0, 3), power(2::float8, 3), 2 ^ 3, 2.0 ^ 3, 2 ^ 0.5, power(2.5, 2)
SELECT power(0, -1)
SELECT power(-8, 1.0 / 3)
SELECT exp(1000::float8)
SELECT exp(1000)
SELECT 1e308::float8 * 10
SELECT 1e308::float8 + 1e308::float8
SELECT -1e308::float8 - 1e308::float8
SELECT 1e-308::float8 / 1e100::float8
SELECT 1e308::float8 / 1e-10::float8
SELECT 1e200::float8 * 1e200::float8
SELECT power(10::float8, 400)
SELECT 'Infinity'::float8 * 2, 'Infinity'::float8 - 'Infinity'::float8, 'NaN'::float8 + 1
SELECT 3e38::real * 10::real
SELECT f * 1e308 * 1e10 FROM t WHERE id = 1
SELECT '1e400'::float8
SELECT '1e40'::real
SELECT 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 'Infinity'::float8, 'NaN'::float8 < 1
SELECT 2147483647 + 1
SELECT 2147483647::int + 1
SELECT 9223372036854775807 + 1
SELECT 32767::smallint + 1::smallint
SELECT -(-2147483648)::int
SELECT abs((-2147483648)::int)
SELECT 2147483647 * 2
SELECT -2147483648 - 1
SELECT (-2147483648)::int / -1
SELECT a * 1000000000 FROM t WHERE id = 1
SELECT id + 2147483647 FROM t WHERE id = 1
SELECT bi * bi FROM t WHERE id = 1
SELECT 5 / 2, -5 / 2, 5 % 2, -5 % 2, 5 % -2, mod(-5, 2), div(5, 2), div(-5.5, 2)
SELECT 5::smallint / 2::smallint, 5::bigint / 2, 5 / 2::smallint
SELECT 1 << 3, 16 >> 2, -1 >> 1, 5 & 3, 5 | 3, 5 # 3, ~5
SELECT 1 << 31, 1 << 32, 1::bigint << 40, 1::smallint << 2
SELECT abs(-5), abs(-5.5), abs(-5::bigint), abs(-1.5::float8), sign(-5), sign(5.5), sign(-2::float8)
SELECT gcd(12, 18), lcm(4, 6), gcd(12::bigint, 18), factorial(5)
SELECT pi(), degrees(pi()), radians(180), cbrt(27)
SELECT sin(1), cos(1), tan(1), asin(1), acos(1), atan(1), atan2(1, 2), cot(1), sinh(1)
SELECT 1e3, 1.5e-3, 1e10, 1e0, 12e2, 1E5
SELECT 1e3 = 1000, 1e3 / 3, 1e3 + 1, pg_typeof(1e3)::text
SELECT 10000000000, 10000000000000000000, 1.50, .5, 5., 0.00
SELECT 1.5 + 1, 1.50 * 2.0, 1.5 - 0.25, 1.5 + 1.5::float8, 2 * 1.5
SELECT 99999999999999999999 * 99999999999999999
SELECT 0.1 + 0.2, 0.1::float8 + 0.2::float8, 0.1 + 0.2 = 0.3
SELECT 1.10::numeric, 1.10::numeric + 1, 2.00 * 3.000
SELECT 123456789012345678::bigint * 1.0, 1::bigint + 1.5
SELECT greatest(1, 2.5, NULL), least(NULL, 3, 1), greatest('a', 'b'), least(1.5::float8, 2)
SELECT greatest(NULL::int, NULL), least(1, NULL)
SELECT width_bucket(5.35, 0.024, 10.06, 5), width_bucket(5, ARRAY[1, 3, 7])
SELECT scale(1.230), min_scale(1.230), trim_scale(1.230)
SELECT to_char(1234.5, '9999.99'), to_char(12, '000'), to_char(-5, '99'), to_char(1234567.891, '9,999,999.99')
SELECT to_char(0.5, '0.00'), to_char(125, 'FM999'), to_char(3.14159, 'FM990.00'), to_char(42, 'FM0000')
SELECT stddev(x), variance(x), stddev_pop(x), var_pop(y), corr(x, y), covar_pop(x, y) FROM g
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), percentile_disc(0.5) WITHIN GROUP (ORDER BY x), mode() WITHIN GROUP (ORDER BY k) FROM g
SELECT bool_and(x > 0), bool_or(x > 5), every(x > 0), bit_and(x), bit_or(x), bit_xor(x) FROM g
SELECT ntile(2) OVER (ORDER BY x), row_number() OVER (ORDER BY x), rank() OVER (ORDER BY k), dense_rank() OVER (ORDER BY k) FROM g ORDER BY x
SELECT hashtext('abc'), hashtext(''), hashtext('é')
SELECT nullif(1, 1), nullif(1.5, 2), coalesce(NULL, 1.5), coalesce(NULL::int, 2)
SELECT 7 BETWEEN 1 AND 10, 7 NOT BETWEEN SYMMETRIC 10 AND 1, 1 IN (1, 2, NULL), 3 IN (1, NULL)
SELECT 1 = 1.0, 1 = 1.0::float8, 1::bigint = 1::smallint, '1' = 1, 1.5 > 1
SELECT 5 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL, (1 > 2) IS UNKNOWN, (NULL > 1) IS UNKNOWN
SELECT sum(x) FROM g LIMIT NULL
SELECT x FROM g ORDER BY x LIMIT 2 OFFSET NULL
SELECT x FROM g ORDER BY x OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY
SELECT x FROM g ORDER BY x LIMIT -1
SELECT x FROM g ORDER BY x OFFSET -1
SELECT x FROM g ORDER BY x LIMIT ALL
SELECT x FROM g ORDER BY x DESC
SELECT x FROM g ORDER BY x DESC NULLS LAST
SELECT k, x FROM g ORDER BY 1, 2
SELECT k FROM g ORDER BY 2
SELECT k FROM g GROUP BY 2
SELECT '0.5'::numeric(2,2)::text, (-0.5)::numeric(2,2)::text, 0.25::numeric(4,2)::text, 0::numeric(2,2)::text
SELECT width_bucket(5.35, 0.024, 10.06, 5), width_bucket(-1, 0, 10, 5), width_bucket(10, 0, 10, 5), width_bucket(11, 0, 10, 5), width_bucket(5, 10, 0, 5), width_bucket(2.3, 0, 10, 100)
SELECT width_bucket(5.35::float8, 0.024, 10.06, 5), width_bucket(5, array[1, 3, 6]), width_bucket(0, array[1, 3, 6])
SELECT width_bucket(1, 5, 5, 3)
SELECT width_bucket(1, 0, 5, 0)
SELECT percentile_cont(0.25) within group (order by x) from (values (1.5), (2.5)) t(x)
SELECT percentile_cont(0.25) within group (order by x desc) from (values (1), (2)) t(x)
SELECT 1e400::float8
SELECT 1e39::real
SELECT 1e-400::float8
SELECT 1e38::real, -1e308::float8
SELECT cast('-inf' AS decimal) x, 'Infinity'::numeric AS y, 'NaN'::float8, 1.5::numeric
