SELECT ARRAY[1,2] || 3
SELECT 0 || ARRAY[1,2]
SELECT ARRAY[1,2] || ARRAY[3,4]
SELECT ARRAY[1,2] || NULL
SELECT ARRAY[1,2] || '{3,4}'
SELECT arr || 9 FROM t ORDER BY id
SELECT tags || 'new' FROM t ORDER BY id
SELECT tags || ARRAY['new'] FROM t ORDER BY id
SELECT ARRAY[1,2] @> ARRAY[1], ARRAY[1,2] <@ ARRAY[1,2,3], ARRAY[1,2] && ARRAY[2,5], ARRAY[1] && ARRAY[2]
SELECT arr @> ARRAY[1] FROM t ORDER BY id
SELECT arr && ARRAY[6] FROM t ORDER BY id
SELECT tags @> '{x}' FROM t ORDER BY id
SELECT ARRAY[1,2] @> ARRAY[]::int[]
SELECT ARRAY[1,2] = ARRAY[1,2], ARRAY[1,2] <> ARRAY[2,1], ARRAY[1,2] < ARRAY[1,3]
SELECT 1 = ANY (ARRAY[1,2]), 3 = ANY (ARRAY[1,2]), 1 = ALL (ARRAY[1,1]), 1 <> ALL (ARRAY[2,3]), 2 > ANY (ARRAY[1,5])
SELECT 1 = ANY ('{1,2}'), 1 = ANY ('{1,2}'::int[])
SELECT 3 = ANY (arr) FROM t ORDER BY id
SELECT 3 <> ALL (arr) FROM t ORDER BY id
SELECT 1 = ANY (ARRAY[]::int[]), 1 = ALL (ARRAY[]::int[])
SELECT NULL = ANY (ARRAY[1,2]), 3 = ANY (ARRAY[1,NULL])
SELECT id FROM t WHERE id = ANY (ARRAY[1,3]) ORDER BY id
SELECT id FROM t WHERE id = ANY (SELECT 1)
SELECT (ARRAY[1,2,3])[1], (ARRAY[1,2,3])[0], (ARRAY[1,2,3])[5], (ARRAY[1,2,3])[-1]
SELECT arr[1], arr[2], arr[-1] FROM t ORDER BY id
SELECT (ARRAY[1,2,3,4])[2:3], (ARRAY[1,2,3,4])[:2], (ARRAY[1,2,3,4])[3:], (ARRAY[1,2,3])[3:2], (ARRAY[1,2,3])[0:1]
SELECT arr[1:2] FROM t ORDER BY id
SELECT (ARRAY[[1,2],[3,4]])[1][2], (ARRAY[[1,2],[3,4]])[2][1:1]
SELECT (ARRAY[[1,2],[3,4]])[1]
SELECT (string_to_array('a,b', ','))[2]
SELECT array_length(ARRAY[1,2,3], 1), array_length(ARRAY[]::int[], 1), array_length(ARRAY[1], 2), array_length(ARRAY[[1,2],[3,4]], 2)
SELECT array_upper(ARRAY[1,2], 1), array_lower(ARRAY[1,2], 1), cardinality(ARRAY[1,2,3]), cardinality(ARRAY[]::int[]), array_ndims(ARRAY[1,2]), array_dims(ARRAY[1,2])
SELECT cardinality(ARRAY[[1,2],[3,4]]), array_ndims(ARRAY[[1],[2]]), array_dims(ARRAY[[1],[2]])
SELECT cardinality(arr), array_length(arr, 1) FROM t ORDER BY id
SELECT array_append(ARRAY[1], 2), array_prepend(0, ARRAY[1]), array_cat(ARRAY[1], ARRAY[2,3]), array_append(NULL::int[], 1)
SELECT array_remove(ARRAY[1,2,1], 1), array_replace(ARRAY[1,2,1], 1, 9), array_position(ARRAY['a','b'], 'b'), array_position(ARRAY[1,2], 5), array_positions(ARRAY[1,2,1], 1)
SELECT array_fill(7, ARRAY[3])
SELECT array_fill(0, ARRAY[2,2])
SELECT unnest(ARRAY[1,2,3])
SELECT unnest(ARRAY['a',NULL])
SELECT * FROM unnest(ARRAY[1,2]) AS x
SELECT * FROM unnest(ARRAY['a','b']) WITH ORDINALITY
SELECT x, o FROM unnest(ARRAY['a','b']) WITH ORDINALITY AS u(x, o)
SELECT * FROM unnest(ARRAY[1,2], ARRAY['a','b','c']) AS u(x, y)
SELECT id, e FROM t, unnest(arr) AS e ORDER BY id, e
SELECT id, e FROM t CROSS JOIN LATERAL unnest(tags) AS e ORDER BY 1, 2
SELECT id, u.e, u.o FROM t, unnest(arr) WITH ORDINALITY AS u(e, o) ORDER BY 1, 3
SELECT array_agg(x ORDER BY x DESC) FROM g
SELECT array_agg(k ORDER BY x) FROM g
SELECT array_agg(x) FROM g WHERE false
SELECT array_agg(DISTINCT k ORDER BY k) FROM g
SELECT array_agg(x) FILTER (WHERE x > 3) FROM g
SELECT array_to_string(array_agg(x ORDER BY x), ',') FROM g
SELECT ARRAY(SELECT x FROM g WHERE x IS NOT NULL ORDER BY x DESC)
SELECT generate_subscripts(ARRAY[5,6,7], 1)
SELECT generate_series(1, 3)
SELECT * FROM generate_series(1, 10, 3)
SELECT * FROM generate_series(3, 1)
SELECT * FROM generate_series(3, 1, -1)
SELECT * FROM generate_series(1, 3, 0)
SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS s(v, o)
SELECT n FROM generate_series(1, 3) AS n
SELECT * FROM generate_series(1.0, 2.0, 0.5)
SELECT * FROM generate_series(timestamp '2020-01-01', timestamp '2020-01-03', interval '1 day')
SELECT * FROM generate_series(date '2020-01-01', date '2020-01-03', interval '1 day')
SELECT d::date FROM generate_series(date '2020-01-01', date '2020-03-01', '1 month') AS d
SELECT generate_series(timestamptz '2020-01-01 00:00+00', timestamptz '2020-01-02 00:00+00', '12 hours')
SELECT count(*) FROM generate_series(1, 1000)
SELECT array_length(string_to_array('a b c', ' '), 1)
SELECT arr FROM t ORDER BY id
SELECT tags FROM t ORDER BY id
SELECT tags::text FROM t ORDER BY id
SELECT arr::text FROM t ORDER BY id
SELECT arr::text[] FROM t ORDER BY id
SELECT arr IS NULL, arr = '{}' FROM t ORDER BY id
SELECT arr FROM t ORDER BY arr
SELECT array_to_json(ARRAY[1,2])
SELECT trim_array(ARRAY[1,2,3], 1)
SELECT array_agg(ARRAY[x, x]) FROM g WHERE x < 3
SELECT ARRAY[1,2]::bigint[]
SELECT ARRAY['1','2']::int[]
SELECT ARRAY['a']::int[]
SELECT ARRAY[1,'a']
SELECT ARRAY[1,2] @> 1
SELECT 1 = ANY (1)
SELECT array_length(1, 1)
SELECT (ARRAY[1,2])['a']
SELECT max(arr) FROM t
SELECT ARRAY[ROW(1,2)]
SELECT unnest(5)
SELECT array_sort(ARRAY[3,1,2])
SELECT array_shuffle(ARRAY[1])
SELECT ARRAY[1,2,3] && '{3}'
SELECT '{1,2}'::int[] || 3
SELECT '{1,2}'::int[] @> '{1}'
SELECT id FROM t WHERE tags && ARRAY['y z','q'] ORDER BY id
SELECT 'x' = ANY (tags) FROM t ORDER BY id
SELECT id FROM t WHERE NOT ('x' = ANY (tags)) ORDER BY id
SELECT id FROM t WHERE s LIKE ANY (ARRAY['Hello%', 'foo%']) ORDER BY id
SELECT ARRAY[1,2] || NULL::int[], NULL::int[] || ARRAY[1], ARRAY[1] || NULL, ARRAY[1,2] || 3, 0 || ARRAY[1]
SELECT tags || ARRAY['n'], id || '-' || tags[1] FROM t ORDER BY id
SELECT NULL::int[] || NULL::int[]
SELECT array_position('{1,2,3,2}'::int[], 2), array_position('{1,2}'::int[], 5), array_position('{1,2,3,2}'::int[], 2, 3)
SELECT 1 = any(null::int[]), 1 = all(null::int[])
SELECT arr[-1:2], arr[-1:], arr[:-1], arr[id - 2:id], arr[-1:2]::text, arr[NULL:2], arr[0:1] FROM t ORDER BY id
SELECT ARRAY[[1,2],[3]]
SELECT ARRAY[[[1],[2]],[[3]]]
SELECT ARRAY[[[1],[2]],[[3],[4]]], ARRAY[ARRAY[1],ARRAY[2]]
SELECT ARRAY[ARRAY[1,2]]::int[], CAST(ARRAY[['a','b']] AS text[]), ARRAY[ARRAY[NULL]]::int[], ARRAY[['2024-01-01']]::date[]
SELECT ARRAY[ARRAY[ARRAY[1,2]]]::int8[], ARRAY[ARRAY['a']::text[], ARRAY['b']]::text[], ARRAY[[1.5,2]]::numeric[][]
SELECT ARRAY[ARRAY[]]::int[], 10 = ANY (ARRAY[ARRAY[]]::int[])
SELECT unnest(ARRAY[[1,2],[3,4]])
SELECT unnest('{{1,2},{3,4}}'::int[])
SELECT * FROM unnest(CAST(ARRAY[ARRAY['a'],ARRAY['b']] AS text[])) WITH ORDINALITY AS u(v, n)
SELECT 3 = ANY (ARRAY[[1,2],[3,4]]), 5 = ANY ('{{1,2},{3,4}}'::int[]), 1 <> ALL (CAST('{{1},{2}}' AS int[]))
