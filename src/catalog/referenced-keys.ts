/** Which key's index a foreign key relies on: that of the key over the columns it refers to, in any order. */
import { PG } from "./names.js";

/** `oid` of the foreign key, and the index by its schema, relation and name; a primary key's before another's. */
export const REFERENCED_KEYS = `(
  SELECT f.oid, min_by(k.sch, (k.kind, k.nam)) AS sch, min_by(k.rel, (k.kind, k.nam)) AS rel, min_by(k.nam, (k.kind, k.nam)) AS nam
  FROM ${PG}._constraint_numbers AS f JOIN ${PG}._constraint_numbers AS k
    ON k.conrelid = f.confrelid AND k.kind IN ('p', 'u') AND list_sort(k.conkey) = list_sort(f.confkey)
  WHERE f.kind = 'f' GROUP BY f.oid)`;
