SELECT 7/2
SELECT -7/2
SELECT 7/-2
SELECT 7%3
SELECT -7%3
SELECT 7.0/2
SELECT 1/3.0
SELECT 7::float8/2
SELECT 1/0
SELECT 1%0
SELECT 1.0/0
SELECT 1.0%0
SELECT 1e0/0
SELECT 1::float8/0::float8
SELECT 0::float8/0
SELECT NULL::int/0
SELECT 1/NULL::int
SELECT a/b FROM t WHERE id < 3 ORDER BY id
SELECT a/b FROM t ORDER BY id
SELECT a%b FROM t ORDER BY id
SELECT a/b FROM t WHERE id = 4
SELECT n/b FROM t WHERE id = 3
SELECT f/f FROM t WHERE id = 3
SELECT sum(a)/count(*) FROM t WHERE false
SELECT sum(a)/count(*) FROM t
SELECT 10/3*3
SELECT 2*7/2
SELECT 100/10/5
SELECT 1 + 7/2 - 1
SELECT -7/2*2
SELECT (1+2)/(3-1)
SELECT count(*) FROM t WHERE a/2 = 3
SELECT CASE WHEN b <> 0 THEN a/b END FROM t ORDER BY id
SELECT si/2::smallint FROM t WHERE id = 1
SELECT bi/2 FROM t WHERE id = 1
SELECT 7::bigint/2
SELECT a/2 FROM t ORDER BY a/2 NULLS FIRST
SELECT a/NULLIF(b,0) FROM t ORDER BY id
SELECT 5/2::float8
SELECT 2^3
SELECT 2^3^2
SELECT 2::numeric^0.5
SELECT 2 ^ -1
SELECT -2^2
SELECT |/ 25
SELECT ||/ 27
SELECT @ -5
SELECT @ -5.5
SELECT 5 # 3
SELECT 5 & 3
SELECT 5 | 3
SELECT ~5
SELECT 1 << 4
SELECT -16 >> 2
SELECT abs(-5), abs(-5.5), abs(-1e0)
SELECT mod(7,3), mod(-7,3), mod(7.5,2)
SELECT mod(1,0)
SELECT div(7,2), div(-7,2), div(7.5,2)
SELECT ceil(1.2), ceil(-1.2), ceiling(1.5e0)
SELECT floor(1.7), floor(-1.2), floor(1.5e0)
SELECT round(2.5), round(-2.5), round(3.5)
SELECT round(2.5e0), round(3.5e0), round(-2.5e0)
SELECT round(1234.567, 2), round(1234.567, -2), round(1234.567, 0)
SELECT round(1.005, 2)
SELECT round(15, -1)
SELECT trunc(1.999), trunc(-1.999), trunc(1.999e0)
SELECT trunc(1234.567, 2), trunc(1234.567, -2)
SELECT sign(-5), sign(0), sign(3.2), sign(-1e0)
SELECT power(2,10), power(2.0,3), power(2e0,0.5)
SELECT pow(2,3)
SELECT sqrt(16), sqrt(2.0), sqrt(2e0)
SELECT cbrt(27)
SELECT exp(1), exp(1.0)
SELECT ln(10), ln(10.0)
SELECT log(100), log(100.0), log(2, 8)
SELECT log10(1000)
SELECT pi()
SELECT degrees(pi()), radians(180)
SELECT sin(0), cos(0), tan(0), asin(0), acos(1), atan(0), atan2(0,1)
SELECT sinh(0), cosh(0), tanh(0)
SELECT cot(1)
SELECT sind(30), cosd(60), tand(45)
SELECT factorial(5)
SELECT gcd(12, 18), lcm(4, 6)
SELECT width_bucket(5.35, 0.024, 10.06, 5)
SELECT scale(1.2300), min_scale(1.2300), trim_scale(1.2300)
SELECT greatest(1,2,3), least(1,2,3)
SELECT greatest(1,NULL,3), least(NULL,1)
SELECT greatest(NULL,NULL)
SELECT greatest('a','b')
SELECT 1 + NULL
SELECT 1 = 1.0
SELECT 0.1 + 0.2
SELECT 0.1::float8 + 0.2::float8
SELECT 1.10 * 1.10
SELECT 1.5 * 2
SELECT 10.00 - 0.01
SELECT 1e3
SELECT 1.5e-3
SELECT 12345678901
SELECT 123456789012345678901234567890
SELECT 0.000001
SELECT 100000 * 100000
SELECT 2147483647 + 1
SELECT 2147483648 + 1
SELECT -2147483648 - 1
SELECT 9223372036854775807 + 1
SELECT 32767::smallint + 1::smallint
SELECT 9223372036854775807 * 2
SELECT (-2147483648)::int / -1
SELECT -(-2147483648)::int
SELECT abs((-2147483648)::int)
SELECT 1e308::float8 * 10
SELECT 1e-308::float8 / 1e10
SELECT exp(1000)
SELECT exp(1000::float8)
SELECT sqrt(-1)
SELECT sqrt(-1::float8)
SELECT ln(0)
SELECT ln(-1)
SELECT log(0)
SELECT log(-1)
SELECT power(0, -1)
SELECT power(-8, 1.0/3)
SELECT power(-1, 0.5)
SELECT asin(2)
SELECT acos(2)
SELECT factorial(-1)
SELECT factorial(100)
SELECT 'NaN'::float8 = 'NaN'::float8
SELECT 'NaN'::float8 > 'Infinity'::float8
SELECT 'Infinity'::float8, '-Infinity'::float8, 'inf'::float8
SELECT 'NaN'::numeric
SELECT 1.0::numeric(5,2), 1.005::numeric(5,2), 1.015::numeric(5,2)
SELECT 12345.678::numeric(5,2)
SELECT 1.5::numeric
SELECT 1.23456789::numeric
SELECT '1.23456789012'::numeric
SELECT '123456789012345678901234567890.123456789'::numeric
SELECT CAST(1.23456789 AS decimal)
SELECT 1.123456789::numeric + 1
SELECT (1/3.0)::numeric(10,4)
SELECT 10::numeric
SELECT 2.5::numeric * 2.25::numeric
SELECT f::numeric FROM t WHERE id = 1
SELECT 1.23456789::float8::numeric
SELECT '1e-5'::numeric
SELECT 1::numeric(40,2)
SELECT 1::numeric(1001,2)
SELECT 0.5::int, 1.5::int, 2.5::int, -0.5::int, -1.5::int
SELECT 0.5::float8::int, 1.5::float8::int, 2.5::float8::int, (-2.5)::float8::int
SELECT 2.5::float8::bigint, 2.5::real::int
SELECT 3.7::int, (-3.7)::int
SELECT 1e10::int
SELECT 1e20::bigint
SELECT 40000::smallint
SELECT 3000000000::int
SELECT 'NaN'::float8::int
SELECT true::int, false::int
SELECT 1::boolean, 0::boolean, 5::boolean
SELECT 2::int::bool
SELECT 1.5::boolean
SELECT true::bigint
SELECT random() >= 0 AND random() < 1
SELECT setseed(0.5)
SELECT 7 // 2
SELECT 5 !
SELECT numeric '1.5', float8 '1.5', integer '5', bigint '5'
SELECT 1 BETWEEN 0 AND 2, 1 NOT BETWEEN 0 AND 2
SELECT 5 BETWEEN SYMMETRIC 9 AND 1
SELECT 5 NOT BETWEEN SYMMETRIC 9 AND 1
SELECT 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL
SELECT 1 <> 2, 1 != 2, NOT true
SELECT NULL AND false, NULL OR true, NOT NULL
SELECT 1 IS NULL, NULL ISNULL, 1 NOTNULL
SELECT true IS TRUE, NULL IS NOT TRUE, NULL IS UNKNOWN, false IS NOT FALSE
SELECT bool 'yes', 'on'::bool, 'off'::bool, 't'::bool, '0'::bool, 'n'::boolean
SELECT 'maybe'::bool
SELECT ROW(1,2) = ROW(1,2), ROW(1,2) < ROW(1,3), (1,2) <> (2,1)
SELECT (1,NULL) = (1,NULL)
SELECT (1,2) IN ((1,2),(3,4))
SELECT ROW(1,NULL) IS NULL, ROW(NULL,NULL) IS NULL, ROW(1,2) IS NOT NULL
SELECT (a,b) = (7,2) FROM t WHERE id = 1
SELECT 1 IN (1,2,NULL), 3 IN (1,2,NULL)
SELECT 3 NOT IN (1,2)
SELECT COALESCE(NULL, 1, 2), COALESCE(NULL,NULL)
SELECT COALESCE(a, 0.5) FROM t ORDER BY id
SELECT NULLIF(1,1), NULLIF(1,2), NULLIF('a','b')
SELECT CASE 1 WHEN 1 THEN 'a' ELSE 'b' END, CASE WHEN false THEN 1 END
SELECT CASE WHEN true THEN 1 ELSE 2.5 END
SELECT 1 AS one, 2 two, 3 AS "Three"
SELECT num_nulls(1,NULL,2), num_nonnulls(1,NULL,2)
SELECT to_hex(255), to_hex(9223372036854775807)
SELECT 1::text || 2::text
SELECT 0x1F
SELECT sum(1/0) FROM t WHERE false
SELECT a/b, count(*) FROM t WHERE b <> 0 GROUP BY a/b ORDER BY a/b
SELECT a/b AS q FROM t WHERE id < 3 ORDER BY q
SELECT a/(b+1), a/(b+2), a%(b+1) FROM t ORDER BY id
SELECT 8/2/2, 8/(2/1), 100/a/b FROM t WHERE id = 1
SELECT id FROM t WHERE a/2 > 2 AND a%2 = 1
SELECT sum(a/(b+1)), max(a%(b+1)) FROM t
SELECT numeric '1.50' + numeric '2.25', 3.75::decimal, (1 + 2)::numeric
SELECT (f * 2)::numeric, round(f::numeric, 1), round((a / 3.0)::numeric, 2) FROM t WHERE id = 1
SELECT 10 ^ 400
SELECT exp(-1000)
SELECT exp('-infinity'::float8), exp('infinity'::float8), power('infinity', 2), power(2, '-infinity')
SELECT power(-8, 3), power(2, -2), power(0, 0), pow(2, 3), dpow(2, 3), 2 ^ -1, 2 ^ 3 ^ 2
SELECT si * 20000, si + 40000, 20000 * t.si, si - 40000 FROM t WHERE id = 1
SELECT r * 0.1, r + 1, r - a, 3 / r, t.r * bi, n - r, -r, r * r FROM t WHERE id IN (1, 2) ORDER BY id
SELECT id, r > 0.3, 0.25 = r, r <> a FROM t ORDER BY r * 2, id
SELECT (SELECT max(si * 20000) FROM t AS u WHERE u.r * 0.1 < 5) AS m, si * 20000 AS s FROM t GROUP BY si, si * 20000 ORDER BY si * 20000
SELECT "public"."t"."r" * 1.5, "public"."t"."si" * 20000 FROM "public"."t" WHERE "public"."t"."r" > 0.1 ORDER BY "public"."t"."id"
SELECT floor("public"."t"."r" / 1.25) * 1.25 AS bin, count(*) FROM "public"."t" GROUP BY floor("public"."t"."r" / 1.25) * 1.25 ORDER BY 1
SELECT r * 0.1, r + 1, r + n, abs(r) * 2, -r * 2, coalesce(r, 0) * 0.1, max(r) OVER () * 2, r + r FROM t ORDER BY id
SELECT id FROM t WHERE r * 0.4 = 0.1 OR r = ANY (ARRAY[0.25, 0.1]) OR r IN (0.25) OR r BETWEEN 0.1 AND 0.25 ORDER BY id
SELECT r IN (0.1), r IN (0.1, 0.2), r = ANY (ARRAY[0.1]), r = 0.1, r BETWEEN 0.1 AND 0.1 FROM (SELECT 0.1::real AS r) AS x
WITH c AS (SELECT si, r FROM t), c2 AS (SELECT si AS s, sum(r) AS r FROM c GROUP BY si) SELECT s * 30000, s + s, r * 0.1, r FROM c2 ORDER BY s
SELECT max(si) * 30000, 32767::smallint + 1, min(si) - 30000, sum(r), sum(r) FILTER (WHERE id < 3), sum(DISTINCT r) * 0.1 FROM t
SELECT d - ts::date, max(d) OVER () - d, (d - date '2020-01-01') / 7, '2024-01-01' - d FROM t ORDER BY id
SELECT max(d) - min(d) AS days, sum(d - date '2020-01-01') FROM t
SELECT ntile, json_agg FROM (SELECT ntile(2) OVER (ORDER BY id) FROM t) AS x, (SELECT json_agg(1)) AS y ORDER BY 1
