/** Statements a client parsed, by name. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type {
  NamedStatement,
  ParsedStatement,
  QuerySession,
  StatementDescription,
  StatementOrigin,
} from "../query/types.js";
import { requireAnnounced, type AnnouncedTypes } from "./row-description.js";

/** Prepared statements one client may hold: they live until it closes them. */
const MAX_STATEMENTS = 10_000;

/** Text of all of them, in characters. */
const MAX_STATEMENTS_LENGTH = 33_554_432;

/** Where descriptions come from, and how long one holds: while the epoch is the same. */
export interface DescriptionContext {
  readonly session: QuerySession;
  readonly descriptionEpoch: number;
}

/** One prepared statement. */
export class PreparedStatement implements NamedStatement {
  /** Undefined for an empty query string. */
  readonly parsed: ParsedStatement | undefined;
  readonly declaredOids: readonly number[];
  #announced: AnnouncedTypes | undefined;
  /** Fixed when first asked for: a client encodes later parameters by it. */
  #parameterOids: readonly number[] | undefined;
  #description: { readonly epoch: number; readonly columns: StatementDescription["columns"] } | undefined;

  readonly origin: StatementOrigin;
  /** The session's when the statement was last found to be what it was. */
  definitions: string | undefined;

  constructor(
    parsed: ParsedStatement | undefined,
    declaredOids: readonly number[],
    origin: StatementOrigin = { at: Date.now(), prepareText: undefined },
  ) {
    this.parsed = parsed;
    this.declaredOids = declaredOids;
    this.origin = origin;
  }

  get parameterOids(): readonly number[] {
    return this.#parameterOids ?? this.declaredOids;
  }

  /** Whether the number of parameters is known without asking the session. */
  get isDescribed(): boolean {
    return this.#parameterOids !== undefined;
  }

  /**
   * Types of parameters and result. What Bind learnt serves the Describe behind it: a driver sends both for every query.
   */
  async describe(context: DescriptionContext): Promise<StatementDescription> {
    if (this.#description?.epoch !== context.descriptionEpoch) {
      const epoch = context.descriptionEpoch;
      this.#description = { epoch, columns: await this.#ask(context.session) };
    }
    return { parameterOids: this.#parameterOids ?? [], columns: this.#description.columns };
  }

  /** Result types the client knows: undefined before it was told any. */
  get announced(): AnnouncedTypes | undefined {
    return this.#announced;
  }

  /**
   * Fixes the result types as of now: a client may use what it was told once for ever. FETCH and EXECUTE have none while
   * there is nothing of that name. Errors: 0A000 for others than before.
   */
  announce(types: AnnouncedTypes): void {
    if (this.#announced !== null || this.parsed?.isQuery === true) requireAnnounced(this.#announced, types);
    this.#announced ??= types;
  }

  async #ask(session: QuerySession): Promise<StatementDescription["columns"]> {
    const description =
      this.parsed === undefined
        ? { parameterOids: this.declaredOids, columns: null }
        : await session.describe(this.parsed, this.declaredOids);
    this.#parameterOids ??= description.parameterOids;
    return description.columns;
  }
}

/** The named statements, which live until closed, and the unnamed one, which the next Parse or Query replaces. */
export class PreparedStatements {
  readonly #named: Map<string, NamedStatement>;
  #unnamed: PreparedStatement | undefined;
  /** At least the length of all named texts: it does not follow what is closed. */
  #lengthAtMost = 0;

  /** `named` are the session's, where SQL's PREPARE puts its own. */
  constructor(named: Map<string, NamedStatement>) {
    this.#named = named;
  }

  /** Refuses a name that is taken (42P05) and a text too many (54000). Asked when the text was read: its errors come first. */
  requireRoom(name: string, textLength: number): void {
    if (name === "") return;
    if (this.#named.has(name)) {
      throw new SqlError(SQLSTATE.duplicatePreparedStatement, `prepared statement "${name}" already exists`);
    }
    if (this.#named.size >= MAX_STATEMENTS) throw tooMany(`too many prepared statements (${MAX_STATEMENTS})`);
    this.#lengthAtMost += textLength;
    if (this.#lengthAtMost <= MAX_STATEMENTS_LENGTH) return;
    this.#lengthAtMost = textLength;
    for (const { parsed } of this.#named.values()) this.#lengthAtMost += parsed?.text.length ?? 0;
    if (this.#lengthAtMost > MAX_STATEMENTS_LENGTH) {
      throw tooMany(`prepared statements are too long in all (${MAX_STATEMENTS_LENGTH} characters)`);
    }
  }

  set(name: string, statement: PreparedStatement): void {
    if (name === "") this.#unnamed = statement;
    else this.#named.set(name, statement);
  }

  /** Errors: 26000 for an unknown name. */
  get(name: string): PreparedStatement {
    const statement = name === "" ? this.#unnamed : this.#known(name);
    if (statement !== undefined) return statement;
    const what = name === "" ? "unnamed prepared statement" : `prepared statement "${name}"`;
    // Drivers that prepare anew by themselves know the case by this name.
    const routine = name === "" ? undefined : "FetchPreparedStatement";
    throw new SqlError(SQLSTATE.invalidSqlStatementName, `${what} does not exist`, { routine });
  }

  #known(name: string): PreparedStatement | undefined {
    const named = this.#named.get(name);
    if (named === undefined || named instanceof PreparedStatement) return named;
    const statement = new PreparedStatement(named.parsed, named.declaredOids, named.origin);
    this.#named.set(name, statement);
    return statement;
  }

  /** Unknown names are no error: Close of a name that does not exist succeeds. */
  close(name: string): void {
    if (name === "") this.#unnamed = undefined;
    else this.#named.delete(name);
  }
}

function tooMany(message: string): SqlError {
  return new SqlError(SQLSTATE.programLimitExceeded, message, {
    hint: "close or deallocate those no longer needed",
  });
}
