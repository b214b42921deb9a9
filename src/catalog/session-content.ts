/** Relations of pg_catalog that show what the session itself holds. */
import { SESSION_CALL } from "./names.js";
import type { Content } from "./shapes.js";

const PREPARED_FIELDS =
  "name VARCHAR, statement VARCHAR, prepare_time TIMESTAMPTZ, parameter_types VARCHAR[], from_sql BOOLEAN";

const ANSWER = `${SESSION_CALL}(getvariable('duckbranch_session'), 'pg_prepared_statements', NULL, NULL, NULL)`;

export const PREPARED_STATEMENTS: Content = {
  columns: {
    name: "s.name",
    statement: "s.statement",
    prepare_time: "s.prepare_time",
    parameter_types: "s.parameter_types",
    from_sql: "s.from_sql",
    generic_plans: "0",
    custom_plans: "0",
  },
  from: `(SELECT unnest(CAST(${ANSWER}::JSON AS STRUCT(${PREPARED_FIELDS})[])) AS s)`,
};
