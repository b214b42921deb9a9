/**
 * Checks of domains, as a table's definition keeps them: each is a check of its column with the domain's name in it, where it
 * goes with the table through forks, preserved copies and other programs.
 *
 * Shape   CHECK ((v > 0) AND ('domain {"domain":"d","constraint":"d_check"}' IS NOT NULL)); NOT NULL has no constraint name
 *         Older files say length('domain …') > 0
 */
export interface DomainCheck {
  readonly domain: string;
  readonly constraint: string | null;
}

const LABEL = /\('domain (\{(?:[^']|'')*\})'(?:\)| IS NOT NULL)/;

/** The always true test that holds the names. */
export function domainTest(check: DomainCheck): string {
  return `'domain ${JSON.stringify(check).replaceAll("'", "''")}' IS NOT NULL`;
}

/** The names inside a CHECK's text, if it is a domain's. */
export function readDomainCheck(text: string): DomainCheck | undefined {
  const match = LABEL.exec(text);
  if (match === null) return undefined;
  const value: unknown = JSON.parse((match[1] ?? "").replaceAll("''", "'"));
  return isDomainCheck(value) ? value : undefined;
}

function isDomainCheck(value: unknown): value is DomainCheck {
  return typeof value === "object" && value !== null && "domain" in value && "constraint" in value;
}
