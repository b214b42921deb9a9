/** What the meaning of a statement's names depends on, as one value to compare. */
import type { SessionCore } from "./session-core.js";

/** Another value: other tables, types or columns may be meant. It may differ where nothing that matters does. */
export function definitionsKey({ definitions, types, head, settings }: SessionCore): string {
  return `${definitions} ${types.changes} ${head} ${settings.get("search_path")}`;
}
