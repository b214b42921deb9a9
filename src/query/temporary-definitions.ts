/**
 * What temporary views and macros of a session read, as it was when they were made: to use one is to read that, by whoever the session's
 * user may be by then. DuckDB keeps no more of them than a text in which all names are resolved.
 */
import type { RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import type { NameScope } from "./relation-names.js";

export interface TemporaryDefinition {
  /** Where its names were looked up. */
  readonly scope: Pick<NameScope, "head" | "searchPath">;
  readonly statement: RelationalStatement;
}

export class TemporaryDefinitions {
  readonly #byName = new Map<string, TemporaryDefinition[]>();

  /** Nothing for statements that make no such thing. One that fails then is remembered all the same. */
  remember({ head, searchPath }: NameScope, statement: RelationalStatement): void {
    const { verb, temporary, names } = statement;
    if (!temporary || (verb !== "createView" && verb !== "createMacro")) return;
    const made = names.find(({ role }) => role === "create");
    const name = normaliseName(made?.parts.at(-1) ?? "");
    const known = this.#byName.get(name) ?? [];
    // Made again and again it is not to take more and more.
    const isKnown = known.some(
      (other) =>
        other.statement === statement &&
        other.scope.head === head &&
        JSON.stringify(other.scope.searchPath) === JSON.stringify(searchPath),
    );
    if (isKnown) return;
    this.#byName.set(name, [...known, { scope: { head, searchPath }, statement }]);
  }

  /** Those that a name may stand for; none can be given another name. */
  named(name: string): readonly TemporaryDefinition[] {
    return this.#byName.get(normaliseName(name)) ?? [];
  }
}
