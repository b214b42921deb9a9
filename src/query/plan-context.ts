/** What planning a statement needs, and what it gives. */
import type { EngineValue } from "../engine/types.js";
import type { RelationalStatement } from "../sql/analysis.js";
import type { ReturnedOrder } from "./returned-order.js";
import type { QuerySources, WrittenType } from "../sql/result-sources.js";
import type { OnCommit } from "../sql/table-forms.js";
import type { NameScope } from "./relation-names.js";
import type { ResolveServices } from "./resolve.js";
import type { Notice } from "./types.js";

/** SQL ready for DuckDB, and what to record once it has run. */
export interface PlannedStatement {
  readonly sql: string;
  readonly afterwards: (() => void) | undefined;
  /** ADD COLUMN IF NOT EXISTS found this column: what follows for it is left out. */
  readonly skipped?: string;
  /** IF EXISTS found nothing: no part of the statement is left to do. */
  readonly finished?: true;
  /** Runs when the statement has changed its rows, before anything is committed or answered. */
  readonly check?: ((changed: number) => Promise<void>) | undefined;
  /** Runs behind `check`: what its rows have to keep to, or what follows from them, in other tables. */
  readonly guard?: (() => Promise<void>) | undefined;
  /** How many rows the statement changes, where its SQL changes fewer. */
  readonly changed?: number;
  /** The SQL may leave out some of the statement's parameters. */
  readonly usesSomeParameters?: boolean;
  /** How the rows it returns are put in order. */
  readonly order?: ReturnedOrder | undefined;
  /** Answered with this tag instead of the statement's. */
  readonly tag?: string;
}

/** Names a temporary table makes or drops are the session's business. */
interface TemporaryNames {
  add(name: string, onCommit?: OnCommit): void;
  delete(name: string): void;
}

/** Runs SQL with those of the client's parameters that it names. */
export interface BoundRun {
  /** Gives the number of rows changed. */
  change(sql: string): Promise<number>;
  /** Gives the first row's values. */
  firstRow(sql: string): Promise<readonly EngineValue[]>;
}

/** Plans a statement of the server's own. */
export type NestedPlanner = (
  context: PlanContext,
  statement: RelationalStatement,
) => Promise<readonly PlannedStatement[]>;

export interface PlanContext {
  readonly services: ResolveServices;
  readonly scope: NameScope;
  readonly temporary: TemporaryNames;
  readonly user: string;
  /** PostgreSQL's types of a query's columns, as far as they are known; undefined where not even their number is. */
  readonly writtenTypes: (query: QuerySources) => Promise<readonly (WrittenType | undefined)[] | undefined>;
  /** Undefined where there are no parameters to be had. */
  readonly runBound?: BoundRun;
  /** Set while a statement is planned: what has to follow from it is planned in the same transaction. */
  readonly plan?: NestedPlanner;
  readonly notice: (severity: Notice["severity"], code: Notice["code"], message: string) => void;
}

/** Nothing to do: the statement is answered with its tag alone. */
export const NOTHING_TO_RUN: PlannedStatement = { sql: "SELECT 1 WHERE false", afterwards: undefined };

/** A statement that changes nothing but DuckDB's state. */
export function step(sql: string): PlannedStatement {
  return { sql, afterwards: undefined };
}
