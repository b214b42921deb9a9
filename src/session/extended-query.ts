/** Parse, Bind, Describe, Execute and Close. Errors are thrown; skipping to Sync is the loop's. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { ResultColumn, StatementDescription, StatementResult } from "../query/types.js";
import {
  writeBindComplete,
  writeCloseComplete,
  writeCommandComplete,
  writeEmptyQueryResponse,
  writeNoData,
  writeParameterDescription,
  writeParseComplete,
  writePortalSuspended,
  writeRowDescription,
} from "../wire/backend-messages.js";
import {
  formatError,
  isFormatCode,
  type BindMessage,
  type FormatCode,
  type NamedObject,
  type ParseMessage,
} from "../wire/frontend-messages.js";
import type { ClientContext } from "./client-context.js";
import type { Portal, Portals } from "./portals.js";
import { PreparedStatement, type PreparedStatements } from "./prepared-statements.js";
import {
  announcedTypes,
  describeColumns,
  encodingFormats,
  expandFormats,
  requireAnnounced,
  resultFormats,
} from "./row-description.js";
import { openRows, runCopy, sendRows } from "./send-result.js";
import { endsTransaction } from "./transaction-end.js";

export class ExtendedQuery {
  readonly #context: ClientContext;
  readonly #statements: PreparedStatements;
  readonly #portals: Portals;

  constructor(context: ClientContext, statements: PreparedStatements, portals: Portals) {
    this.#context = context;
    this.#statements = statements;
    this.#portals = portals;
  }

  async parse(message: ParseMessage): Promise<void> {
    // The unnamed statement is gone even if its successor is wrong.
    if (message.name === "") this.#statements.close("");
    const parsed = (await this.#context.session.parse(message.text)).filter((statement) => !statement.empty);
    if (parsed.length > 1) {
      throw new SqlError(SQLSTATE.syntaxError, "cannot insert multiple commands into a prepared statement");
    }
    const statement = new PreparedStatement(parsed[0], message.parameterOids);
    // What is wrong with it is said now, and nothing is kept: pipelining drivers count on either.
    await this.#describeNow(statement);
    this.#statements.requireRoom(message.name, message.text.length);
    this.#statements.set(message.name, statement);
    writeParseComplete(this.#context.output.writer);
  }

  async bind(message: BindMessage): Promise<void> {
    const statement = this.#statements.get(message.statement);
    const wrongFormat = formatError(message);
    if (wrongFormat?.code === SQLSTATE.protocolViolation) throw wrongFormat;
    if (!statement.isDescribed) await this.#describeNow(statement);
    const expected = statement.parameterOids.length;
    const given = message.parameters.length;
    if (given !== expected) {
      throw new SqlError(
        SQLSTATE.protocolViolation,
        `bind message supplies ${given} parameters, but prepared statement "${message.statement}" requires ${expected}`,
      );
    }
    // A failed block says so here, for all but what ends it.
    if (this.#context.session.status === "E") await statement.describe(this.#context);
    if (statement.parsed === undefined) this.#refuseFailedBlock();
    const isNamed = message.portal !== "";
    this.#portals.requireRoom(message.portal, this.#context.session.cursors, message.parameters);
    if (!isNamed && this.#portals.has("")) await this.#portals.close("");
    if (wrongFormat !== undefined) throw wrongFormat;
    const wanted = message.resultFormats.filter(isFormatCode);
    if (wanted.length > 1) await this.#checkResultFormats(statement, wanted);
    const formats = expandFormats(message.parameterFormats.filter(isFormatCode), given);
    this.#portals.set(message.portal, {
      statement,
      parameters: message.parameters.map((bytes, index) => ({
        format: formatName(formats[index] ?? 0),
        // A view would keep all that came with the message for as long as the portal lives.
        bytes: isNamed && bytes !== null ? Buffer.from(bytes) : bytes,
      })),
      resultFormats: wanted,
      announced: undefined,
      state: { kind: "bound" },
    });
    writeBindComplete(this.#context.output.writer);
  }

  async describe(object: NamedObject, name: string): Promise<void> {
    const cursor =
      object === "portal" && !this.#portals.has(name) ? this.#context.session.cursors : undefined;
    if (cursor?.has(name)) {
      this.#refuseFailedBlock();
      return this.#writeColumns(cursor.columnsOf(name), []);
    }
    if (object === "statement") await this.#describeStatement(this.#statements.get(name));
    else await this.#describePortal(this.#portals.get(name));
  }

  async execute(name: string, maxRows: number): Promise<void> {
    if (!this.#portals.has(name) && this.#context.session.cursors.has(name))
      return this.#executeCursor(name, maxRows);
    const portal = this.#portals.get(name);
    switch (portal.state.kind) {
      case "bound":
        return this.#start(portal, maxRows);
      case "open":
        return this.#sendPortal(portal, portal.state, maxRows);
      case "exhausted":
        return this.#complete(portal.state.tag(0));
      case "done":
        throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, `portal "${name}" cannot be run`);
      case "failed":
        throw failedBlock();
    }
  }

  async close(object: NamedObject, name: string): Promise<void> {
    if (object === "statement") this.#statements.close(name);
    else if (!this.#portals.has(name) && this.#context.session.cursors.has(name))
      await this.#context.session.cursors.close(name);
    else await this.#portals.close(name);
    writeCloseComplete(this.#context.output.writer);
  }

  #refuseFailedBlock(): void {
    if (this.#context.session.status === "E") throw failedBlock();
  }

  /** A cursor of SQL by its name, as text: what is left of it, or the next rows. */
  async #executeCursor(name: string, maxRows: number): Promise<void> {
    this.#refuseFailedBlock();
    await this.#portals.bufferUnread();
    const result = await this.#context.session.cursors.next(name, maxRows);
    const source = openRows(this.#context, result, expandFormats([], result.columns.length));
    const { rows, suspended } = await sendRows(this.#context, source, maxRows);
    await source.close();
    if (suspended) writePortalSuspended(this.#context.output.writer);
    else this.#complete(result.tag(rows));
  }

  async #describeNow(statement: PreparedStatement): Promise<StatementDescription> {
    if (this.#portals.anyUnread) await this.#portals.bufferUnread();
    return await statement.describe(this.#context);
  }

  async #checkResultFormats(statement: PreparedStatement, formats: readonly FormatCode[]): Promise<void> {
    const { columns } = await this.#describeNow(statement);
    if (columns !== null) resultFormats(formats, columns.length);
  }

  async #describeStatement(statement: PreparedStatement): Promise<void> {
    const { parameterOids, columns } = await this.#describeNow(statement);
    statement.announce(announcedTypes(columns));
    writeParameterDescription(this.#context.output.writer, parameterOids);
    this.#writeColumns(columns, columns === null ? [] : expandFormats([], columns.length));
  }

  async #describePortal(portal: Portal): Promise<void> {
    const { columns } = await this.#describeNow(portal.statement);
    const types = announcedTypes(columns);
    portal.statement.announce(types);
    this.#writeColumns(columns, columns === null ? [] : resultFormats(portal.resultFormats, columns.length));
    portal.announced = types;
  }

  #writeColumns(columns: readonly ResultColumn[] | null, formats: readonly FormatCode[]): void {
    const { writer } = this.#context.output;
    if (columns === null) writeNoData(writer);
    else writeRowDescription(writer, describeColumns(columns, formats));
  }

  async #start(portal: Portal, maxRows: number): Promise<void> {
    const { parsed, declaredOids } = portal.statement;
    const { session, implicit, interrupt, output } = this.#context;
    if (parsed === undefined) return writeEmptyQueryResponse(output.writer);
    if (endsTransaction(parsed.text)) await this.#portals.closeAll();
    else if (this.#portals.anyUnread) await this.#portals.bufferUnread();
    interrupt.throwIfRequested();
    implicit.begin(false);
    const wasInBlock = this.#inBlock();
    this.#context.forgetDescriptions();
    const result = await session.execute(parsed, portal.parameters, declaredOids);
    await this.#sendResult(portal, result, maxRows);
    // COMMIT or ROLLBACK, by whatever text: no portal outlives its transaction.
    if (wasInBlock && !this.#inBlock()) await this.#portals.closeAll();
  }

  #inBlock(): boolean {
    return this.#context.session.status !== "I";
  }

  async #sendResult(portal: Portal, result: StatementResult, maxRows: number): Promise<void> {
    switch (result.kind) {
      case "rows":
        return this.#openPortal(portal, result, maxRows);
      case "command":
        portal.state = { kind: "done" };
        return this.#complete(result.tag);
      case "copyIn":
      case "copyOut":
        portal.state = { kind: "done" };
        return this.#complete(await runCopy(this.#context, result));
      case "empty":
        return writeEmptyQueryResponse(this.#context.output.writer);
    }
  }

  async #openPortal(
    portal: Portal,
    result: Extract<StatementResult, { readonly kind: "rows" }>,
    maxRows: number,
  ): Promise<void> {
    const types = announcedTypes(result.columns);
    let open;
    try {
      const announced = portal.announced === undefined ? portal.statement.announced : portal.announced;
      requireAnnounced(announced, types);
      if (announced === undefined) portal.statement.announce(types);
      const asked = resultFormats(portal.resultFormats, result.columns.length);
      const formats = encodingFormats(asked, announced);
      open = { kind: "open", source: openRows(this.#context, result, formats), tag: result.tag } as const;
    } catch (error) {
      await result.batches.return?.();
      throw error;
    }
    portal.state = open;
    await this.#sendPortal(portal, open, maxRows);
  }

  async #sendPortal(
    portal: Portal,
    open: Extract<Portal["state"], { readonly kind: "open" }>,
    maxRows: number,
  ): Promise<void> {
    const { rows, suspended } = await sendRows(this.#context, open.source, maxRows);
    if (suspended) {
      this.#context.writeNotices();
      return writePortalSuspended(this.#context.output.writer);
    }
    portal.state = { kind: "exhausted", tag: open.tag };
    this.#complete(open.tag(rows));
  }

  #complete(tag: string): void {
    this.#context.writeNotices();
    writeCommandComplete(this.#context.output.writer, tag);
  }
}

function formatName(code: FormatCode): "text" | "binary" {
  return code === 1 ? "binary" : "text";
}

function failedBlock(): SqlError {
  return new SqlError(
    SQLSTATE.inFailedSqlTransaction,
    "current transaction is aborted, commands ignored until end of transaction block",
  );
}
