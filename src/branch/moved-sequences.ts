/** Sequences of a branch that the columns of its own table draw from, made anew where the table goes. */
import { notSupported } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, quoteLiteral } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import type { PhysicalTable } from "./model.js";
import { isInternalSchema } from "./system-names.js";

interface Destination {
  /** For messages. */
  readonly table: string;
  readonly place: PhysicalTable & { readonly isMain: boolean };
}

/** The elements of a definition with the new sequences. They go on where the old ones are. Atomic: the caller's transaction */
export async function movedSequences(
  connection: Connection,
  elements: readonly string[],
  destination: Destination,
): Promise<readonly string[]> {
  const moved: string[] = [];
  for (const text of elements) {
    const edits = [];
    for (const { start, end, names } of branchSequences(text)) {
      const [name = "", schema = ""] = names.toReversed();
      await moveSequence(connection, { schema, name }, destination);
      const { isMain, schema: to } = destination.place;
      const shown = formatName(isMain ? [to, name] : [DATA_CATALOG, to, name]);
      edits.push({ start, end, text: quoteLiteral(shown) });
    }
    moved.push(applyEdits(text, edits));
  }
  return moved;
}

/** Where an expression draws from a sequence of a branch. */
export function branchSequences(
  text: string,
): readonly { readonly start: number; readonly end: number; readonly names: readonly string[] }[] {
  const tokens = tokenise(text);
  return tokens.flatMap(({ kind, value, start, end }, index) => {
    if (kind !== "string" || tokens[index - 2]?.value !== "nextval") return [];
    const names = tokenise(value)
      .filter((token) => token.value !== ".")
      .map((token) => token.value);
    return names.length > 1 && isInternalSchema(names.at(-2) ?? "") ? [{ start, end, names }] : [];
  });
}

async function moveSequence(
  connection: Connection,
  { schema, name }: PhysicalTable,
  { table, place }: Destination,
): Promise<void> {
  const rows = await connection.rows(
    `SELECT schema_name, format('INCREMENT BY {} MINVALUE {} MAXVALUE {} START {} {}', increment_by, min_value, max_value,
        coalesce(last_value + increment_by, start_value), CASE WHEN cycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options,
       coalesce(last_value + increment_by BETWEEN min_value AND max_value, TRUE) AS goes_on
     FROM duckdb_sequences() WHERE database_name = ? AND sequence_name = ? AND schema_name IN (?, ?)`,
    [DATA_CATALOG, name, schema, place.schema],
  );
  const own = rows.find((row) => row["schema_name"] === schema);
  const isTaken = rows.some((row) => row["schema_name"] === place.schema);
  if (own === undefined || isTaken || own["goes_on"] !== true)
    throw notSupported(
      `cannot merge table "${table}": its sequence "${name}" ${isTaken ? "has the name of another one on the target" : "cannot go on there"}`,
    );
  await connection.run(
    `CREATE SEQUENCE ${formatName([DATA_CATALOG, place.schema, name])} ${String(own["options"])}`,
  );
}
