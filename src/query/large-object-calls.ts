/**
 * Runs statements that call a large object function: its arguments are a query of the session's, and so is the answer, which
 * then has types and formats like any other.
 */
import { largeObjectType } from "../core/large-object-functions.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationalStatement, SessionStatement } from "../sql/analysis.js";
import { withNumbers } from "../sql/large-object-calls.js";
import { quoteIdentifier } from "../sql/names.js";
import { classifyFailure } from "../engine/failure.js";
import { describeRelational } from "./describe-relational.js";
import { LargeObjectPages, parameterOf, refuseLarge } from "./large-object-pages.js";
import { callLargeObjects, LargeObjectDescriptors } from "./large-objects.js";
import { runRelational } from "./relational-runner.js";
import { requireRelation } from "./require-relation.js";
import type { SessionCore } from "./session-core.js";
import type { ExecuteInput } from "./start-statement.js";
import type { StatementDescription, StatementResult } from "./types.js";

type Call = Extract<SessionStatement, { readonly verb: "largeObject" }>;
type Insert = Extract<SessionStatement, { readonly verb: "insertLargeObjects" }>;
type Value = number | Uint8Array | null;

/** Rows one statement may call the function for. */
const MAX_CALLS = 10_000;
/** How often a statement that is alone in its transaction is run again after losing a race. */
const MAX_RACE_RETRIES = 20;

export class LargeObjectCalls {
  readonly #core: SessionCore;
  readonly #open = new LargeObjectDescriptors();
  /** The transaction the descriptors belong to. */
  #transaction = -1;

  constructor(core: SessionCore) {
    this.#core = core;
  }

  /** What a savepoint remembers: descriptors opened behind it go when it is gone back to. */
  mark(): () => void {
    this.#forgetOlder();
    return this.#open.mark();
  }

  async describe(call: Call, declaredOids: readonly number[]): Promise<StatementDescription> {
    const { parameterOids } = await describeRelational(this.#core, call.query, declaredOids);
    const { columns } = await describeRelational(this.#core, await this.#answer(call, []), []);
    return { parameterOids, columns };
  }

  /** Atomic: all calls of the statement happen, or none. */
  async run(call: Call, input: ExecuteInput, running: AbortController): Promise<StatementResult> {
    const values = await this.#atomically(running, async () => {
      this.#forgetOlder();
      const calls = await this.#rows(call.query, input, running);
      if (calls.length > MAX_CALLS)
        throw new SqlError(SQLSTATE.programLimitExceeded, `at most ${MAX_CALLS} large objects at once`);
      const results: Value[] = [];
      let bytes = 0;
      for (const given of calls) {
        const result = await this.#callOne(call.called.name, given, running);
        if (result instanceof Uint8Array) bytes += result.length;
        refuseLarge(bytes);
        results.push(result);
      }
      return results;
    });
    const bytes = values.filter((value) => value instanceof Uint8Array).map(parameterOf);
    const answer = {
      parameters: bytes.map(({ parameter }) => parameter),
      declaredOids: bytes.map(({ oid }) => oid),
    };
    return await runRelational(this.#core, await this.#answer(call, values), answer, running);
  }

  /** Atomic: the objects are there with the rows that name them. */
  async insert(statement: Insert, input: ExecuteInput, running: AbortController): Promise<StatementResult> {
    return await this.#atomically(running, async () => {
      const numbers: number[] = [];
      for (const _ of statement.places) numbers.push(Number(await this.#callOne("lo_creat", [0], running)));
      const text = withNumbers(statement.text, statement.places, (at) => numbers[at] ?? 0);
      return await runRelational(this.#core, await this.#read(text), input, running);
    });
  }

  async #callOne(name: string, given: readonly unknown[], running: AbortController): Promise<Value> {
    if (given.includes(null)) return null;
    return await callLargeObjects(this.#pages(running), this.#open, name, given);
  }

  #pages(running: AbortController): LargeObjectPages {
    return new LargeObjectPages({
      rows: async (text, values) => {
        const bound = values.map(parameterOf);
        const input = {
          parameters: bound.map(({ parameter }) => parameter),
          declaredOids: bound.map(({ oid }) => oid),
        };
        return await this.#rows(await this.#read(text), input, running);
      },
      hasTable: async (table) => await this.#hasTable(table, running.signal),
    });
  }

  /** A transaction of its own around a statement that is in none. */
  async #atomically<T>(running: AbortController, work: () => Promise<T>): Promise<T> {
    const { transactions } = this.#core;
    if (transactions.shared) return await work();
    for (let attempt = 0; ; attempt++) {
      transactions.beginImplicit();
      try {
        const result = await work();
        await transactions.endImplicit();
        return result;
      } catch (error) {
        await transactions.rollbackCurrent();
        await transactions.endImplicit();
        const failure = classifyFailure(error);
        const isRace = failure.code === SQLSTATE.serializationFailure;
        if (!isRace || attempt >= MAX_RACE_RETRIES || running.signal.aborted) throw failure;
      }
    }
  }

  #forgetOlder(): void {
    const { number } = this.#core.transactions;
    if (this.#transaction !== number) this.#open.clear();
    this.#transaction = number;
  }

  async #hasTable(table: readonly string[], signal: AbortSignal): Promise<boolean> {
    await this.#core.transactions.need(this.#core.head, signal);
    try {
      await requireRelation(this.#core, table);
      return true;
    } catch (error) {
      if (classifyFailure(error).code === SQLSTATE.undefinedTable) return false;
      throw error;
    }
  }

  async #rows(
    query: RelationalStatement,
    input: ExecuteInput,
    running: AbortController,
  ): Promise<readonly (readonly unknown[])[]> {
    const result = await runRelational(this.#core, query, input, running);
    const rows: (readonly unknown[])[] = [];
    if (result.kind !== "rows") return rows;
    for await (const batch of result.batches) if (batch.kind === "chunk") rows.push(...batch.chunk.getRows());
    return rows;
  }

  /** The query that gives these values as the function's results. */
  async #answer({ called, label }: Call, values: readonly Value[]): Promise<RelationalStatement> {
    const type = largeObjectType(called.resultOid);
    let bytes = 0;
    const texts = values.map((value) => (value instanceof Uint8Array ? `$${++bytes}` : String(value)));
    const rows = texts.length === 0 ? "(NULL)" : texts.map((text) => `(${text}::${type})`).join(", ");
    const none = texts.length === 0 ? " WHERE false" : "";
    return await this.#read(
      `SELECT v::${type} AS ${quoteIdentifier(label)} FROM (VALUES ${rows}) AS a(v)${none}`,
    );
  }

  async #read(text: string): Promise<RelationalStatement> {
    const [analysis] = await this.#core.services.analyse(text);
    if (analysis?.kind === "relational") return analysis;
    throw new Error(`a statement of the server's own was not read: ${text}`);
  }
}
