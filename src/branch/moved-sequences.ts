/** Sequences of a branch that the columns of its own table draw from, made anew where the table goes. */
import { notSupported } from "../core/errors.js";
import { textCell, type Connection, type Row } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, normaliseName, quoteLiteral } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import { relationKey, type PhysicalTable, type RelationKey } from "./model.js";
import { isInternalSchema } from "./system-names.js";

interface Destination {
  /** For messages. */
  readonly table: string;
  readonly place: PhysicalTable & { readonly isMain: boolean };
  /** Those that have gone already, by where they were. */
  readonly gone: ReadonlyMap<RelationKey, PhysicalTable>;
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
      const { isMain, schema: here } = destination.place;
      const gone = destination.gone.get(relationKey({ schema, name }));
      const to = gone ?? { schema: here, name: await freeName(connection, here, name, isOwned(text)) };
      if (gone === undefined)
        await continueSequence(connection, { schema, name }, to, `table "${destination.table}"`);
      const shown = formatName(isMain ? [to.schema, to.name] : [DATA_CATALOG, to.schema, to.name]);
      edits.push({ start, end, text: quoteLiteral(shown) });
    }
    moved.push(applyEdits(text, edits));
  }
  return moved;
}

/** A column's own sequence, of which nobody gave the name. */
function isOwned(element: string): boolean {
  return /\blength\('(?:serial|generated )/i.test(element);
}

/** A dropped table leaves its sequence behind while branches live: the name may be taken, as PostgreSQL's may. */
async function freeName(
  connection: Connection,
  schema: string,
  name: string,
  mayDiffer: boolean,
): Promise<string> {
  if (!mayDiffer) return name;
  const rows = await connection.rows(
    "SELECT sequence_name AS name FROM duckdb_sequences() WHERE database_name = ? AND schema_name = ?",
    [DATA_CATALOG, schema],
  );
  const taken = new Set(rows.map((row) => normaliseName(textCell(row, "name"))));
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? name : `${name}${n}`;
    if (!taken.has(normaliseName(candidate))) return candidate;
  }
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

/** Another sequence that goes on where this one is. `what` is merged, for messages. Errors: 0A000 */
export async function continueSequence(
  connection: Connection,
  from: PhysicalTable,
  to: PhysicalTable,
  what: string,
): Promise<void> {
  const rows = await connection.rows(
    `SELECT schema_name, sequence_name, format('INCREMENT BY {} MINVALUE {} MAXVALUE {} START {} {}', increment_by, min_value, max_value,
        coalesce(last_value + increment_by, start_value), CASE WHEN cycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options,
       coalesce(last_value + increment_by BETWEEN min_value AND max_value, TRUE) AS goes_on
     FROM duckdb_sequences() WHERE database_name = ? AND lower(sequence_name) IN (lower(?), lower(?)) AND schema_name IN (?, ?)`,
    [DATA_CATALOG, from.name, to.name, from.schema, to.schema],
  );
  const at = (place: PhysicalTable): Row | undefined =>
    rows.find(
      (row) =>
        relationKey({ schema: textCell(row, "schema_name"), name: textCell(row, "sequence_name") }) ===
        relationKey(place),
    );
  const own = at(from);
  const isTaken = at(to) !== undefined;
  if (own === undefined || isTaken || own["goes_on"] !== true)
    throw notSupported(
      `cannot merge ${what}: its sequence "${from.name}" ${isTaken ? "has the name of another one on the target" : "cannot go on there"}`,
    );
  await connection.run(
    `CREATE SEQUENCE ${formatName([DATA_CATALOG, to.schema, to.name])} ${String(own["options"])}`,
  );
}
