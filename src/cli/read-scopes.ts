/** Scopes as they are written on the command line. */
import { OperatorError } from "../core/operator-error.js";
import { isScope, type Scope, SCOPES } from "../core/scopes.js";

/** `data:read,data:write`. Errors: OperatorError for a word that is no scope */
export function readScopes(text: string): readonly Scope[] {
  const words = text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const scopes = words.filter(isScope);
  const unknown = words.find((word) => !isScope(word));
  if (unknown !== undefined)
    throw new OperatorError(`there is no scope "${unknown}": there are ${SCOPES.join(", ")}`);
  return SCOPES.filter((scope) => scopes.includes(scope));
}
