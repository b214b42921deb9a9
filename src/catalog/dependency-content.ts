/** What depends on what, as far as clients ask: whose column a sequence is, which constraint has an index, what has a default. */
import { PG } from "./names.js";
import type { Content } from "./shapes.js";

/** OIDs of pg_class, pg_constraint and pg_attrdef. */
const [RELATION, CONSTRAINT, DEFAULT] = ["1259", "2606", "2604"];

/** A serial column's sequence goes with it, an identity column's is a part of it. */
const OWNED_SEQUENCES = `
  SELECT ${RELATION} AS classid, s.oid AS objid, ${RELATION} AS refclassid, t.oid AS refobjid, c.position AS refobjsubid, if(c.identity = '', 'a', 'i') AS deptype
  FROM ${PG}._column AS c JOIN ${PG}._class AS t ON t.sch = c.sch AND t.nam = c.rel AND t.kind = 'r'
  JOIN ${PG}._class AS s ON s.kind = 'S' AND s.sch = c.sch AND s.nam = replace(c.owned_sequence, '''''', '''')`;

const KEY_INDEXES = `
  SELECT ${RELATION}, x.oid, ${CONSTRAINT}, k.oid, 0, 'i' FROM ${PG}._constraint_numbers AS k
  JOIN ${PG}._class AS x ON x.kind = 'i' AND x.sch = k.sch AND x.nam = k.nam AND x.rel = k.rel WHERE k.kind IN ('p', 'u')`;

const CONSTRAINED_COLUMNS = `SELECT ${CONSTRAINT}, oid, ${RELATION}, conrelid, unnest(conkey), 'a' FROM ${PG}._constraint_numbers`;

const DEFAULTS = `
  SELECT ${DEFAULT}, ${PG}._oid('d', c.oid, t.nam), ${RELATION}, c.oid, t.position, 'a' FROM ${PG}._typed_column AS t
  JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = 'r' WHERE t.default_value IS NOT NULL`;

export const DEPEND: Content = {
  columns: {
    classid: "d.classid",
    objid: "d.objid",
    objsubid: "0",
    refclassid: "d.refclassid",
    refobjid: "d.refobjid",
    refobjsubid: "d.refobjsubid",
    deptype: "d.deptype",
  },
  from: `(${[OWNED_SEQUENCES, KEY_INDEXES, CONSTRAINED_COLUMNS, DEFAULTS].join(" UNION ALL ")}) AS d`,
};
