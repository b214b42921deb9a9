/** A type of a branch: a name, and what DuckDB prints of it. */
import { tokenise } from "../sql/lexer.js";
import { DOMAIN_MARK } from "./domain-mark.js";
import { hashedOid, shownTypeName } from "./names.js";

export interface NamedDefinition {
  /** DuckDB's spelling: `main` for public. */
  readonly schema: string;
  readonly name: string;
  readonly definition: string | null;
}

/** What every kind of type is known by. */
export function typeNames({ schema, name }: NamedDefinition): {
  readonly schema: string;
  readonly typeName: string;
  readonly name: string;
  readonly oid: number;
  readonly arrayOid: number;
} {
  const [oid, arrayOid] = [hashedOid("e", schema, name), hashedOid("a", schema, name)];
  return { schema, typeName: name, name: shownTypeName(schema, name), oid, arrayOid };
}

/** Labels of an ENUM; undefined for another type. */
export function labelsOf({ definition }: NamedDefinition): readonly string[] | undefined {
  if (!/^enum\b/i.test(definition ?? "")) return undefined;
  return tokenise(definition ?? "").flatMap(({ kind, value }) => (kind === "string" ? [value] : []));
}

/** The label that is a domain's definition. */
export function domainLabelOf(type: NamedDefinition): string | undefined {
  const [label] = labelsOf(type) ?? [];
  return label?.startsWith(DOMAIN_MARK) === true ? label : undefined;
}
