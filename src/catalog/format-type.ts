/** The body of format_type(oid, modifier). */
import { TYPE_NAMES } from "./snapshot.js";

const NUMERIC_MODIFIER = `'(' || ((_2 - 4) >> 16)::VARCHAR || ',' || ((_2 - 4) & 65535)::VARCHAR || ')'`;
export const FORMAT_TYPE = `CASE WHEN _1 IS NULL THEN NULL WHEN _1 = 0 THEN '-'
  WHEN _1 = 1700 AND _2 >= 4 THEN 'numeric' || ${NUMERIC_MODIFIER}
  WHEN _1 = 1231 AND _2 >= 4 THEN 'numeric' || ${NUMERIC_MODIFIER} || '[]'
  WHEN _1 IN (1043, 1015) AND _2 >= 4 THEN 'character varying(' || (_2 - 4)::VARCHAR || ')' || if(_1 = 1015, '[]', '')
  WHEN _1 IN (1042, 1014) AND _2 >= 4 THEN 'character(' || (_2 - 4)::VARCHAR || ')' || if(_1 = 1014, '[]', '')
  WHEN _1 IN (1083, 1114, 1184, 1266) AND _2 >= 0
    THEN if(_1 IN (1083, 1266), 'time(', 'timestamp(') || _2::VARCHAR || if(_1 IN (1083, 1114), ') without time zone', ') with time zone')
  WHEN _1 = 1186 AND _2 >= 2147418112 AND _2 & 65535 < 7 THEN 'interval(' || (_2 & 65535)::VARCHAR || ')'
  ELSE coalesce(map_extract_value(${TYPE_NAMES}, _1::BIGINT), '???') END`;
