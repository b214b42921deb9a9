/** The body of format_type(oid, modifier). */
import { TYPE_NAMES } from "./snapshot.js";

const NUMERIC_MODIFIER = `'(' || ((_2 - 4) >> 16)::VARCHAR || ',' || ((_2 - 4) & 65535)::VARCHAR || ')'`;
export const FORMAT_TYPE = `CASE WHEN _1 IS NULL THEN NULL WHEN _1 = 0 THEN '-'
  WHEN _1 = 1700 AND _2 >= 4 THEN 'numeric' || ${NUMERIC_MODIFIER}
  WHEN _1 = 1231 AND _2 >= 4 THEN 'numeric' || ${NUMERIC_MODIFIER} || '[]'
  WHEN _1 IN (1043, 1015) AND _2 >= 4 THEN 'character varying(' || (_2 - 4)::VARCHAR || ')' || if(_1 = 1015, '[]', '')
  WHEN _1 IN (1042, 1014) AND _2 >= 4 THEN 'character(' || (_2 - 4)::VARCHAR || ')' || if(_1 = 1014, '[]', '')
  WHEN _1 IN (1042, 1014) AND _2 = -1 THEN if(_1 = 1014, 'bpchar[]', 'bpchar')
  WHEN _1 IN (1560, 1561) AND _2 = -1 THEN if(_1 = 1561, '"bit"[]', '"bit"')
  WHEN _1 IN (1560, 1561, 1562, 1563) AND _2 >= 0 THEN if(_1 < 1562, 'bit(', 'bit varying(') || _2::VARCHAR || if(_1 IN (1561, 1563), ')[]', ')')
  WHEN _1 IN (1083, 1114, 1184, 1266, 1183, 1115, 1185, 1270) AND _2 >= 0
    THEN if(_1 IN (1083, 1266, 1183, 1270), 'time(', 'timestamp(') || _2::VARCHAR || if(_1 IN (1083, 1114, 1183, 1115), ') without time zone', ') with time zone') || if(_1 IN (1183, 1115, 1185, 1270), '[]', '')
  WHEN _1 IN (1186, 1187) AND _2 >= 2147418112 AND _2 & 65535 < 7 THEN 'interval(' || (_2 & 65535)::VARCHAR || if(_1 = 1187, ')[]', ')')
  ELSE coalesce(map_extract_value(${TYPE_NAMES}, _1::BIGINT), '???') END`;
