/**
 * What a name may mean at one place of a query: common table expressions and the relations of FROM, with those of the
 * queries around it. Compares as DuckDB does, without case.
 */
import { normaliseName } from "./names.js";

interface VisibleRelation {
  readonly name: string;
  /** The table's own parts when it is a table under its own name; undefined for aliases, sub-queries and functions. */
  readonly tableParts: readonly string[] | undefined;
}

export class Scope {
  private readonly parent: Scope | undefined;
  private readonly ctes = new Set<string>();
  private readonly relations: VisibleRelation[] = [];

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  addCte(name: string): void {
    this.ctes.add(normaliseName(name));
  }

  hasCte(name: string): boolean {
    return this.ctes.has(normaliseName(name)) || (this.parent?.hasCte(name) ?? false);
  }

  /** An alias, a sub-query or a function: it hides tables of its name. */
  addAlias(name: string): void {
    this.relations.push({ name: normaliseName(name), tableParts: undefined });
  }

  /** A table without an alias: seen under its last part, and under its longer names. */
  addTable(parts: readonly string[]): void {
    const tableParts = parts.map(normaliseName);
    this.relations.push({ name: tableParts.at(-1) ?? "", tableParts });
  }

  /**
   * How many leading parts of a column reference name an unaliased table: 2 for `public.orders.id`, 1 for `orders.id`,
   * 0 when they name an alias, a CTE, or nothing known (`column.field`). `parts` is without the column.
   */
  qualifierLength(parts: readonly string[]): number {
    const wanted = parts.map(normaliseName);
    return this.ownQualifierLength(wanted) ?? this.parent?.qualifierLength(parts) ?? 0;
  }

  private ownQualifierLength(wanted: readonly string[]): number | undefined {
    for (const { tableParts } of this.relations) {
      if (tableParts === undefined) continue;
      const length = [3, 2].find(
        (count) => wanted.length >= count && namesTable(wanted.slice(0, count), tableParts),
      );
      if (length !== undefined) return length;
    }
    const seen = this.relations.filter((relation) => relation.name === wanted[0]);
    if (seen.length === 0) return undefined;
    return seen.some((relation) => relation.tableParts !== undefined) ? 1 : 0;
  }
}

/** `public.orders` may mean a table that FROM calls `orders` or `db.public.orders`, not one it calls `x.orders`. */
function namesTable(wanted: readonly string[], tableParts: readonly string[]): boolean {
  const shared = Math.min(wanted.length, tableParts.length);
  for (let back = 1; back <= shared; back += 1) if (wanted.at(-back) !== tableParts.at(-back)) return false;
  return true;
}
