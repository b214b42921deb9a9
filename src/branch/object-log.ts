/** The registry's table of what heads have beside tables and views; see system-schema.ts for those. */
import {
  numberCell,
  optionalNumberCell,
  optionalTextCell,
  textCell,
  type Connection,
  type Row,
} from "../engine/connection.js";
import { appendRecords } from "../engine/record-writer.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { OBJECT_KINDS, type HeadObject, type HeadObjectKind, type ObjectChange } from "./head-objects.js";
import { headId, type Sequence } from "./model.js";
import { SYSTEM, systemTable } from "./system-names.js";

export const OBJECT_LOG = systemTable("object_log", {
  seq: "BIGINT NOT NULL",
  id: "BIGINT NOT NULL",
  removed: "BOOLEAN NOT NULL",
  head_id: "VARCHAR NOT NULL",
  kind: "VARCHAR NOT NULL",
  schema_name: "VARCHAR NOT NULL",
  name: "VARCHAR NOT NULL",
  dropped: "BOOLEAN NOT NULL",
  definition: "VARCHAR",
  catalogued: "VARCHAR",
  physical_schema: "VARCHAR",
  physical_name: "VARCHAR",
  from_seq: "BIGINT NOT NULL",
  to_seq: "BIGINT",
});

/** Every object as its newest row has it. */
export async function readObjects(connection: Connection): Promise<readonly ObjectChange[]> {
  const rows = await connection.rows(
    `SELECT * FROM ${SYSTEM}.object_log
     QUALIFY row_number() OVER (PARTITION BY id ORDER BY seq DESC) = 1 AND NOT removed ORDER BY id`,
  );
  return rows.map((row) => ({ change: "putObject", object: readObject(row) }));
}

function readObject(row: Row): HeadObject {
  const [schema, name] = [optionalTextCell(row, "physical_schema"), optionalTextCell(row, "physical_name")];
  return {
    id: numberCell(row, "id"),
    head: headId(textCell(row, "head_id")),
    kind: readKind(textCell(row, "kind")),
    schema: textCell(row, "schema_name"),
    name: textCell(row, "name"),
    dropped: row["dropped"] === true,
    definition: optionalTextCell(row, "definition"),
    catalogued: optionalTextCell(row, "catalogued"),
    physical: schema === null || name === null ? null : { schema, name },
    from: numberCell(row, "from_seq"),
    to: optionalNumberCell(row, "to_seq"),
  };
}

function readKind(text: string): HeadObjectKind {
  const kind = OBJECT_KINDS.find((candidate) => candidate === text);
  if (kind !== undefined) return kind;
  throw new SqlError(SQLSTATE.internalError, `unknown kind "${text}" of an object in the registry`);
}

/**
 * Appends changes; rows are never updated.
 *
 * Atomic  the caller's transaction
 */
export async function appendObjects(
  connection: Connection,
  sequence: Sequence,
  changes: readonly ObjectChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await appendRecords(
    connection,
    OBJECT_LOG,
    changes.map(({ change, object }) => ({
      seq: sequence,
      id: object.id,
      removed: change === "removeObject",
      head_id: object.head,
      kind: object.kind,
      schema_name: object.schema,
      name: object.name,
      dropped: object.dropped,
      definition: object.definition,
      catalogued: object.catalogued,
      physical_schema: object.physical?.schema ?? null,
      physical_name: object.physical?.name ?? null,
      from_seq: object.from,
      to_seq: object.to,
    })),
  );
}

export async function removeSupersededObjects(connection: Connection): Promise<void> {
  await connection.run(`DELETE FROM ${SYSTEM}.object_log USING (
    SELECT id AS one, max(seq) AS newest, max_by(removed, seq) AS gone FROM ${SYSTEM}.object_log GROUP BY 1)
    WHERE id = one AND (seq < newest OR gone)`);
}
