/** Statements that are never run, whatever they say behind their first words. */
import { notSupported, type SqlError } from "../core/errors.js";
import { isWord, type TokenReader } from "./token-reader.js";

interface Refusal {
  readonly words: readonly string[];
  readonly message: string;
  readonly hint?: string;
}

const NO_FILES = "other database files, extensions and secrets are not available to clients";
const NO_ROLES = "roles and privileges are not supported";

/** By their first words; longer beginnings stand before shorter ones. */
const REFUSALS: readonly Refusal[] = [
  { words: ["attach"], message: NO_FILES },
  { words: ["detach"], message: NO_FILES },
  { words: ["install"], message: NO_FILES },
  { words: ["force", "install"], message: NO_FILES },
  { words: ["load"], message: NO_FILES },
  { words: ["update", "extensions"], message: NO_FILES },
  { words: ["export", "database"], message: NO_FILES },
  { words: ["import", "database"], message: NO_FILES },
  { words: ["copy", "from", "database"], message: NO_FILES },
  { words: ["force", "checkpoint"], message: "FORCE CHECKPOINT is not supported" },
  { words: ["pragma"], message: "PRAGMA is not supported" },
  { words: ["call"], message: "CALL is not supported" },
  { words: ["grant"], message: NO_ROLES },
  { words: ["revoke"], message: NO_ROLES },
  { words: ["reassign"], message: NO_ROLES },
  { words: ["use"], message: "USE is not supported", hint: "To change to a branch write USE BRANCH name." },
];

const ROLE_KINDS = ["role", "user", "group"];
const STORAGE_KINDS = ["database", "tablespace"];
const CREATE_MODIFIERS = ["or", "replace", "temporary", "temp", "persistent", "if", "not", "exists"];

/** The error for a statement that is refused by its first words; undefined when it may be read further. */
export function refusalOf(tokens: TokenReader): SqlError | undefined {
  const refusal = REFUSALS.find(({ words }) => tokens.isAt(...words));
  if (refusal !== undefined) return notSupported(refusal.message, refusal.hint);
  const verb = tokens.peek();
  if (verb?.kind !== "word" || !["create", "alter", "drop"].includes(verb.value)) return undefined;
  let ahead = 1;
  while (CREATE_MODIFIERS.some((word) => isWord(tokens.peek(ahead), word))) ahead += 1;
  const kind = tokens.peek(ahead);
  if (kind?.kind !== "word") return undefined;
  if (ROLE_KINDS.includes(kind.value)) return notSupported(NO_ROLES);
  if (kind.value === "secret") return notSupported(NO_FILES);
  return STORAGE_KINDS.includes(kind.value)
    ? notSupported("databases are not created or dropped by clients")
    : undefined;
}
