/**
 * Types of views' columns that DuckDB does not keep, found in their stored texts: a column that a view shows as it is has the
 * type of the table's, and a cast the one it says. Views read views; all of them are told at once.
 */
import { isNode, type AstNode } from "../sql/ast.js";
import { SqlError } from "../core/errors.js";
import type { TextFunction } from "../engine/text-function.js";
import { LruCache } from "../sql/lru-cache.js";
import { clientSchema, normaliseName } from "../sql/names.js";
import { parseLoaded } from "../sql/pg-parser.js";
import { querySources } from "../sql/read-sources.js";
import type { QuerySources, WrittenType } from "../sql/result-sources.js";
import { sourceColumns, type SourceColumn } from "../sql/source-types.js";
import { withStoredCasts } from "./printing/stored-casts.js";
import { typeOidNamed } from "./type-names.js";

/** `(views as JSON, tables as JSON)`: the columns' types, as JSON. */
export const VIEW_TYPES = "duckbranch_view_types";

interface View {
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
  readonly columns: readonly string[];
}

interface Table {
  readonly schema: string;
  readonly name: string;
  /** A domain's type is `oid:` and its OID, for it has no name of its own here. */
  readonly columns: readonly {
    readonly name: string;
    readonly type: string | null;
    readonly typmod: number;
    readonly array: boolean;
  }[];
}

/** A column of a view that could be read. */
interface Found {
  readonly schema: string;
  readonly view: string;
  readonly position: number;
  /** Null where DuckDB's type says it. */
  readonly oid: number | null;
  readonly typmod: number;
  /** The type that DuckDB's column must have for it; 0 for any. */
  readonly holder: number;
}

/** PostgreSQL's type ⇒ the one shown for what holds it. */
const HOLDERS: ReadonlyMap<string, string> = new Map([
  ["varchar", "text"],
  ["bpchar", "text"],
  ["json", "jsonb"],
  ["numeric", "numeric"],
  ["timestamp", "timestamp"],
  ["timestamptz", "timestamptz"],
  ["time", "time"],
  ["interval", "interval"],
]);
const DOMAIN = "oid:";
/** No DuckDB column has more digits: what casts say for a numeric of any size. */
const WIDEST = 38;

/** Views whose texts were read lately. */
const MAX_READ = 2_048;
const sourcesRead = new LruCache<{ readonly sources: QuerySources | undefined }>(MAX_READ);

export const viewTypes: TextFunction = ([views, tables]) => {
  if (views === null || views === undefined) return null;
  // Made by the catalogue itself, from its own columns.
  const [read, known]: readonly [readonly View[], readonly Table[]] = [
    JSON.parse(views),
    JSON.parse(tables ?? "[]"),
  ];
  return JSON.stringify(new ViewReader(read, known).all());
};

class ViewReader {
  readonly #views: readonly View[];
  readonly #known = new Map<string, readonly SourceColumn[] | undefined>();
  readonly #unread = new Map<string, View>();

  constructor(views: readonly View[], tables: readonly Table[]) {
    this.#views = views;
    for (const view of views) this.#unread.set(keyOf(view.schema, view.name), view);
    for (const { schema, name, columns } of tables)
      this.#known.set(
        keyOf(schema, name),
        columns.map(({ name: column, type, typmod, array: isArray }, index) => ({
          name: column,
          type: type === null ? undefined : { name: type, typmod, isArray },
          origin: { table: 1, column: index + 1 },
        })),
      );
  }

  all(): readonly Found[] {
    return this.#views.flatMap(({ schema, name: view }) =>
      (this.#columnsOf(keyOf(schema, view)) ?? []).map((column, index) => ({
        schema,
        view,
        position: index + 1,
        ...identified(column),
      })),
    );
  }

  #columnsOf(key: string): readonly SourceColumn[] | undefined {
    const view = this.#unread.get(key);
    if (view === undefined) return this.#known.get(key);
    // One that reads itself is not known while it is read.
    this.#unread.delete(key);
    const columns = this.#typed(view);
    this.#known.set(key, columns);
    return columns;
  }

  #typed({ schema, definition, columns }: View): readonly SourceColumn[] | undefined {
    const sources = sourcesIn(definition);
    if (sources === undefined) return undefined;
    const found = columnsFrom(sources, (parts) => this.#relation(schema, parts));
    if (found?.length !== columns.length) return undefined;
    return found.map((column, index) => ({ ...column, name: columns[index] ?? column.name }));
  }

  /** DuckDB looks the names in a view up in its own schema first. */
  #relation(own: string, parts: readonly string[]): readonly SourceColumn[] | undefined {
    const name = parts.at(-1) ?? "";
    const schema = parts.at(-2);
    const schemas = schema === undefined ? [own, "public"] : [clientSchema(schema)];
    const keys = schemas.map((one) => keyOf(one, name));
    const key = keys.find((one) => this.#unread.has(one) || this.#known.has(one));
    return key === undefined ? undefined : this.#columnsOf(key);
  }
}

const keyOf = (schema: string, name: string): string =>
  JSON.stringify([normaliseName(schema), normaliseName(name)]);

/** Undefined for a query that DuckDB would run, and PostgreSQL would not. */
function columnsFrom(
  sources: QuerySources,
  lookup: (parts: readonly string[]) => readonly SourceColumn[] | undefined,
): readonly SourceColumn[] | undefined {
  try {
    return sourceColumns(sources, lookup);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/** Where a view's columns come from. Undefined where PostgreSQL's parser does not read its stored text. */
export function sourcesIn(definition: string): QuerySources | undefined {
  const known = sourcesRead.get(definition);
  if (known !== undefined) return known.sources;
  const query = queryIn(definition);
  const sources = query && querySources(query);
  sourcesRead.set(definition, { sources });
  return sources;
}

/** CREATE VIEW "a as b" (x) AS: what stands in front of the query. */
const HEAD = /^\s*create\s(?:[^"]|"[^"]*")*?\sas\s+/is;

/** Of a CREATE VIEW. Undefined where PostgreSQL's parser does not read it. */
function queryIn(definition: string): AstNode | undefined {
  const query = parseLoaded(definition.replace(HEAD, ""));
  const meant = withStoredCasts(query);
  return isNode(meant) ? meant : undefined;
}

const NOTHING = { oid: null, typmod: -1, holder: 0 } as const;

function identified({ type, origin }: SourceColumn): Pick<Found, "oid" | "typmod" | "holder"> {
  if (type === undefined) return NOTHING;
  if (type.name.startsWith(DOMAIN))
    return origin === undefined ? NOTHING : { ...NOTHING, oid: Number(type.name.slice(DOMAIN.length)) };
  const held = HOLDERS.get(type.name);
  if (held === undefined || (type.name === "numeric" && widthOf(type) === WIDEST)) return NOTHING;
  const prefix = type.isArray ? "_" : "";
  const [oid, holder] = [type.name, held].map((name) => typeOidNamed(`${prefix}${name}`));
  return oid === undefined || holder === undefined ? NOTHING : { oid, typmod: type.typmod, holder };
}

const widthOf = ({ typmod }: WrittenType): number => (typmod - 4) >> 16;
