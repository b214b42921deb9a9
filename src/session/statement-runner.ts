/**
 * Runs statements for simple and extended queries. What a statement does with a cursor that is one of the client's
 * portals is done here: to FETCH, MOVE and CLOSE both are the same. Everything else is the session's.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type {
  BoundParameter,
  CursorStatement,
  ParsedStatement,
  StatementDescription,
} from "../query/types.js";
import type { ClientContext } from "./client-context.js";
import { FetchedRows } from "./fetched-rows.js";
import type { CommandOutcome, FetchResult, Outcome, RowsOutcome } from "./outcome.js";
import { forwardStep, isOnRow } from "./portal-motion.js";
import { MAX_BUFFERED_BYTES, type Portal, type Portals } from "./portals.js";
import type { PreparedStatement } from "./prepared-statements.js";
import { announcedTypes, encodingFormats, requireAnnounced, resultFormats } from "./row-description.js";
import type { RowReader } from "./row-reader.js";
import { openRows } from "./send-result.js";
import { endsTransaction } from "./transaction-end.js";

type Fetch = Extract<CursorStatement, { readonly verb: "fetch" }>;

export class StatementRunner {
  readonly #context: ClientContext;
  readonly #portals: Portals;

  constructor(context: ClientContext, portals: Portals) {
    this.#context = context;
    this.#portals = portals;
  }

  async run(
    parsed: ParsedStatement,
    parameters: readonly BoundParameter[],
    declaredOids: readonly number[],
  ): Promise<Outcome> {
    const own = parsed.cursor && (await this.#runOwn(parsed.cursor));
    if (own !== undefined) return own;
    if (endsTransaction(parsed.text)) await this.#portals.closeAll();
    else if (this.#portals.anyUnread) await this.#portals.bufferUnread();
    const { interrupt, session } = this.#context;
    interrupt.beginStatement();
    const result = await session.execute(parsed, parameters, declaredOids);
    if ("isFinal" in result && result.isFinal) interrupt.settle();
    return result;
  }

  /** Starts a bound portal: it is open then if its statement has rows; otherwise it is done, and this its outcome. */
  async start(portal: Portal): Promise<CommandOutcome | undefined> {
    const { parsed, declaredOids } = portal.statement;
    if (parsed === undefined) return { kind: "empty" };
    this.#context.interrupt.throwIfRequested();
    this.#context.implicit.begin(false);
    portal.state = { kind: "active" };
    const result = await this.run(parsed, portal.parameters, declaredOids);
    if (result.kind === "rows" || result.kind === "fetched") {
      await this.#open(portal, result);
      return undefined;
    }
    portal.state = { kind: "done" };
    return result;
  }

  /** Like the statement's own, but a FETCH from one of the portals has that portal's columns. */
  async describe(
    statement: PreparedStatement,
    seen: ReadonlySet<PreparedStatement> = new Set(),
  ): Promise<StatementDescription> {
    const cursor = statement.parsed?.cursor;
    if (cursor?.verb === "fetch" && this.#portals.has(cursor.name)) {
      refuseFailedBlock(this.#context);
      const { state, statement: fetched } = this.#portals.get(cursor.name);
      // Portals that fetch from each other have no columns: they will not run.
      if (cursor.move || seen.has(fetched)) return { parameterOids: [], columns: null };
      if (state.kind === "open") return { parameterOids: [], columns: state.source.columns };
      const { columns } = await this.describe(fetched, new Set([...seen, statement, fetched]));
      return { parameterOids: [], columns };
    }
    if (this.#portals.anyUnread) await this.#portals.bufferUnread();
    return await statement.describe(this.#context);
  }

  /** A query's columns are fixed when it is parsed. Errors: 0A000 for others now, and whatever it cannot be described for. */
  async requireSame(statement: PreparedStatement): Promise<void> {
    const { definitions } = this.#context.session;
    if (statement.definitions === definitions) return;
    const { columns } = await this.describe(statement);
    if (statement.parsed?.isQuery === true) statement.announce(announcedTypes(columns));
    statement.definitions = definitions;
  }

  async #open(portal: Portal, result: RowsOutcome): Promise<void> {
    const types = announcedTypes(result.columns);
    try {
      const announced = portal.announced === undefined ? portal.statement.announced : portal.announced;
      requireAnnounced(announced, types);
      if (announced === undefined) portal.statement.announce(types);
      const asked = resultFormats(portal.resultFormats, result.columns.length);
      const source = openRows(this.#context, result, encodingFormats(asked, announced));
      portal.state = { kind: "open", source, tag: result.tag };
    } catch (error) {
      if (result.kind === "rows") await result.batches.return?.();
      throw error;
    }
  }

  /** Undefined for what is about no portal of ours. */
  async #runOwn(cursor: CursorStatement): Promise<Outcome | undefined> {
    if (cursor.name === undefined) {
      if (this.#context.session.status !== "E") await this.#portals.closeInactive();
      return undefined;
    }
    if (!this.#portals.has(cursor.name)) return undefined;
    refuseFailedBlock(this.#context);
    switch (cursor.verb) {
      case "declare":
        throw new SqlError(SQLSTATE.duplicateCursor, `cursor "${cursor.name}" already exists`);
      case "fetch":
        return await this.#fetch(cursor);
      case "close":
        if (this.#portals.get(cursor.name).state.kind === "active")
          throw new SqlError(SQLSTATE.invalidCursorState, `cannot drop active portal "${cursor.name}"`);
        await this.#portals.close(cursor.name);
        return { kind: "command", tag: "CLOSE CURSOR" };
      default:
        return cursor satisfies never;
    }
  }

  async #fetch({ name, motion, move }: Fetch): Promise<Outcome> {
    const portal = this.#portals.get(name);
    const source = await this.#sourceOf(portal, name);
    if (move && motion.kind === "relative" && motion.count === 0)
      return { kind: "command", tag: `MOVE ${isOnRow(source) ? 1 : 0}` };
    const { skip, take } = forwardStep(motion, source);
    await source.skip(skip);
    return move ? { kind: "command", tag: `MOVE ${await source.skip(take)}` } : fetchResult(source, take);
  }

  /** The rows of a portal, which is started if it was not yet. Errors: XX000, as PostgreSQL's, when it has none. */
  async #sourceOf(portal: Portal, name: string): Promise<RowReader> {
    if (portal.state.kind === "bound") {
      const { columns } = await this.describe(portal.statement);
      if (columns === null) throw new SqlError(SQLSTATE.internalError, "unsupported portal strategy");
      await this.start(portal);
    }
    if (portal.state.kind !== "open") throw notRunnable(name);
    await this.settle(portal, portal.state.source);
    return portal.state.source;
  }

  /** A FETCH has moved its cursor by all it was asked for, however much of that was read. */
  async settle(portal: Portal, source: RowReader): Promise<void> {
    if (portal.statement.parsed?.cursor !== undefined) await source.bufferRest(MAX_BUFFERED_BYTES);
  }
}

function fetchResult(source: RowReader, count: number): FetchResult {
  return {
    kind: "fetched",
    columns: source.columns,
    open: (formats) => new FetchedRows(source, count, formats),
    tag: (rows) => `FETCH ${rows}`,
  };
}

export function refuseFailedBlock({ session }: Pick<ClientContext, "session">): void {
  if (session.status !== "E") return;
  throw new SqlError(
    SQLSTATE.inFailedSqlTransaction,
    "current transaction is aborted, commands ignored until end of transaction block",
  );
}

export function notRunnable(name: string): SqlError {
  return new SqlError(SQLSTATE.objectNotInPrerequisiteState, `portal "${name}" cannot be run`);
}
