/** Parse, Bind, Describe, Execute and Close. Errors are thrown; skipping to Sync is the loop's. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { OID } from "../pgtypes/oids.js";
import { requireValue } from "../pgtypes/parameters.js";
import type { BoundParameter, ResultColumn } from "../query/types.js";
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
  formatCode,
  requireFormatCount,
  type BindMessage,
  type FormatCode,
  type NamedObject,
  type ParseMessage,
} from "../wire/frontend-messages.js";
import { parameterToUtf8 } from "./charset-rows.js";
import type { ClientContext } from "./client-context.js";
import { NoRows } from "./fetched-rows.js";
import type { CommandOutcome } from "./outcome.js";
import type { Portal, Portals } from "./portals.js";
import { PreparedStatement, type PreparedStatements } from "./prepared-statements.js";
import {
  announcedTypes,
  describeColumns,
  expandFormats,
  requireAnnounced,
  resultFormats,
} from "./row-description.js";
import { openRows, runCopy, sendRows } from "./send-result.js";
import { ranAlone } from "./transaction-end.js";
import { notRunnable, refuseFailedBlock, type StatementRunner } from "./statement-runner.js";

/** A parameter with more bytes is not read twice. */
const MAX_CHECKED_BYTES = 65_536;

export class ExtendedQuery {
  readonly #context: ClientContext;
  readonly #statements: PreparedStatements;
  readonly #portals: Portals;
  readonly #runner: StatementRunner;

  constructor(
    context: ClientContext,
    statements: PreparedStatements,
    portals: Portals,
    runner: StatementRunner,
  ) {
    this.#context = context;
    this.#statements = statements;
    this.#portals = portals;
    this.#runner = runner;
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
    await this.#runner.requireSame(statement);
    this.#statements.requireRoom(message.name, message.text.length);
    this.#statements.set(message.name, statement);
    writeParseComplete(this.#context.output.writer);
  }

  async bind(message: BindMessage): Promise<void> {
    const statement = this.#statements.get(message.statement);
    requireFormatCount(message);
    if (!statement.isDescribed) await this.#runner.describe(statement);
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
    if (statement.parsed === undefined) refuseFailedBlock(this.#context);
    const isNamed = message.portal !== "";
    this.#portals.requireRoom(message.portal, this.#context.session.cursors, message.parameters);
    if (!isNamed && this.#portals.has("")) await this.#portals.close("");
    const formats = expandFormats(message.parameterFormats, given).map((code) =>
      formatName(formatCode(code)),
    );
    const parameters = this.#inUtf8(statement, message.parameters, formats);
    this.#checkValues(statement, parameters, formats);
    await this.#runner.requireSame(statement);
    if (message.resultFormats.length > 1) await this.#checkResultFormats(statement, message.resultFormats);
    this.#portals.set(message.portal, {
      statement,
      parameters: parameters.map((bytes, index) => ({
        format: formats[index] ?? "text",
        // A view would keep all that came with the message for as long as the portal lives.
        bytes: isNamed && bytes !== null ? Buffer.from(bytes) : bytes,
      })),
      resultFormats: message.resultFormats,
      announced: undefined,
      state: { kind: "bound" },
      createdAtMs: Date.now(),
    });
    writeBindComplete(this.#context.output.writer);
  }

  async describe(object: NamedObject, name: string): Promise<void> {
    const cursor =
      object === "portal" && !this.#portals.has(name) ? this.#context.session.cursors : undefined;
    if (cursor?.has(name)) {
      refuseFailedBlock(this.#context);
      return this.#writeColumns(cursor.columnsOf(name), []);
    }
    if (object === "statement") await this.#describeStatement(this.#statements.get(name));
    else await this.#describePortal(this.#portals.get(name));
  }

  async execute(name: string, maxRows: number): Promise<void> {
    if (!this.#portals.has(name) && this.#context.session.cursors.has(name))
      return this.#executeCursor(name, maxRows);
    const portal = this.#portals.get(name);
    if (portal.state.kind !== "bound") refuseFailedBlock(this.#context);
    switch (portal.state.kind) {
      case "bound":
        return this.#start(portal, maxRows);
      case "open":
        return this.#sendPortal(portal, portal.state, maxRows);
      case "active":
      case "done":
      case "failed":
        throw notRunnable(name);
    }
  }

  async close(object: NamedObject, name: string): Promise<void> {
    if (object === "statement") this.#statements.close(name);
    else if (!this.#portals.has(name) && this.#context.session.cursors.has(name))
      await this.#context.session.cursors.close(name);
    else await this.#portals.close(name);
    writeCloseComplete(this.#context.output.writer);
  }

  /** A cursor of SQL by its name, as text: what is left of it, or the next rows. */
  async #executeCursor(name: string, maxRows: number): Promise<void> {
    refuseFailedBlock(this.#context);
    await this.#portals.bufferUnread();
    const result = await this.#context.session.cursors.next(name, maxRows);
    const source = openRows(this.#context, result, expandFormats([], result.columns.length));
    const { rows, suspended } = await sendRows(this.#context, source, maxRows);
    await source.close();
    if (suspended) writePortalSuspended(this.#context.output.writer);
    else this.#complete(result.tag(rows));
  }

  #inUtf8(
    statement: PreparedStatement,
    values: readonly (Uint8Array | null)[],
    formats: readonly BoundParameter["format"][],
  ): readonly (Uint8Array | null)[] {
    const { charset } = this.#context;
    if (charset === undefined) return values;
    return values.map((bytes, index) => {
      const oid = statement.parameterOids[index] ?? OID.text;
      return bytes && parameterToUtf8(charset, bytes, oid, formats[index] ?? "text");
    });
  }

  /**
   * Values that are none of their parameter's type are refused when they come, not when the statement runs. Large ones are
   * read once only, when it runs.
   */
  #checkValues(
    statement: PreparedStatement,
    values: readonly (Uint8Array | null)[],
    formats: readonly BoundParameter["format"][],
  ): void {
    for (const [index, bytes] of values.entries()) {
      if (bytes === null || bytes.length > MAX_CHECKED_BYTES) continue;
      const oid = statement.parameterOids[index] ?? OID.text;
      if (oid === 0) throw new SqlError(SQLSTATE.internalError, "cache lookup failed for type 0");
      const parameter = { bytes, format: formats[index] ?? "text" };
      requireValue(parameter, oid, this.#context.encoding.timeZone, index + 1);
    }
  }

  async #checkResultFormats(statement: PreparedStatement, formats: readonly number[]): Promise<void> {
    const { columns } = await this.#runner.describe(statement);
    // Of a result that is no longer what the client was told, the number of columns is not its fault.
    if (statement.announced !== null) requireAnnounced(statement.announced, announcedTypes(columns));
    if (columns !== null) resultFormats(formats, columns.length);
  }

  async #describeStatement(statement: PreparedStatement): Promise<void> {
    const { parameterOids, columns } = await this.#runner.describe(statement);
    statement.announce(announcedTypes(columns));
    writeParameterDescription(this.#context.output.writer, parameterOids);
    this.#writeColumns(columns, columns === null ? [] : expandFormats([], columns.length));
  }

  async #describePortal(portal: Portal): Promise<void> {
    const { columns } = await this.#runner.describe(portal.statement);
    const types = announcedTypes(columns);
    portal.statement.announce(types);
    this.#writeColumns(columns, columns === null ? [] : resultFormats(portal.resultFormats, columns.length));
    portal.announced = types;
  }

  #writeColumns(columns: readonly ResultColumn[] | null, formats: readonly number[]): void {
    const { writer } = this.#context.output;
    if (columns === null) writeNoData(writer);
    else writeRowDescription(writer, describeColumns(columns, formats));
  }

  async #start(portal: Portal, maxRows: number): Promise<void> {
    if (portal.statement.parsed === undefined) return writeEmptyQueryResponse(this.#context.output.writer);
    const wasInBlock = this.#inBlock();
    this.#context.forgetDescriptions();
    const result = await this.#runner.start(portal);
    if (portal.state.kind === "open") await this.#sendPortal(portal, portal.state, maxRows);
    else if (result !== undefined) await this.#sendCommand(result);
    // COMMIT or ROLLBACK, by whatever text: no portal outlives its transaction.
    if ((wasInBlock && !this.#inBlock()) || ranAlone(portal.statement.parsed.text))
      await this.#portals.closeAll();
  }

  #inBlock(): boolean {
    return this.#context.session.status !== "I";
  }

  async #sendCommand(result: CommandOutcome): Promise<void> {
    switch (result.kind) {
      case "command":
        return this.#complete(result.tag);
      case "copyIn":
      case "copyOut":
        return this.#complete(await runCopy(this.#context, result));
      case "empty":
        return writeEmptyQueryResponse(this.#context.output.writer);
    }
  }

  async #sendPortal(
    portal: Portal,
    open: Extract<Portal["state"], { readonly kind: "open" }>,
    maxRows: number,
  ): Promise<void> {
    const { columns } = open.source;
    const unknown = resultFormats(portal.resultFormats, columns.length).find(
      (code) => code !== 0 && code !== 1,
    );
    if (unknown !== undefined && (await open.source.read(1, false)) !== undefined) formatCode(unknown);
    const { rows, suspended } = await sendRows(this.#context, open.source, maxRows);
    if (suspended) {
      await this.#runner.settle(portal, open.source);
      this.#context.writeNotices();
      return writePortalSuspended(this.#context.output.writer);
    }
    const { tag, source } = open;
    portal.state = { kind: "open", source: new NoRows(source), tag };
    this.#complete(tag(rows));
  }

  #complete(tag: string): void {
    this.#context.writeNotices();
    writeCommandComplete(this.#context.output.writer, tag);
  }
}

function formatName(code: FormatCode): "text" | "binary" {
  return code === 1 ? "binary" : "text";
}
