/** Which columns the names of a query mean. */
import {
  Unprintable,
  type Column,
  type Label,
  type Expression,
  type OutputColumn,
  type Query,
} from "./tree.js";
import type { AstNode } from "../../sql/ast.js";
import { clientSchema, foldIdentifier } from "../../sql/names.js";

/** A relation of the catalogue. */
export interface KnownRelation {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly OutputColumn[];
}

export interface Catalog {
  readonly relations: readonly KnownRelation[];
  /** Where a name is shown alone. */
  readonly searchPath: readonly string[];
  /** Where a name that stands alone is found. */
  readonly lookupPath: readonly string[];
  /** Functions of users: `schema.name`. */
  readonly functions: readonly string[];
}

/** What FROM makes known under a name. */
export interface Range {
  readonly alias: Label;
  readonly columns: readonly OutputColumn[];
  /** Columns that a JOIN … USING shows once. */
  readonly merged: boolean;
  /** What each of those is printed as; without a table where it is neither side's. */
  readonly printed?: readonly Column[];
}

/** What reads parts of a tree; handed on, for expressions hold queries and queries expressions. */
export interface Reading {
  readonly catalog: Catalog;
  /** A text of PostgreSQL's own, in which nothing is left to be found out. */
  readonly verbatim: boolean;
  /** Names of types around the text, as they are shown. */
  readonly types: ReadonlySet<string>;
  readonly expression: (scope: Scope, wrapped: unknown) => Expression;
  readonly query: (scope: Scope, node: AstNode) => Query;
}

const NO_LABEL: Label = { text: "" };

export class Scope {
  readonly reading: Reading;
  readonly outer: Scope | undefined;
  readonly ranges: Range[] = [];
  readonly tables = new Map<string, Query["columns"]>();

  constructor(reading: Reading, outer?: Scope) {
    this.reading = reading;
    this.outer = outer;
  }

  get verbatim(): boolean {
    return this.reading.verbatim;
  }

  get #catalog(): Catalog {
    return this.reading.catalog;
  }

  /** A type of the user's as it is shown, and not as DuckDB calls it. */
  shownType(type: string): string {
    const own = /^(?:main|public)\.(.*)$/.exec(type)?.[1];
    if (own === undefined || this.verbatim) return type;
    return this.reading.types.has(`public.${own}`) ? `public.${own}` : own;
  }

  /** A wrapped node. */
  read(wrapped: unknown): Expression {
    return this.reading.expression(this, wrapped);
  }

  readAll(nodes: readonly AstNode[]): Expression[] {
    return nodes.map((node) => this.read(node));
  }

  /** A query inside of this one. */
  query(node: AstNode): Query {
    return this.reading.query(new Scope(this.reading, this), node);
  }

  /** A common table's columns. */
  table(name: string): Query["columns"] | undefined {
    return this.tables.get(name) ?? this.outer?.table(name);
  }

  relation(parts: readonly string[]): KnownRelation {
    const name = foldIdentifier(parts.at(-1) ?? "");
    const schema = parts.length > 1 ? foldIdentifier(parts.at(-2) ?? "") : undefined;
    const wanted = schema === undefined ? undefined : clientSchema(schema);
    const named = this.#catalog.relations.filter((one) => foldIdentifier(one.name) === name);
    const paths = wanted === undefined ? this.#catalog.lookupPath : [wanted];
    for (const path of paths) {
      const found = named.find((one) => foldIdentifier(one.schema) === foldIdentifier(path));
      if (found !== undefined) return found;
    }
    throw new Unprintable(`no relation ${parts.join(".")}`);
  }

  isVisible({ schema, name }: KnownRelation): boolean {
    const first = this.#catalog.searchPath.find((path) =>
      this.#catalog.relations.some((one) => one.schema === path && one.name === name),
    );
    return first === schema;
  }

  /** A function's name as it is shown: a user's with its schema where the path does not lead there. */
  functionName(name: string): string {
    const { functions, searchPath, lookupPath } = this.#catalog;
    const schema = lookupPath.find((path) => functions.includes(`${path}.${name}`));
    return schema === undefined || searchPath.includes(schema) ? name : `${schema}.${name}`;
  }

  column(parts: readonly string[]): Column {
    if (this.verbatim)
      return {
        kind: "column",
        table: { text: parts.at(-2) ?? "" },
        name: parts.at(-1) ?? "",
        type: "unknown",
      };
    const found = this.find(parts);
    if (found === undefined) throw new Unprintable(`no column ${parts.join(".")}`);
    return found;
  }

  find(parts: readonly string[]): Column | undefined {
    const name = foldIdentifier(parts.at(-1) ?? "");
    const table = parts.length > 1 ? foldIdentifier(parts.at(-2) ?? "") : undefined;
    for (const range of this.ranges.toSorted((a, b) => Number(b.merged) - Number(a.merged))) {
      if (table !== undefined && (range.merged || foldIdentifier(range.alias.text) !== table)) continue;
      const own = range.printed?.find((one) => foldIdentifier(one.name) === name);
      if (own !== undefined) return own;
      const column = range.columns.find((one) => foldIdentifier(one.name) === name);
      if (column !== undefined)
        return {
          kind: "column",
          table: range.merged ? NO_LABEL : range.alias,
          name: column.name,
          type: column.type,
          ...(column.domain && { domain: true }),
        };
    }
    return this.outer?.find(parts);
  }

  /** What `*` or `t.*` stands for. */
  all(alias: string | undefined): readonly Column[] {
    const ranges = this.ranges.filter(
      (range) => alias === undefined || foldIdentifier(range.alias.text) === foldIdentifier(alias),
    );
    if (ranges.length === 0) throw new Unprintable("*");
    if (alias === undefined && this.ranges.some(({ merged }) => merged)) return this.#allMerged();
    return ranges.flatMap((range) =>
      range.columns.map((column): Column => ({ kind: "column", table: range.alias, ...column })),
    );
  }

  /** Columns that joins merge stand in front, those of the outermost join first. */
  #allMerged(): readonly Column[] {
    const merged = this.ranges.filter((range) => range.merged).toReversed();
    const names = new Set<string>();
    const first = merged.flatMap((range) =>
      (range.printed ?? []).filter(({ name }) => !names.has(name) && names.add(name)),
    );
    const rest = this.ranges
      .filter((range) => !range.merged)
      .flatMap(({ alias, columns }) =>
        columns.flatMap((column): Column[] =>
          names.has(column.name) ? [] : [{ kind: "column", table: alias, ...column }],
        ),
      );
    return [...first, ...rest];
  }
}
