/** SQL's PREPARE, EXECUTE and DEALLOCATE. Their names are those of the protocol's prepared statements, too. */
import { typeNameOf } from "../catalog/type-names.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { describeType, OID } from "../pgtypes/oids.js";
import { RowEncoder } from "../pgtypes/row-encoder.js";
import type { SessionStatement } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { runRelational } from "./relational-runner.js";
import type { ExecuteInput } from "./start-statement.js";
import type { SessionCore } from "./session-core.js";
import type {
  BoundParameter,
  NamedStatement,
  QuerySession,
  StatementDescription,
  StatementResult,
} from "./types.js";

type Prepare = Extract<SessionStatement, { readonly verb: "prepare" }>;
type Execute = Extract<SessionStatement, { readonly verb: "execute" }>;

const MAX_STATEMENTS = 10_000;
const MAX_DEPTH = 100;
const ROW_HEADER_BYTES = 7;

export class NamedStatements {
  readonly all: Map<string, NamedStatement>;
  readonly #core: SessionCore;
  #depth = 0;
  readonly #session: Pick<QuerySession, "parse" | "describe" | "execute">;

  constructor(core: SessionCore, session: Pick<QuerySession, "parse" | "describe" | "execute">) {
    this.#core = core;
    this.all = core.namedStatements;
    this.#session = session;
  }

  /** Errors: 42P05 when the name is taken, 42601 for what cannot be prepared, and those of the statement itself. */
  async prepare({ name, typeNames, body, text }: Prepare): Promise<void> {
    if (this.all.has(name)) {
      const message = `prepared statement "${name}" already exists`;
      throw new SqlError(SQLSTATE.duplicatePreparedStatement, message);
    }
    if (this.all.size >= MAX_STATEMENTS) {
      throw new SqlError(SQLSTATE.programLimitExceeded, `too many prepared statements (${MAX_STATEMENTS})`);
    }
    const [analysis] = await this.#core.services.analyse(body);
    const [parsed] = await this.#session.parse(body);
    if (analysis?.kind === "refused") throw analysis.error;
    if (analysis?.kind !== "relational" || parsed === undefined)
      throw new SqlError(SQLSTATE.syntaxError, `this statement cannot be prepared: ${body}`);
    const declared = await Promise.all(typeNames.map(async (type) => await this.#oidOf(type)));
    const { parameterOids } = await this.#session.describe(parsed, declared);
    const origin = { at: Date.now(), prepareText: text };
    this.all.set(name, { parsed, declaredOids: parameterOids, parameterOids, origin });
  }

  /** Result of an EXECUTE; null also when there is no such statement, which is for EXECUTE to say. */
  async columnsOf(name: string): Promise<StatementDescription["columns"]> {
    const { parsed, declaredOids } = this.all.get(name) ?? { parsed: undefined, declaredOids: [] };
    if (parsed === undefined) return null;
    return await this.#nested(async () => (await this.#session.describe(parsed, declaredOids)).columns);
  }

  /** Errors: 26000 unknown, 42601 for the wrong number of arguments, and those of arguments and statement. */
  async execute(
    { name, argumentTexts }: Execute,
    input: ExecuteInput,
    running: AbortController,
  ): Promise<StatementResult> {
    const { parsed, declaredOids } = this.#get(name);
    if (parsed === undefined) return { kind: "empty" };
    const { parameterOids } = await this.#nested(
      async () => await this.#session.describe(parsed, declaredOids),
    );
    if (parameterOids.length !== argumentTexts.length) {
      throw new SqlError(
        SQLSTATE.syntaxError,
        `wrong number of parameters for prepared statement "${name}"`,
        { detail: `Expected ${parameterOids.length} parameters but got ${argumentTexts.length}.` },
      );
    }
    const parameters = await this.#evaluate(argumentTexts, parameterOids, input, running);
    return await this.#nested(async () => await this.#session.execute(parsed, parameters, parameterOids));
  }

  /** A statement may execute another, and so itself. Errors: 54001 for what goes on like that. */
  async #nested<T>(work: () => Promise<T>): Promise<T> {
    if (this.#depth >= MAX_DEPTH)
      throw new SqlError(SQLSTATE.statementTooComplex, "stack depth limit exceeded");
    this.#depth++;
    try {
      return await work();
    } finally {
      this.#depth--;
    }
  }

  /** Undefined: all of them. Errors: 26000 unknown. */
  deallocate(name: string | undefined): void {
    if (name === undefined) return this.all.clear();
    this.#get(name);
    this.all.delete(name);
  }

  #get(name: string): NamedStatement {
    const statement = this.all.get(name);
    if (statement !== undefined) return statement;
    throw new SqlError(SQLSTATE.invalidSqlStatementName, `prepared statement "${name}" does not exist`, {
      routine: "FetchPreparedStatement",
    });
  }

  /** A type by its name in SQL, as a cast of nothing tells it. */
  async #oidOf(typeName: string): Promise<number> {
    if (/^unknown$/i.test(typeName)) return 0;
    const [parsed] = await this.#session.parse(`SELECT CAST(NULL AS ${typeName}) AS value`);
    if (parsed === undefined) return 0;
    const { columns } = await this.#session.describe(parsed, []);
    return describeType(columns?.[0]?.type ?? null).oid;
  }

  /** A literal goes to its parameter as it is; other arguments are a query whose one row is bound as text. */
  async #evaluate(
    argumentTexts: readonly string[],
    oids: readonly number[],
    input: ExecuteInput,
    running: AbortController,
  ): Promise<readonly BoundParameter[]> {
    const literals = argumentTexts.map(literalOf);
    const casts = argumentTexts.map((text, i) => castTo(text, oids[i] ?? OID.text));
    const expressions = casts.filter((_, i) => literals[i] === undefined);
    const values = expressions.length === 0 ? [] : await this.#valuesOf(expressions, input, running);
    const rest = values[Symbol.iterator]();
    return literals.map((literal) => literal ?? rest.next().value ?? NULL_VALUE);
  }

  async #valuesOf(
    expressions: readonly string[],
    input: ExecuteInput,
    running: AbortController,
  ): Promise<readonly BoundParameter[]> {
    const list = expressions.map((expression, i) => `${expression} AS a${i}`).join(", ");
    const [analysis] = await this.#core.services.analyse(`SELECT ${list}`);
    if (analysis?.kind === "refused") throw analysis.error;
    if (analysis?.kind !== "relational" || analysis.verb !== "select" || analysis.writes)
      throw new SqlError(SQLSTATE.syntaxError, "EXECUTE takes expressions only");
    return await this.#firstRow(await runRelational(this.#core, analysis, input, running));
  }

  async #firstRow(result: StatementResult): Promise<readonly BoundParameter[]> {
    if (result.kind !== "rows") throw new Error("a query gives rows");
    const timeZone = this.#core.settings.get("TimeZone");
    const types = result.columns.map((column) => column.type);
    const encoder = new RowEncoder(types, [], { timeZone });
    let row: readonly BoundParameter[] = [];
    for await (const batch of result.batches) {
      if (batch.kind === "chunk") row = readRow(encoder.encodeChunk(batch.chunk, 0, 1), types.length);
    }
    return row;
  }
}

const NULL_VALUE: BoundParameter = { format: "text", bytes: null };
/** Types whose name alone would change the value: DuckDB's numeric has three digits behind the point. */
const UNCAST = new Set<number>([OID.numeric, OID.bpchar]);

/** The value of an argument that is nothing but a string. */
function literalOf(text: string): BoundParameter | undefined {
  const [token, ...more] = tokenise(text);
  if (token?.kind !== "string" || more.length > 0) return undefined;
  return { format: "text", bytes: Buffer.from(token.value) };
}

/** As an assignment to the parameter would convert it: 1.5 for an integer is 2. */
function castTo(text: string, oid: number): string {
  const type = UNCAST.has(oid) ? undefined : typeNameOf(oid);
  return type === undefined ? `(${text})` : `CAST((${text}) AS ${type})`;
}

/** The values of one DataRow message. */
function readRow(message: Uint8Array, columns: number): BoundParameter[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const values: BoundParameter[] = [];
  let at = ROW_HEADER_BYTES;
  for (let column = 0; column < columns; column++) {
    const length = view.getInt32(at);
    at += 4;
    const end = at + Math.max(length, 0);
    values.push({ format: "text", bytes: length < 0 ? null : Buffer.from(message.slice(at, end)) });
    at = end;
  }
  return values;
}
