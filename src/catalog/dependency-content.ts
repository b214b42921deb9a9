/** What depends on what, as far as clients ask: whose column a sequence is, which constraint has an index, what has a default. */
import { PG } from "./names.js";
import type { Content } from "./shapes.js";

/** OIDs of pg_class, pg_constraint, pg_attrdef, pg_rewrite and pg_type. */
const [RELATION, CONSTRAINT, DEFAULT, RULE, TYPE] = ["1259", "2606", "2604", "2618", "1247"];

/** A serial column's sequence goes with it, an identity column's is a part of it. */
const OWNED_SEQUENCES = `
  SELECT ${RELATION} AS classid, s.oid AS objid, ${RELATION} AS refclassid, t.oid AS refobjid, c.position AS refobjsubid, if(c.identity = '', 'a', 'i') AS deptype
  FROM ${PG}._column AS c JOIN ${PG}._class AS t ON t.sch = c.sch AND t.nam = c.rel AND t.kind = 'r'
  JOIN ${PG}._class AS s ON s.kind = 'S' AND s.sch = c.sch AND s.nam = replace(c.owned_sequence, '''''', '''')`;

const KEY_INDEXES = `
  SELECT ${RELATION}, x.oid, ${CONSTRAINT}, k.oid, 0, 'i' FROM ${PG}._constraint_numbers AS k
  JOIN ${PG}._class AS x ON x.kind = 'i' AND x.sch = k.sch AND x.nam = k.nam AND x.rel = k.rel WHERE k.kind IN ('p', 'u')`;

const CONSTRAINED_COLUMNS = `SELECT ${CONSTRAINT}, oid, ${RELATION}, conrelid, unnest(conkey), 'a' FROM ${PG}._constraint_numbers`;

/** A foreign key needs the columns it refers to, and the index of the key over them. */
const REFERRED_COLUMNS = `SELECT ${CONSTRAINT}, oid, ${RELATION}, confrelid, unnest(confkey), 'n' FROM ${PG}._constraint_numbers WHERE kind = 'f'`;
const REFERRED_INDEXES = `
  SELECT ${CONSTRAINT}, u.oid, ${RELATION}, x.oid, 0, 'n' FROM ${PG}._referenced_key AS u
  JOIN ${PG}._class AS x ON x.kind = 'i' AND x.sch = u.sch AND x.nam = u.nam AND x.rel = u.rel`;

const DEFAULTS = `
  SELECT ${DEFAULT}, ${PG}._oid('d', c.oid, t.nam), ${RELATION}, c.oid, t.position, 'a' FROM ${PG}._typed_column AS t
  JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = 'r' WHERE t.default_value IS NOT NULL`;

/** A default that draws from a sequence: pg_dump gives the column its default behind both. */
const DRAWN_SEQUENCES = `
  SELECT ${DEFAULT}, ${PG}._oid('d', t.oid, c.nam), ${RELATION}, s.oid, 0, 'n' FROM ${PG}._column AS c
  JOIN ${PG}._class AS t ON t.sch = c.sch AND t.nam = c.rel AND t.kind = 'r'
  JOIN ${PG}._class AS s ON s.kind = 'S' AND s.sch = c.drawn_schema AND s.nam = c.drawn_sequence WHERE c.identity = ''`;

/** A view is there by its rule, which needs what the view reads. */
const READ_RELATIONS = `
  SELECT ${RULE}, ${PG}._oid('r', '', v.oid), ${RELATION}, v.oid, 0, 'i' FROM ${PG}._class AS v WHERE v.kind IN ('v', 'm')
  UNION ALL SELECT ${RULE}, ${PG}._oid('r', '', v.oid), ${RELATION}, t.oid, c.position, 'n' FROM ${PG}._view_read AS v
  JOIN ${PG}._class AS t ON t.sch = v.read_schema AND t.nam = v.read_name AND t.kind IN ('r', 'v', 'm')
  JOIN ${PG}._column AS c ON c.sch = t.sch AND c.rel = t.nam AND c.kind = t.kind AND list_contains(v.read_columns, c.nam)`;

/** A composite type is a relation, which needs the types of its fields, and a domain needs its own: pg_dump puts those in front. */
const NEEDED_TYPES = `
  SELECT ${RELATION}, r.relid, ${TYPE}, r.oid, 0, 'i' FROM ${PG}._row_type AS r JOIN ${PG}._class AS c ON c.oid = r.relid AND c.kind = 'c'
  UNION ALL SELECT ${RELATION}, c.oid, ${TYPE}, coalesce(nullif(t.typelem, 0), t.oid), 0, 'n' FROM ${PG}._typed_column AS a
  JOIN ${PG}._class AS c ON c.sch = a.sch AND c.nam = a.rel AND c.kind = 'c' AND a.kind = 'c'
  JOIN ${PG}._type AS t ON t.oid = coalesce(a.domain_oid, a.type_oid) WHERE t.namespace <> 11
  UNION ALL SELECT ${TYPE}, d.oid, ${TYPE}, coalesce(nullif(b.typelem, 0), b.oid), 0, 'n' FROM ${PG}._type AS d
  JOIN ${PG}._type AS b ON b.oid = d.base WHERE d.typtype = 'd' AND b.namespace <> 11`;

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
  from: `(${[OWNED_SEQUENCES, KEY_INDEXES, CONSTRAINED_COLUMNS, REFERRED_COLUMNS, REFERRED_INDEXES, DEFAULTS, DRAWN_SEQUENCES, READ_RELATIONS, NEEDED_TYPES].join(" UNION ALL ")}) AS d`,
};

/** Each view is a rule, which is called so. */
export const REWRITE: Content = {
  columns: {
    oid: `${PG}._oid('r', '', v.oid)`,
    rulename: "'_RETURN'",
    ev_class: "v.oid",
    ev_type: "'1'",
    ev_enabled: "'O'",
    is_instead: "true",
    ev_qual: "'<>'",
    ev_action: "'<>'",
  },
  from: `${PG}._class AS v WHERE v.kind IN ('v', 'm')`,
};
