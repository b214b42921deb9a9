/** What all sessions of a server share. */
import type { BranchContext } from "../branch/branch-context.js";
import type { LiveSessions } from "./live-sessions.js";
import type { TypeDirectory } from "./session-types.js";
import type { SharedCopies } from "../catalog/shared-copies.js";
import type { StatementAnalysis } from "../sql/analysis.js";
import type { StatementObserver } from "./statement-observer.js";

export interface SessionServices {
  readonly context: BranchContext;
  readonly live: LiveSessions;
  readonly types: TypeDirectory;
  readonly copies: SharedCopies;
  readonly analyse: (text: string) => Promise<readonly StatementAnalysis[]>;
  readonly observer?: StatementObserver | undefined;
}
