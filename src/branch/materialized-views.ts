/**
 * Materialized views: tables that hold the rows of a query, which is a note of the table (sql/table-notes.ts). So they are
 * forked, kept and compared as tables are. See docs/decisions/0054.
 */
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { nameList, quoteIdentifier } from "../sql/names.js";
import { isMaterialized, NOTED, readNotes, type ViewNote } from "../sql/table-notes.js";
import { MAIN, relationKey, type HeadId, type RelationName, type Version } from "./model.js";
import type { Transaction } from "./transaction.js";
import { isInternalSchema } from "./system-names.js";

/** Whether there may be any in the file: while there are none, nobody has to look. */
export class MaterializedMarks {
  #any: boolean;
  #unpopulated: boolean;

  private constructor(texts: readonly string[]) {
    const views = texts.map((text) => readNotes(text).view);
    this.#any = views.length > 0;
    this.#unpopulated = views.some((view) => view?.populated === false);
  }

  static async read(connection: Connection): Promise<MaterializedMarks> {
    return new MaterializedMarks((await notedTables(connection)).map(({ comment }) => comment));
  }

  get any(): boolean {
    return this.#any;
  }

  /** One without data, of which nobody may read. */
  get unpopulated(): boolean {
    return this.#unpopulated;
  }

  /** Before it is written. */
  add({ populated }: ViewNote): void {
    this.#any = true;
    if (!populated) this.#unpopulated = true;
  }
}

interface NotedTable extends RelationName {
  readonly comment: string;
}

/** All tables of the file that hold the rows of one, of whatever head. */
async function notedTables(connection: Connection): Promise<readonly NotedTable[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = $1 AND NOT temporary AND contains(comment, $2)
     ORDER BY schema_name, table_name`,
    [DATA_CATALOG, NOTED],
  );
  return rows
    .map((row) => ({
      schema: textCell(row, "schema_name"),
      name: textCell(row, "table_name"),
      comment: textCell(row, "comment"),
    }))
    .filter(({ comment }) => isMaterialized(comment));
}

/** What is noted of a relation of the transaction's head; undefined for one that is no materialized view, or is not there. */
export async function viewNoteOf(
  transaction: Transaction,
  relation: RelationName,
): Promise<ViewNote | undefined> {
  if (!transaction.context.registry.materialized.any) return undefined;
  const version = transaction.state.find(transaction.head, relation);
  if (version !== undefined) return await viewNote(transaction, version);
  if (transaction.head !== MAIN) return undefined;
  return readNotes(await commentNow(transaction.connection, relation)).view;
}

/** What is noted of a version, of whatever head. */
export async function viewNote(transaction: Transaction, version: Version): Promise<ViewNote | undefined> {
  if (version.kind !== "table" || !transaction.context.registry.materialized.any) return undefined;
  const comment = (await transaction.commentsOf(version)).find(({ column }) => column === null)?.comment;
  return comment === undefined ? undefined : readNotes(comment).view;
}

/** Of a table that the registry does not know yet. */
async function commentNow(connection: Connection, { schema, name }: RelationName): Promise<string | null> {
  const [row] = await connection.rows(
    "SELECT comment FROM duckdb_tables() WHERE database_name = $1 AND lower(schema_name) = lower($2) AND lower(table_name) = lower($3)",
    [DATA_CATALOG, schema, name],
  );
  return row === undefined ? null : optionalTextCell(row, "comment");
}

export interface MaterializedView extends RelationName {
  /** Whose table it is. */
  readonly head: HeadId;
  readonly note: ViewNote;
}

/** Those of a head, as the transaction sees it. */
export async function materializedViews(
  { connection, context, state }: Transaction,
  head: HeadId,
): Promise<readonly MaterializedView[]> {
  if (!context.registry.materialized.any) return [];
  const noted = new Map(
    (await notedTables(connection)).flatMap((table) => {
      const { view } = readNotes(table.comment);
      const { schema, name } = table;
      return view === undefined
        ? []
        : [[relationKey(table), { schema, name, head: MAIN, note: view }] as const];
    }),
  );
  if (head === MAIN) return [...noted.values()].filter(({ schema }) => !isInternalSchema(schema));
  const visible = state.visible(head).toSorted((a, b) => (relationKey(a) < relationKey(b) ? -1 : 1));
  return visible.flatMap(({ schema, name, physical, head: owner }) => {
    const found = physical === null ? undefined : noted.get(relationKey(physical));
    return found === undefined ? [] : [{ schema, name, head: owner, note: found.note }];
  });
}

/** As a view of the same query would be made. */
export function viewText(name: string, { query }: ViewNote, columns: readonly string[] = []): string {
  const list = columns.length === 0 ? "" : ` (${nameList(columns)})`;
  return `CREATE VIEW ${quoteIdentifier(name)}${list} AS ${query}`;
}
