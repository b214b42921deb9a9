SELECT '{"a": {"b": 1}}'::json -> 'a'
SELECT '{"a": {"b": 1}}'::jsonb -> 'a'
SELECT '{"a": "x"}'::json ->> 'a', '{"a": 1}'::json ->> 'a', '{"a": null}'::json ->> 'a', '{"a": [1,2]}'::json ->> 'a', '{"a": true}'::json ->> 'a'
SELECT '{"a": 1}'::json -> 'x', '{"a": 1}'::json ->> 'x', '{"a": null}'::json -> 'a'
SELECT '[1,2,3]'::json -> 0, '[1,2,3]'::json ->> 2, '[1,2,3]'::json -> -1, '[1,2,3]'::json -> 5
SELECT '{"a": {"b": [1,2]}}'::json #> '{a,b}', '{"a": {"b": [1,2]}}'::json #>> '{a,b,1}', '{"a": {"b": "x"}}'::json #>> '{a,b}'
SELECT '{"a": {"b": [1,2]}}'::jsonb #> ARRAY['a','b'], '{"a":1}'::jsonb #>> '{x}'
SELECT j -> 'b' -> 'c' -> 0, j -> 'b' -> 'c' ->> 1, j #>> '{b,c,0}' FROM t WHERE id = 1
SELECT j ->> 'a' FROM t ORDER BY id
SELECT (j ->> 'a') = '1' FROM t WHERE id = 1
SELECT j ->> 'a' = '1' FROM t WHERE id = 1
SELECT (j ->> 'a')::int + 1 FROM t WHERE id = 1
SELECT id FROM t WHERE j ->> 's' = 'text'
SELECT id FROM t WHERE j ->> 's' IS NOT NULL AND id > 0
SELECT '{"a":1,"b":2}'::jsonb @> '{"a":1}', '{"a":1}'::jsonb @> '{"a":2}', '{"a":1}'::jsonb <@ '{"a":1,"b":2}', '[1,2,3]'::jsonb @> '[1,3]', '[1,2]'::jsonb @> '1'
SELECT '{"a":1,"b":2}'::jsonb ? 'a', '{"a":1}'::jsonb ? 'z', '["a","b"]'::jsonb ? 'b', '{"a":1}'::jsonb ?| ARRAY['x','a'], '{"a":1}'::jsonb ?& ARRAY['x','a']
SELECT '{"a":1}'::jsonb ?| '{x,a}', '{"a":1}'::jsonb ?& '{x,a}', '{"b,c":1}'::jsonb ?| '{"b,c"}', '["a","b"]'::jsonb ?| ARRAY['b'], '"a"'::jsonb ?& '{a}', '[1]'::jsonb ?| '{1}'
SELECT '{"a":1}'::jsonb ?| '{}', '{"a":1}'::jsonb ?& '{}', '{"a":1}'::jsonb ?| ARRAY[NULL,'a'], '{"a":1}'::jsonb ?| NULL::text[], '5'::jsonb ?| '{5}'
SELECT '{"a,b":{"c":1}}'::jsonb #> '{"a,b",c}', '{"a":[1,2]}'::jsonb #>> '{a,1}', '{"a":{"b":1,"c":2}}'::jsonb #- '{a,b}', '{"a":1}'::jsonb #> '{}'
SELECT '{"a":1,"b":2}'::jsonb - 'a', '["a","b"]'::jsonb - 0, '{"a":1,"b":2}'::jsonb - ARRAY['a','b'], '{"a":{"b":1}}'::jsonb #- '{a,b}'
SELECT '{"a":1}'::jsonb || '{"b":2}'::jsonb, '[1]'::jsonb || '[2]'::jsonb, '{"a":1}'::jsonb || '{"a":2}'
SELECT '{"b": 1, "a": 2}'::jsonb, '{"b": 1,   "a": 2}'::json
SELECT '{"a": 1.50, "b": "x\u00e9"}'::jsonb
SELECT '{"a":1}'::jsonb = '{"a": 1}'::jsonb, '{"b":1,"a":2}'::jsonb = '{"a":2,"b":1}'::jsonb
SELECT json_build_object('a', 1, 'b', 'x', 'c', NULL, 'd', true), jsonb_build_object('a', 1, 'b', ARRAY[1,2])
SELECT json_build_array(1, 'a', NULL, true), jsonb_build_array(1, 'a')
SELECT json_object('{a,1,b,2}'), jsonb_object('{a,b}', '{1,2}')
SELECT to_json('a'::text), to_json(1), to_json(ARRAY[1,2]), to_json(true), to_jsonb('a"b'::text), to_jsonb(1.5)
SELECT to_json(date '2020-01-01'), to_jsonb(timestamp '2020-01-01 12:00:00'), to_json(NULL::text)
SELECT row_to_json(t) FROM (SELECT 1 AS a, 'x' AS b) t
SELECT row_to_json(ROW(1,'x'))
SELECT to_json(t) FROM (SELECT 1 AS a, NULL::text AS b) t
SELECT json_agg(x ORDER BY x), jsonb_agg(x ORDER BY x) FROM g WHERE x < 3
SELECT json_agg(g ORDER BY x) FROM g WHERE x < 3
SELECT json_agg(json_build_object('k', k, 'x', x) ORDER BY x) FROM g WHERE x < 3
SELECT json_object_agg(k, x) FROM g WHERE x IN (1, 3)
SELECT jsonb_object_agg(k, x) FROM g WHERE x IN (1, 3)
SELECT coalesce(json_agg(x), '[]'::json) FROM g WHERE false
SELECT key, value FROM json_each('{"a":1,"b":"x"}') ORDER BY key
SELECT key, value FROM json_each_text('{"a":1,"b":"x"}') ORDER BY key
SELECT key, value FROM jsonb_each('{"a":1,"b":"x"}') ORDER BY key
SELECT key, value FROM jsonb_each_text('{"a":1,"b":"x"}') ORDER BY key
SELECT value FROM json_array_elements('[1,"a",null]')
SELECT value FROM json_array_elements_text('[1,"a",null]')
SELECT value FROM jsonb_array_elements('[1,"a"]')
SELECT jsonb_array_elements('[1,"a"]')
SELECT json_array_elements_text('[1,"a"]')
SELECT e ->> 'n' FROM jsonb_array_elements('[{"n":1},{"n":2}]') AS e
SELECT id, e FROM t, json_array_elements_text(j) AS e WHERE id = 3 ORDER BY e
SELECT json_object_keys('{"a":1,"b":2}')
SELECT jsonb_object_keys('{"b":1,"a":2}')
SELECT json_array_length('[1,2,3]'), jsonb_array_length('[]')
SELECT json_array_length('{"a":1}')
SELECT json_typeof('1'), json_typeof('"a"'), json_typeof('{}'), json_typeof('[]'), json_typeof('null'), json_typeof('true'), jsonb_typeof('1.5')
SELECT json_extract_path('{"a":{"b":1}}', 'a', 'b'), json_extract_path_text('{"a":{"b":"x"}}', 'a', 'b'), jsonb_extract_path_text('{"a":[1,2]}', 'a', '1')
SELECT jsonb_set('{"a":1}', '{a}', '2'), jsonb_set('{"a":1}', '{b}', '2'), jsonb_set('{"a":1}', '{b}', '2', false)
SELECT jsonb_insert('{"a":[0,1]}', '{a,1}', '9')
SELECT jsonb_strip_nulls('{"a":1,"b":null}'), json_strip_nulls('{"a":null}')
SELECT jsonb_pretty('{"a":1}')
SELECT jsonb_path_query('{"a":[1,2,3]}', '$.a[*]')
SELECT jsonb_path_exists('{"a":1}', '$.a')
SELECT '{"a":1}'::jsonb @? '$.a', '{"a":1}'::jsonb @@ '$.a == 1'
SELECT json_populate_record(ROW(1,2), '{"f1":5}')
SELECT * FROM json_to_recordset('[{"a":1,"b":"x"}]') AS r(a int, b text)
SELECT * FROM jsonb_to_record('{"a":1,"b":"x"}') AS r(a int, b text)
SELECT '1'::json::text, '"a"'::jsonb::text, '{"a": 1}'::json::text
SELECT '1'::jsonb::int, 'true'::jsonb::bool, '1.5'::jsonb::numeric
SELECT '"a"'::jsonb::int
SELECT j FROM t ORDER BY id
SELECT j::text FROM t WHERE id = 1
SELECT j::jsonb FROM t ORDER BY id
SELECT array_to_json(ARRAY['a','b'])
SELECT '{"a":1}'::json = '{"a":1}'::json
SELECT '{"a":1}'::jsonb ->> 0
SELECT ('{"a":1}'::jsonb)['a']
SELECT jsonb '{"a": 1}' ->> 'a'
SELECT jsonb_typeof(j::jsonb) FROM t ORDER BY id
SELECT '{"a":1}' :: json ->> 'a' || 'x'
SELECT '[{"a":1},{"a":2}]'::json -> 1 ->> 'a'
SELECT 'null'::jsonb IS NULL, 'null'::jsonb -> 'a'
SELECT '{"a":' :: json
SELECT '{"$a": 1, "b.c": 2, "/d": 3}'::json ->> '$a', '{"b.c": 2}'::json ->> 'b.c', '{"/d": 3}'::json ->> '/d', '{"a*": 1}'::json ->> 'a*'
SELECT '{"0": "zero"}'::json ->> '0', '["zero"]'::json ->> '0'
SELECT '{"a":1,"b":2}'::jsonb - 'zz', '{"a":{"x":1}}'::jsonb @> '{"a":{}}'
SELECT count(*) FROM t WHERE j::jsonb @> '{"a": 1}'
SELECT count(*) FROM t WHERE j::jsonb ? 'a'
SELECT id FROM t WHERE j::jsonb ? 's' AND j #>> '{b,c,0}' = '10'
SELECT json_typeof(j), jsonb_array_length('[1,2]'), json_extract_path_text(j, 'b', 'c', '1') FROM t WHERE id = 1
SELECT key FROM t, json_each(j) WHERE id = 1 ORDER BY key
SELECT value FROM t, json_each_text(j) WHERE id = 1 AND key = 's'
SELECT json_agg(x) IS NULL, json_agg(k) FILTER (WHERE x > 100) IS NULL FROM g WHERE false
SELECT '{"a":1}'::jsonb || '{"b":2}'::jsonb IS NULL
SELECT j || '{"z":1}' FROM t WHERE id = 1
SELECT s || '{"z":1}', '[1]' || s, s || v, s || v || n, j::text || s FROM t WHERE id = 1
SELECT arr || arr, tags || ARRAY['q'], bin || bin FROM t WHERE id = 1
SELECT s || id || (j ->> 'a') || coalesce(v || s, '') FROM t ORDER BY id
SELECT '{"b":1,"a":2,"a":3}'::jsonb, ('{"b":' || 1 || ',"a":2}')::jsonb, '[1e3,1.50e1,-0,0.00,1E-3]'::jsonb
SELECT '{"b":1,"aa":{"z":[],"y":{}}}'::jsonb::text, '"\u00e9\n\""'::jsonb
SELECT '"\u0000"'::jsonb
SELECT jsonb_build_object('bb', 1, 'a', ARRAY[1,2]), to_jsonb(ARRAY[1,2])
SELECT j::jsonb = '{"s": "text", "b": {"c": [10, 20, null]}, "a": 1}'::jsonb FROM t ORDER BY id
SELECT to_json('NaN'::float8), to_json('Infinity'::float8), to_json('-Infinity'::float8)
SELECT row_to_json(r) from (select 'NaN'::float8 as a, 1.1::float4 as b) r
SELECT to_json(1.1::float4), to_jsonb(1.1::float4)
SELECT to_json(x) from (values (1e20::float8), (1e-7), (0.1), (123456789012345680), (1e15), (-0.0), (0.0001), (0.00001), (5e-324), (1.7976931348623157e308), (100), (0.30000000000000004), (null)) t(x)
SELECT row_to_json(t) from (values ('NaN'::float8, '{1,NaN}'::float8[])) t(x, y)
SELECT json_object_agg(k, v)->'a', json_object_agg(k, v)->>'b' from (values ('a', 'NaN'::float8), ('b', 1)) t(k, v)
SELECT json_object_agg(k, v)->>'b' from (values ('a', timestamp '2020-01-01'), ('b', '2021-01-01')) t(k, v)
SELECT json_object_agg(k, (v, 1))->'a'->>'f1' from (values ('a', timestamp '2020-01-01')) t(k, v)
SELECT json_build_object('a', 'NaN'::float8, 'b', 1.1::float4)->>'b'
SELECT json_build_array('inf'::float8, 1.1::float4)->>0
SELECT json_agg(x)->0 from (values ('NaN'::float8), (1.5)) t(x)
SELECT to_json(x) FROM (VALUES (1e6::float4), (1e-7), (0.1), (16777216), (123456), (1234567)) AS v(x)
SELECT jsonb_path_query('{"a":[1,2,3]}', '$.a[*]')
SELECT jsonb_path_query('{"a":[1,2,3]}', '$.a[*] ? (@ > 1)')
SELECT jsonb_path_exists('{"a":[1,2,3]}', '$.a[*] ? (@ > 2)'), jsonb_path_exists('{"a":[1,2,3]}', '$.a[*] ? (@ > 5)')
SELECT jsonb_path_query_first('{"a":[1,2,3]}', '$.a[*]'), jsonb_path_query_first('{"a":1}', '$.b')
SELECT jsonb_path_query_array('{"a":[1,2,3]}', '$.a[*] ? (@ >= $min)', '{"min":2}')
SELECT jsonb_path_match('{"a":[1,2,3]}', 'exists($.a[*] ? (@ > 2))'), jsonb_path_match('{"a":1}', '$.a > 3')
SELECT jsonb_path_match('{"a":1}', '$.a')
SELECT '{"a":[1,2,3]}'::jsonb @? '$.a[*] ? (@ > 2)', '{"a":[1,2,3]}'::jsonb @@ '$.a[*] > 2', '{"a":[1,2,3]}'::jsonb @@ '$.a', '{"a":1}'::jsonb @? 'strict $.b'
SELECT jsonb_path_query('[{"a":1,"b":"x"},{"a":2,"b":"y"}]', '$[*] ? (@.a > 1 && @.b == "y").b')
SELECT jsonb_path_query('{"a":{"b":5}}', 'strict $.a.c')
SELECT jsonb_path_query('{"a":{"b":5}}', 'strict $.a.c', '{}', true)
SELECT jsonb_path_query('{"a":{"b":5}}', 'lax $.a.c')
SELECT jsonb_path_query('[1,"2",true,null,[],{}]', '$[*].type()')
SELECT jsonb_path_query('[1,2,3]', '$.size()'), jsonb_path_query('[[1,2],[3]]', '$[*].size()')
SELECT jsonb_path_query('{"a":"abc"}', '$.a ? (@ starts with "ab")')
SELECT jsonb_path_query('{"a":[1,{"b":2}]}', '$.**')
SELECT jsonb_path_query('{"a":[1,{"b":2}]}', '$.**{2}'), jsonb_path_query('{"a":[1,{"b":2}]}', '$.**{1 to 2}')
SELECT jsonb_path_query('{"a":[1,{"b":2}]}', '$.**{last}')
SELECT jsonb_path_query('{"a":[1,{"b":2}]}', 'strict $.**.b', '{}', true)
SELECT jsonb_path_query('[1,2,3]', '$[last]'), jsonb_path_query('[1,2,3]', '$[0 to 1]'), jsonb_path_query('[1,2,3]', '$[last - 1, 0]')
SELECT jsonb_path_query('[1,2,3]', '$[*] + 1')
SELECT jsonb_path_query('[1.5,2,3]', '$[0] + 1'), jsonb_path_query('[1,2,3]', '-$[*]'), jsonb_path_query('[12345678901234567890,2]', '$[0] * 10')
SELECT jsonb_path_query('{"x":"3.5"}', '$.x.double()'), jsonb_path_query('[1.5,-2.5]', '$[*].ceiling()'), jsonb_path_query('[1.5,-2.5]', '$[*].floor()'), jsonb_path_query('[1.5,-2.5]', '$[*].abs()')
SELECT jsonb_path_query('{"a":1,"b":2}', '$.*'), jsonb_path_query('[{"a":1},{"a":[2,3]}]', '$.a'), jsonb_path_query('{"a b":1}', '$."a b"')
SELECT jsonb_path_query('[1,null,"a",true]', '$[*] ? (@ == null)'), jsonb_path_query('[1,null,"a",true]', '$[*] ? (@ != null)')
SELECT jsonb_path_query('[1,"a"]', '$[*] ? ((@ > 0) is unknown)'), jsonb_path_query('[1,2,"a"]', '$[*] ? (!(@ > 1))')
SELECT jsonb_path_query('[1,2,3]', 'strict $[5]')
SELECT jsonb_path_query('1', 'strict $[*]')
SELECT jsonb_path_query('1', '$[0]'), jsonb_path_query('1', '$[*]')
SELECT jsonb_path_query('{"a":1}', '$.a == 1'), jsonb_path_query('{"a":1}', '($.a)')
SELECT jsonb_path_query('{"a":1}', '$.a ? (@ > $x)', '{"x":0}'), jsonb_path_query('{"a":1}', '$.a ? (@ > $y)', '{"x":0}')
SELECT jsonb_path_query('{"a":1}', '$.')
SELECT jsonb_path_query('{"a":1}', '$.a', '[]')
SELECT jsonb_path_exists(null, '$'), jsonb_path_query_array('[1]', null)
SELECT jsonb_path_query_array('["a","B","ä"]', '$[*] ? (@ >= "a")'), jsonb_path_query_array('[true,false]', '$[*] ? (@ < true)'), jsonb_path_query_array('[[1],[2]]', '$[*] ? (@ == 1)'), jsonb_path_query_array('[1e3, 1000.0]', '$[*] ? (@ == 1000)')
SELECT jsonb_path_query('{"a":[1,2]}', 'strict $.a ? (@[*] > 1)'), jsonb_path_query('[[1,2],[3]]', '$[*][0]')
SELECT jsonb_path_query('{"a":[1,{"b":2}]}', 'strict $.**.b'), jsonb_path_query('{"a":[1,{"b":2}]}', 'strict $.**[0]')
SELECT id, j::jsonb @@ '$.b.c[*] > 15', j::jsonb @? '$.list', jsonb_path_query_first(j::jsonb, '$.**.c[last - 1]'), jsonb_path_query_array(j::jsonb, '$.*') FROM t ORDER BY id
SELECT id, j -> -1, j ->> -1 FROM t WHERE id = 3 AND j -> -1 IS NOT NULL
SELECT jsonb_pretty(j::jsonb) FROM t ORDER BY id
SELECT (j::jsonb)['b']['c'][1], (j::jsonb)['b']['c'][-1] FROM t WHERE id = 1
SELECT jsonb_path_query('[1]', '$[*] ? (@ like_regex "a")')
SELECT to_tsvector('simple', 'a b') @@ to_tsquery('simple', 'a')
