/** What planning a statement needs, and what it gives. */
import type { NameScope } from "./relation-names.js";
import type { ResolveServices } from "./resolve.js";

/** SQL ready for DuckDB, and what to record once it has run. */
export interface PlannedStatement {
  readonly sql: string;
  readonly afterwards: (() => void) | undefined;
}

/** Names a temporary table makes or drops are the session's business. */
interface TemporaryTables {
  add(name: string): void;
  delete(name: string): void;
}

export interface PlanContext {
  readonly services: ResolveServices;
  readonly scope: NameScope;
  readonly temporary: TemporaryTables;
}
