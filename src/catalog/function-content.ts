/** pg_proc: the functions of the user, and those of types. */
import { DEFAULT } from "./function-texts.js";
import { PG } from "./names.js";
import type { Content } from "./shapes.js";

/** The type of what the last argument, an array, is made of; `any` is its own. */
const VARIADIC =
  "CASE (f.declared->'argumentOids'->>-1)::BIGINT WHEN 2276 THEN 2276 WHEN 2277 THEN 2283 WHEN 5078 THEN 5077 WHEN 1009 THEN 25 ELSE 0 END";

/** Whoever is connected. */
const OWNER = "10";

export const FUNCTION: Content = {
  columns: {
    oid: "f.oid",
    proname: "f.nam",
    pronamespace: `${PG}._schema_oid(f.sch)`,
    proowner: OWNER,
    prolang: "if(f.sch = 'pg_catalog', 12, 14)",
    procost: "100",
    prorows: "if(f.is_table, 1000, 0)",
    prokind: "coalesce(f.declared->>'kind', 'f')",
    proretset: "f.is_table",
    provolatile: "coalesce(left(f.declared->>'volatility', 1), 'v')",
    proisstrict: "coalesce((f.declared->>'strict')::BOOLEAN, false)",
    proparallel: "coalesce(f.declared->>'parallel', 'u')",
    provariadic: `if((f.declared->>'variadic')::BOOLEAN, ${VARIADIC}, 0)`,
    pronargs: "len(f.parameters)",
    prorettype: "coalesce((f.declared->>'returnsOid')::BIGINT, if(f.is_table, 2249, 2283))",
    proargtypes:
      "coalesce((f.declared->'argumentOids')::BIGINT[], list_transform(f.parameters, lambda p: 2283))",
    pronargdefaults:
      "coalesce(len(list_filter((f.declared->'defaults')::VARCHAR[], lambda d: d IS NOT NULL)), 0)",
    proargnames:
      "CASE WHEN len(list_filter(f.parameters, lambda p: NOT starts_with(p, '$'))) > 0 THEN list_transform(f.parameters, lambda p: if(starts_with(p, '$'), '', p)) END",
    proargdefaults: `CASE WHEN declared IS NOT NULL THEN
      nullif(array_to_string(list_filter(list_transform(f.parameters, lambda _p, _i: ${DEFAULT}), lambda _d: _d IS NOT NULL), ', '), '') END`,
    prosrc: "f.body",
  },
  from: `${PG}._function AS f`,
};
