/**
 * What a branch's catalogue lists: its visible relations with the tables that describe them. Views of a branch and
 * preserved tables have no such table, so their columns and constraints are found out here.
 */
import { commentsOf } from "../branch/catalog-reader.js";
import { viewText } from "../branch/materialized-views.js";
import { relationKey, type HeadId, type RelationKey, type Version } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import { commentsOn } from "../branch/object-comments.js";
import { createTemporaryFor, readTableDefinition } from "../branch/table-definition.js";
import type {
  BranchListing,
  ListedColumn,
  ListedConstraint,
  ListedIndex,
  ListedRelation,
} from "../catalog/session-catalog.js";
import { createIndexAt } from "../branch/table-rebuild.js";
import { SqlError } from "../core/errors.js";
import { numberCell, optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import type { Database } from "../engine/database.js";
import type { NameScope } from "./relation-names.js";
import { listedObjects } from "./listed-objects.js";
import { viewQuery, type ResolveServices } from "./resolve.js";
import { clientSchema } from "../sql/names.js";
import { readNotes } from "../sql/table-notes.js";

type Described = Pick<BranchListing, "columns" | "constraints" | "indexes">;

/** By columns; under null its own, which is raw, as DuckDB keeps it. */
type Comments = ReadonlyMap<string | null, string>;

/** Listings of one session. */
export class BranchListings {
  readonly #connection: Connection;
  readonly #database: Database;
  readonly #services: () => ResolveServices;
  #last:
    | { readonly state: RegistryState; readonly head: HeadId; readonly listing: BranchListing }
    | undefined;

  constructor(connection: Connection, database: Database, services: () => ResolveServices) {
    this.#connection = connection;
    this.#database = database;
    this.#services = services;
  }

  /** The listing of the scope's head; made again only when the registry has changed. */
  async of(scope: NameScope): Promise<BranchListing> {
    const { state, head } = scope;
    if (this.#last?.state === state && this.#last.head === head) return this.#last.listing;
    const listing = await this.#make(scope);
    this.#last = { state, head, listing };
    return listing;
  }

  async #make(scope: NameScope): Promise<BranchListing> {
    const versions = scope.state.visible(scope.head);
    const described: Described[] = [];
    const comments = new Map<Version, string>();
    const ofViews = viewComments(scope);
    for (const version of versions) {
      if (version.kind === "view") {
        const own = ofViews.get(relationKey(version));
        const comment = own?.get(null);
        if (comment !== undefined) comments.set(version, comment);
        described.push(await this.#describeView(scope, version, own));
      } else if (isPreserved(version)) {
        const own = await this.#commentsOf(version);
        const comment = own.get(null);
        if (comment !== undefined) comments.set(version, comment);
        described.push(await this.#describePreserved(version, own));
      }
    }
    return {
      relations: versions.map((version) => listed(version, comments.get(version))),
      columns: described.flatMap((one) => one.columns),
      constraints: described.flatMap((one) => one.constraints),
      indexes: described.flatMap((one) => one.indexes),
      objects: listedObjects(scope.state, scope.head),
    };
  }

  /** A view that cannot be read (what it reads is gone) is listed without columns. */
  async #describeView(scope: NameScope, view: Version, comments?: Comments): Promise<Described> {
    try {
      const query = await viewQuery(this.#services(), scope, view);
      const rows = await this.#connection.rows(`DESCRIBE FROM ${query}`);
      const columns = rows.map((row, index) =>
        listedColumn(view, {
          column: textCell(row, "column_name"),
          position: index + 1,
          type: textCell(row, "column_type"),
          comment: comments?.get(textCell(row, "column_name")) ?? null,
        }),
      );
      return { columns, constraints: [], indexes: [] };
    } catch (error) {
      if (error instanceof SqlError) return { columns: [], constraints: [], indexes: [] };
      throw error;
    }
  }

  async #commentsOf({ physical }: Version): Promise<Comments> {
    const comments = physical === null ? [] : await commentsOf(this.#connection, physical);
    return new Map(comments.map(({ column, comment }) => [column, comment]));
  }

  /** A preserved table's copy has no constraints, defaults or indexes: an empty table made from its definition has. */
  async #describePreserved(version: Version, comments: Comments): Promise<Described> {
    const definition = readTableDefinition(version.definition ?? "");
    const kind = readNotes(comments.get(null) ?? null).view === undefined ? "r" : "m";
    using scratch = await this.#database.connect("void");
    await scratch.run(createTemporaryFor(definition, SCRATCH));
    for (const index of definition.indexes) await scratch.run(createIndexAt(index, SCRATCH));
    const columns = await scratchColumns(scratch, version);
    return {
      columns: columns.map((one) => ({ ...one, kind, comment: comments.get(one.column) ?? null })),
      constraints: await scratchConstraints(scratch, version),
      indexes: await scratchIndexes(scratch, version),
    };
  }
}

/** What the head says of its views and their columns. */
function viewComments({ state, head }: NameScope): ReadonlyMap<RelationKey, Comments> {
  const all = new Map<RelationKey, Map<string | null, string>>();
  for (const one of commentsOn(state, head)) {
    if (one.kind !== "view") continue;
    const own = all.get(relationKey(one)) ?? new Map<string | null, string>();
    all.set(relationKey(one), own.set(one.column, one.comment));
  }
  return all;
}

/** Preserved by a copy made with CREATE TABLE AS: what it was is in its definition only. */
function isPreserved(version: Version): boolean {
  return version.kind === "table" && version.definition !== null;
}

/** `comment`: of a view or preserved table; the notes of a materialized view are in it. */
function listed(version: Version, comment: string | undefined): ListedRelation {
  const physical = isPreserved(version) ? null : version.physical;
  const view = version.kind === "view" ? undefined : readNotes(comment ?? null).view;
  const definition = version.kind === "view" ? version.definition : null;
  return {
    ...clientName(version),
    kind: view === undefined ? kindOf(version) : "m",
    physical_schema: physical?.schema ?? null,
    physical_name: physical?.name ?? null,
    definition: view === undefined ? definition : viewText(version.name, view),
    populated: view?.populated ?? null,
    comment: comment ?? null,
  };
}

function kindOf({ kind }: Version): "v" | "r" {
  return kind === "view" ? "v" : "r";
}

function clientName(version: Version): { readonly schema: string; readonly name: string } {
  return { schema: clientSchema(version.schema), name: version.name };
}

function listedColumn(
  version: Version,
  column: Pick<ListedColumn, "column" | "position" | "type"> & Partial<ListedColumn>,
): ListedColumn {
  return {
    ...clientName(version),
    kind: kindOf(version),
    default_value: null,
    not_null: false,
    comment: null,
    ...column,
  };
}

/** Name of a preserved table as a temporary one. */
const SCRATCH = "preserved";

async function scratchColumns(scratch: Connection, version: Version): Promise<ListedColumn[]> {
  const rows = await scratch.rows(
    `SELECT column_name, column_index, data_type, column_default, is_nullable FROM duckdb_columns()
     WHERE database_name = 'temp' AND table_name = ? ORDER BY column_index`,
    [SCRATCH],
  );
  return rows.map((row) =>
    listedColumn(version, {
      column: textCell(row, "column_name"),
      position: numberCell(row, "column_index"),
      type: textCell(row, "data_type"),
      default_value: optionalTextCell(row, "column_default"),
      not_null: row["is_nullable"] === false,
    }),
  );
}

async function scratchConstraints(scratch: Connection, version: Version): Promise<ListedConstraint[]> {
  const rows = await scratch.rows(
    `SELECT constraint_index, constraint_type, expression, system.main.to_json(constraint_column_names)::VARCHAR AS columns
     FROM duckdb_constraints() WHERE database_name = 'temp' AND table_name = ? ORDER BY constraint_index`,
    [SCRATCH],
  );
  return rows.map((row) => ({
    ...clientName(version),
    position: numberCell(row, "constraint_index"),
    type: textCell(row, "constraint_type"),
    expression: optionalTextCell(row, "expression"),
    columns: readTexts(JSON.parse(textCell(row, "columns"))),
  }));
}

async function scratchIndexes(scratch: Connection, version: Version): Promise<ListedIndex[]> {
  const rows = await scratch.rows(
    `SELECT index_name, is_unique, expressions FROM duckdb_indexes()
     WHERE database_name = 'temp' AND table_name = ? ORDER BY index_name`,
    [SCRATCH],
  );
  return rows.map((row) => ({
    ...clientName(version),
    index_name: textCell(row, "index_name"),
    is_unique: row["is_unique"] === true,
    expressions: textCell(row, "expressions"),
  }));
}

function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
