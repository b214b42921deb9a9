/** What a branch may take, and how long it may be left alone: the terms it is lent on. Kept as JSON in the registry. */
import { SQLSTATE, SqlError } from "../core/errors.js";

export interface Terms {
  /** It expires when no statement was run on it for so long. */
  readonly idleMs: number | null;
  /** Rows of its own, and their bytes: see budgets.ts. */
  readonly maxRows: number | null;
  readonly maxBytes: number | null;
  /** Time that statements may take on it in all. */
  readonly maxMs: number | null;
  /** The administrator who set the three last; null where it was the branch's owner: see limits.ts. */
  readonly limitsBy: string | null;
  /** It was made for one session, and ends with it. */
  readonly ofSession: boolean;
}

export const NO_TERMS: Terms = {
  idleMs: null,
  maxRows: null,
  maxBytes: null,
  maxMs: null,
  limitsBy: null,
  ofSession: false,
};

/** Null where nothing was agreed. */
export function termsText(terms: Terms): string | null {
  const said = Object.entries(terms).filter(([, value]) => value !== null && value !== false);
  return said.length === 0 ? null : JSON.stringify(Object.fromEntries(said));
}

export function readTerms(text: string | null): Terms {
  if (text === null) return NO_TERMS;
  const said: unknown = JSON.parse(text);
  if (typeof said !== "object" || said === null)
    throw new SqlError(SQLSTATE.internalError, `unknown terms ${text} in the registry`);
  const values = new Map(Object.entries(said));
  const number = (name: keyof Terms): number | null => {
    const value: unknown = values.get(name);
    return typeof value === "number" ? value : null;
  };
  return {
    idleMs: number("idleMs"),
    maxRows: number("maxRows"),
    maxBytes: number("maxBytes"),
    maxMs: number("maxMs"),
    limitsBy: typeof values.get("limitsBy") === "string" ? String(values.get("limitsBy")) : null,
    ofSession: values.get("ofSession") === true,
  };
}
