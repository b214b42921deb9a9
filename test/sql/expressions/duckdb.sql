FROM g SELECT k, x ORDER BY x
SELECT * EXCLUDE (y) FROM g ORDER BY x
SELECT [1, 2, 3]
SELECT list_transform([1, 2], lambda v: v + 1)
SELECT 7 // 2
SELECT {'a': 1}.a
SELECT k, x FROM g QUALIFY row_number() OVER (PARTITION BY k ORDER BY x) = 1 ORDER BY k
SELECT COLUMNS('x|y') FROM g ORDER BY x
FROM g SELECT x / 2 WHERE x = 3
SELECT [1, 2, 3][2:3]
SELECT MAP {'a': 1}['a']
FROM g SELECT count(*)
SELECT list_value(1, 2)
SELECT * REPLACE (x + 1 AS x) FROM g ORDER BY x
SELECT 'abc'[1:2]
