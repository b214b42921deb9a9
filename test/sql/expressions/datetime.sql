SELECT date '2020-02-29' + 1, date '2020-02-29' - 1, date '2020-03-01' - date '2020-02-01'
SELECT date '2020-01-31' + interval '1 month', timestamp '2020-01-31 10:00' + interval '1 month', date '2020-01-01' + interval '1 hour'
SELECT timestamp '2020-01-02' - timestamp '2020-01-01 12:00', timestamp '2020-03-01' - interval '1 day'
SELECT date '2020-01-01' + time '03:00', time '03:00' + interval '1 hour', time '03:00' - time '01:00'
SELECT timestamptz '2020-01-02 00:00+00' - timestamptz '2020-01-01 00:00+00'
SELECT extract(year from date '2020-02-29'), extract(month from timestamp '2020-02-29 12:34:56'), extract(day from date '2020-02-29')
SELECT extract(hour from timestamp '2020-02-29 12:34:56.789'), extract(minute from time '12:34:56'), extract(second from timestamp '2020-02-29 12:34:56.789')
SELECT extract(dow from date '2020-02-29'), extract(isodow from date '2020-03-01'), extract(doy from date '2020-02-29'), extract(week from date '2020-01-01'), extract(quarter from date '2020-05-01')
SELECT extract(epoch from timestamp '2020-01-01'), extract(epoch from interval '1 day 1 hour'), extract(epoch from timestamptz '2020-01-01 00:00:00.5+00')
SELECT extract(century from date '2020-01-01'), extract(decade from date '2020-01-01'), extract(millennium from date '2020-01-01'), extract(isoyear from date '2020-12-31')
SELECT extract(milliseconds from timestamp '2020-02-29 12:34:56.789'), extract(microseconds from timestamp '2020-02-29 12:34:56.789')
SELECT extract(day from interval '40 days 1 hour'), extract(month from interval '14 months'), extract(year from interval '14 months')
SELECT extract(timezone from timestamptz '2020-01-01 00:00+00'), extract(julian from date '2020-01-01')
SELECT extract(foo from date '2020-01-01')
SELECT extract('year' from date '2020-01-01')
SELECT date_part('year', date '2020-02-29'), date_part('epoch', timestamp '2020-01-01'), date_part('second', timestamp '2020-01-01 00:00:01.5'), date_part('dow', timestamp '2020-03-01')
SELECT date_trunc('month', timestamp '2020-02-29 12:34:56'), date_trunc('hour', timestamp '2020-02-29 12:34:56'), date_trunc('week', timestamp '2020-02-29'), date_trunc('year', date '2020-02-29')
SELECT date_trunc('day', timestamptz '2020-02-29 12:34:56+00'), date_trunc('quarter', timestamp '2020-05-29'), date_trunc('decade', timestamp '2020-05-29'), date_trunc('second', timestamp '2020-02-29 12:34:56.789')
SELECT date_trunc('day', interval '1 day 2 hours'), date_trunc('month', d) FROM t WHERE id = 1
SELECT date_trunc('day', timestamptz '2020-01-01 12:00+00', 'America/New_York')
SELECT date_trunc('foo', timestamp '2020-01-01')
SELECT date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')
SELECT age(timestamp '2020-03-01', timestamp '2019-01-15'), age(date '2020-03-01', date '2020-01-31'), age(timestamp '2019-01-15', timestamp '2020-03-01')
SELECT age(timestamp '1957-06-13') IS NOT NULL
SELECT make_date(2020, 2, 29), make_time(8, 15, 23.5), make_timestamp(2020, 1, 2, 3, 4, 5.5), make_interval(days => 10), make_timestamptz(2020,1,1,0,0,0)
SELECT make_date(2020, 2, 30)
SELECT make_interval(1, 2, 3, 4, 5, 6, 7.5)
SELECT justify_days(interval '35 days'), justify_hours(interval '27 hours'), justify_interval(interval '1 mon -1 hour')
SELECT to_char(timestamp '2020-02-29 13:04:05.678', 'YYYY-MM-DD HH24:MI:SS'), to_char(timestamp '2020-02-29 13:04:05.678', 'DD Mon YYYY HH12:MI:SS AM'), to_char(date '2020-02-29', 'Day, DDth Month YYYY')
SELECT to_char(timestamp '2020-02-29 13:04:05.678', 'YYYYMMDD"T"HH24MISS.MS'), to_char(date '2020-01-05', 'FMMonth FMDD, YYYY'), to_char(date '2020-01-05', 'DY D DDD WW IW Q')
SELECT to_char(timestamp '2020-02-29 13:04:05.678901', 'US MS YY Y,YYY MM MON mon'), to_char(date '2020-01-01', 'YYYY"Q"Q'), to_char(timestamp '2020-01-01 03:00', 'HH:MI am')
SELECT to_char(interval '15h 2m 12s', 'HH24:MI:SS'), to_char(timestamptz '2020-01-01 00:00+00', 'YYYY-MM-DD HH24:MI:SS TZ')
SELECT to_char(ts, 'YYYY-MM') FROM t ORDER BY id
SELECT to_char(d, 'YYYY') FROM t ORDER BY id
SELECT to_date('2020-02-29', 'YYYY-MM-DD'), to_date('29 Feb 2020', 'DD Mon YYYY'), to_date('20200229', 'YYYYMMDD')
SELECT to_date('2020-13-01', 'YYYY-MM-DD')
SELECT to_date('foo', 'YYYY-MM-DD')
SELECT to_timestamp('2020-02-29 12:34:56', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp('05 Dec 2000', 'DD Mon YYYY')
SELECT to_timestamp(0), to_timestamp(1577836800), to_timestamp(1577836800.5)
SELECT timestamp '2020-01-01 12:00' AT TIME ZONE 'UTC', timestamp '2020-01-01 12:00' AT TIME ZONE 'America/New_York'
SELECT timestamptz '2020-01-01 12:00+00' AT TIME ZONE 'America/New_York', timestamptz '2020-07-01 12:00+00' AT TIME ZONE 'Europe/Berlin'
SELECT timezone('UTC', timestamptz '2020-01-01 12:00+00'), timezone('America/New_York', timestamp '2020-01-01 12:00')
SELECT timestamp '2020-01-01 12:00' AT TIME ZONE 'Nowhere/Land'
SELECT timestamptz '2020-01-01 12:00+00' AT TIME ZONE '+02', timestamptz '2020-01-01 12:00+00' AT TIME ZONE interval '2 hours'
SELECT timestamptz '2020-01-01 12:00+00' AT TIME ZONE 'EST'
SELECT now() = current_timestamp, now() = transaction_timestamp(), statement_timestamp() >= now(), clock_timestamp() >= now()
SELECT pg_typeof(now()), pg_typeof(current_date), pg_typeof(current_time), pg_typeof(localtimestamp), pg_typeof(localtime)
SELECT current_timestamp(0) IS NOT NULL, localtimestamp(3) IS NOT NULL
SELECT timeofday() IS NOT NULL
SELECT isfinite(date '2020-01-01'), isfinite(timestamp 'infinity'), isfinite(interval '1 day')
SELECT (date '2020-01-01', date '2020-02-01') OVERLAPS (date '2020-01-15', date '2020-03-01')
SELECT date '2020-01-01' = timestamp '2020-01-01', date '2020-01-01' < timestamptz '2020-01-02 00:00+00'
SELECT d = '2020-02-29', ts > '2020-01-01', d BETWEEN '2020-01-01' AND '2020-12-31' FROM t ORDER BY id
SELECT ts::date, ts::time, d::timestamp, tz::date, tz::timestamp, ts::timestamptz FROM t ORDER BY id
SELECT d::text, ts::text, tz::text, ti::text FROM t ORDER BY id
SELECT tz FROM t ORDER BY id
SELECT ts FROM t ORDER BY id
SELECT d, ti FROM t ORDER BY id
SELECT ts + iv, ts - iv FROM t ORDER BY id
SELECT d - 1, d + 7, d - date '2020-01-01' FROM t ORDER BY id
SELECT d + '1 day' FROM t WHERE id = 1
SELECT ts - ts FROM t WHERE id = 1
SELECT '2020-01-01'::date + '1 day'::interval
SELECT max(d), min(ts), max(tz) FROM t
SELECT sum(iv), avg(iv) FROM t
SELECT date '2020-01-01' + 1.5
SELECT date '2020-01-01' + date '2020-01-01'
SELECT '2020-01-01 10:00'::timestamp::time
SELECT timestamp '2020-01-01 10:00:00.123456'::text
SELECT timestamp '2020-01-01 10:00:00.100000'
SELECT timestamptz '0001-01-01 00:00+00'
SELECT timestamp '2020-06-01 00:00:00' > 'infinity'
SELECT timestamp 'infinity' - timestamp 'infinity'
SELECT date '2020-01-01' > 'foo'
SELECT '24:00'::interval, interval '1 day 24 hours'
SELECT interval '1 day' = interval '24 hours', interval '1 mon' > interval '29 days'
SELECT date '4714-11-24 BC'
SELECT date '5874898-01-01'
SELECT '2020-01-01'::timestamp(3), '2020-01-01 12:00:00.123456'::timestamptz(3)
SELECT EXTRACT(epoch FROM now()) > 0
SELECT date_part('day', timestamp '2020-01-05' - timestamp '2020-01-01')
SELECT to_char(1234, 'FM9999'), to_char(now(), 'YYYY') = extract(year from now())::text
SELECT date('2020-01-01'), timestamp '2020-01-01'::date
SELECT day(date '2020-01-05')
SELECT EXTRACT(DAY FROM d) FROM t ORDER BY id
SELECT EXTRACT(YEAR FROM ts)::int FROM t ORDER BY id
SELECT date_trunc('month', ts)::date, count(*) FROM t GROUP BY 1 ORDER BY 1
SELECT 'allballs'::time
SELECT timestamp '2020-01-01' + 1
SELECT timetz '12:00+02' AT TIME ZONE 'UTC'
SELECT current_date - 1 < current_date, current_date + interval '1 day' > now()
SELECT extract(second from ts), extract(milliseconds from ts), extract(epoch from ts), extract(year from ts) / 4 FROM t WHERE id = 1
SELECT date_part('second', ts), date_part('year', ts) / 4, date_part('hour', iv) FROM t WHERE id = 1
SELECT to_char(ts, 'YYYY-MM-DD"T"HH24:MI:SS.MS'), to_char(d, 'DD/MM/YYYY'), to_char(ts, 'HH12:MI AM'), to_char(d, 'Mon DD') FROM t WHERE id = 1
SELECT to_date('01/02/2020', 'DD/MM/YYYY'), to_timestamp('2020-01-02 03:04', 'YYYY-MM-DD HH24:MI')
SELECT make_interval(hours => 2, mins => 30), make_interval(years := 1), date_bin('1 hour', ts, timestamp '2000-01-01') FROM t WHERE id = 1
SELECT statement_timestamp() - now() < interval '1 minute', clock_timestamp() > timestamptz '2020-01-01 00:00+00', timeofday() <> ''
SELECT '2000-1-1 01:02:03.04-7'::timestamptz, timestamptz '2000-01-01 01:02+5'
SELECT '0.0000006'::interval, '0.0000004'::interval, '1.9999999 s'::interval, '00:00:59.9999999'::interval, '1 day 00:00:01.1234567'::interval, '-00:00:00.0000006'::interval, 'PT0.0000006S'::interval
SELECT '-1 day +23:59:59'::interval = '-1 s'::interval, cast('1 mon -1 day' AS interval) = '29 days'::interval, '1 mon -1 day'::interval < '30 days'::interval
SELECT id FROM t WHERE iv <> '-1 day 24:00:01'::interval AND '-2 days 48:00:00'::interval <= iv ORDER BY id
SELECT timestamp '2020-02-29' + '1 month'::interval > timestamp '2020-03-28', NULL::interval = '1 day'::interval
SELECT date_trunc('century', timestamp '2025-05-05'), date_trunc('millennium', timestamp '2025-05-05'), date_trunc('century', timestamp '2000-12-31'), date_trunc('century', timestamp '2001-01-01')
SELECT date_trunc('century', interval '150 years'), date_trunc('month', timestamptz '2020-02-03 10:00+00')
SELECT make_date(-44, 3, 15), make_date(2020, 2, 29), make_date(null, 1, 1)
SELECT make_date(0, 1, 1)
SELECT justify_hours(interval '27 hours'), justify_days(interval '35 days'), justify_interval(interval '1 mon -1 hour'), justify_hours(interval '-27 hours')
SELECT justify_hours(interval '1 day -1 hour'), justify_days(interval '1 month -35 days'), justify_interval(interval '-1 mon 1 day'), justify_interval(interval '100 days 50 hours'), justify_hours(null)
SELECT extract(day from 'infinity'::timestamp), date_part('year', 'infinity'::timestamp), date_part('epoch', '-infinity'::timestamptz), date_part('day', 'infinity'::date), extract(year from null::date)
SELECT to_char(date '2021-01-03', 'IYYY-IW-ID IDDD D W q am A.D. "lit" \"x'), to_char(timestamp '2020-02-29 13:04:05.678901', 'FF3 mon th DDTH ddth Day|FMDay|month'), to_char(date '0044-03-15 BC', 'Y,YYY BC FMMonth CC')
SELECT to_char(interval '3 days 04:05:06.789', 'DD HH24 HH12 FMDD MS'), to_char(v, 'HH24:MI'), to_char(v, f) FROM (VALUES (interval '26:03:00', 'MI"m"'), (NULL, 'MI')) AS t(v, f) ORDER BY 2
SELECT to_char(v, f) FROM (VALUES (timestamptz '2024-01-15 10:00+00', 'OF TZH:TZM Dy'), ('infinity', 'Day')) AS t(v, f) ORDER BY 1
SELECT (timestamp '2024-01-01', interval '10 days') OVERLAPS (timestamp '2024-01-05', interval '1 day'), (date '2024-01-01', date '2024-01-01') OVERLAPS (date '2024-01-01', date '2024-01-01'), ROW(date '2024-02-01', date '2024-01-01') OVERLAPS ROW(date '2024-02-01', date '2024-03-01')
SELECT isfinite(interval '4 hours'), isfinite(date 'infinity'), isfinite(timestamp '2020-01-01'), isfinite(NULL::date), isfinite(NULL::interval)
SELECT to_char(ts, 'SSSS'), to_char(ts, 'SSSSS'), to_char(ts, 'HH24 SSSS SS') FROM t WHERE id = 1
SELECT interval '-1-2 +3 -4:05:06', interval '1-2 3 4:05:06', '+1-2 -3 +4:05:06'::interval, '3 04:05:06'::interval, '-1-2'::interval, '1-2 4:05'::interval
SELECT interval '1-13'
SELECT interval '1-2 3-4'
SELECT iv / 2, iv / a, sum(iv) OVER () / 2, ti - time '01:00', ti - '02:00', tz::time, CAST(tz AS time) FROM t WHERE id < 3 ORDER BY id
SELECT sum(iv) / 2, sum(iv) / count(*), max(ti) - min(ti), sum(ti - time '00:00:01') FROM t
SELECT timestamp '2024-01-01' + interval '1 day' / 2, interval '1' day / 4, '1 day'::interval / 3 * 2, age(timestamp '2024-03-01', timestamp '2024-01-01') / 2, now()::time IS NOT NULL
SELECT iv / 0 FROM t WHERE id = 1
SELECT timestamptz '2015-06-15 23:30+00' AT TIME ZONE 'UTC-05:00', timestamptz '2015-06-15 23:30+00' AT TIME ZONE 'UTC+3', timestamptz '2015-06-15 23:30+00' AT TIME ZONE '+10:00', timestamptz '2015-06-15 23:30+00' AT TIME ZONE '-03'
SELECT timestamp '2015-06-15 23:30' AT TIME ZONE '<+05>-5', timestamptz '2015-06-15 23:30+00' AT TIME ZONE 'GMT-2', timestamptz '2015-06-15 23:30+00' AT TIME ZONE 'Etc/GMT-2', timestamptz '2015-06-15 23:30+00' AT TIME ZONE 'EST5EDT'
SELECT timezone('UTC0', timestamptz '2015-06-15 23:30+00'), timestamptz '2015-06-15 23:30+00' AT TIME ZONE NULL, z, timestamptz '2015-06-15 23:30+00' AT TIME ZONE z FROM (VALUES ('UTC-5'), ('Europe/Berlin'), ('UTC')) AS v (z) ORDER BY z
