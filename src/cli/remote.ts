/** A connection of the command line to a running server, by the PostgreSQL wire like any other client's. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { Client, type ClientConfig, type QueryArrayResult } from "pg";
import { OperatorError } from "../core/operator-error.js";
import { CopyingQuery, type CopyInput } from "./copying.js";
import { clearProgress } from "./dialogue.js";
import { encryptions, isAboutEncryption } from "./encryption.js";
import { printableLines } from "./rendering.js";

export interface ConnectOptions {
  readonly host?: string;
  readonly port?: string;
  readonly user?: string;
  /** What it says beside its answer is JSON, too. */
  readonly json?: boolean;
}

/** Values as the server wrote them, with what their columns are. */
export interface RemoteRows {
  readonly columns: readonly RemoteColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly command: string;
}

export interface RemoteColumn {
  readonly name: string;
  readonly typeOid: number;
}

/** Takes a row; false where the next one had better wait for `drained`. */
export type TakeRow = (columns: readonly RemoteColumn[], values: readonly (string | null)[]) => boolean;

const DEFAULT_PORT = "5439";
/** What libpq asks for a password by. */
const { PGHOST = "127.0.0.1", PGPORT = DEFAULT_PORT, PGUSER, USER = "duckbranch" } = process.env;

/** Every value is left as its text. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

/**
 * Runs `work` with a connection to main, or to a branch. The password is taken from PGPASSWORD or ~/.pgpass.
 *
 * Errors  those of the server, as `DatabaseError`; of the network, with Node's codes
 */
export async function withServer<T>(
  { host = PGHOST, port = PGPORT, user = PGUSER ?? USER, json = false }: ConnectOptions,
  branch: string | undefined,
  work: (server: Remote) => Promise<T>,
): Promise<T> {
  if (!/^\d{1,5}$/.test(port)) throw new OperatorError(`"${port}" is no port`);
  const database = branch === undefined || branch === "main" ? "main" : `main/${branch}`;
  const client = await connect({ host, port: Number(port), user, database, application_name: "duckbranch" });
  client.on("notice", ({ severity, code, message }) => {
    const notice = { severity, sqlstate: code, message };
    clearProgress();
    process.stderr.write(
      `${json ? JSON.stringify({ notice }) : printableLines(`${severity}: ${message}`)}\n`,
    );
  });
  try {
    return await work(new Remote(client));
  } finally {
    await client.end();
  }
}

/** Tries the ways there are, until one is the server's. */
async function connect(config: ClientConfig): Promise<Client> {
  const [first, ...others] = encryptions(process.env);
  let ssl = first;
  for (;;) {
    const client = new Client({ ...config, ...(ssl === undefined ? {} : { ssl }) });
    try {
      await client.connect();
      return client;
    } catch (error) {
      ssl = others.shift();
      if (ssl === undefined || !isAboutEncryption(error)) throw error;
    }
  }
}

export class Remote {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The rows of one statement. */
  async rows(sql: string): Promise<RemoteRows> {
    const result: QueryArrayResult<(string | null)[]> = await this.#client.query({
      text: sql,
      rowMode: "array",
      types: AS_TEXT,
    });
    return { columns: columnsOf(result.fields), rows: result.rows, command: result.command };
  }

  /**
   * Runs a text of any number of statements. Rows that cannot be taken yet stay with the server. Tells `end` of the statements
   * that were run to their ends, also where a later one failed; a COPY … TO STDOUT says nothing beside its rows.
   *
   * Errors  what `refusal` gave, when all statements were run: who leaves in between cannot tell which of them happened
   */
  async stream(sql: string, reader: RowReader): Promise<void> {
    const { take, copied, input, refusal, done, end } = reader;
    const { connection } = this.#client;
    const goOn = pausing(connection.stream, reader);
    const outcomes: Outcome[] = [];
    let described: readonly RemoteColumn[] = [];
    let copies = false;
    let refused: Error | undefined;
    connection.on("rowDescription", ({ fields }: Pick<Result, "fields">) => {
      described = columnsOf(fields);
      refused ??= refusal?.(described);
    });
    connection.on("copyOutResponse", () => {
      copies = true;
    });
    connection.on("copyData", ({ chunk }: { readonly chunk: Buffer }) => goOn(copied(chunk)));
    connection.on("commandComplete", ({ text }: { readonly text: string }) => {
      const outcome = outcomeOf(text, described);
      if (!copies) outcomes.push(outcome);
      if (!copies) done?.(outcome);
      described = [];
      copies = false;
    });
    const config = { text: sql, rowMode: "array", types: AS_TEXT };
    const query = new CopyingQuery(config, input);
    const known = new WeakMap<object, readonly RemoteColumn[]>();
    query.on("row", (row, result) => {
      if (result === undefined || refused !== undefined) return;
      const columns = known.get(result) ?? columnsOf(result.fields);
      known.set(result, columns);
      goOn(take(columns, row));
    });
    const isOver = once(query, "end");
    this.#client.query(query);
    try {
      await isOver;
    } finally {
      end(outcomes);
    }
    if (refused !== undefined) throw refused;
  }
}

/** Called with false, lets the server wait until what was read is taken. */
function pausing(stream: Duplex, { drained }: RowReader): (isTaken: boolean) => void {
  return (isTaken) => {
    if (isTaken) return;
    stream.pause();
    void drained().then(() => stream.resume());
  };
}

export interface RowReader {
  readonly take: TakeRow;
  /** Takes bytes of a COPY … TO STDOUT, which stay the driver's: it reads on into them. */
  readonly copied: (bytes: Buffer) => boolean;
  readonly input: CopyInput;
  /** Why rows of these columns cannot be taken. */
  readonly refusal?: (columns: readonly RemoteColumn[]) => Error | undefined;
  readonly drained: () => Promise<unknown>;
  readonly done?: (outcome: Outcome) => void;
  readonly end: (outcomes: readonly Outcome[]) => void;
}

/** What a statement came to. */
export interface Outcome {
  readonly columns: readonly RemoteColumn[];
  readonly command: string;
  readonly rowCount: number | null;
}

type Result = Pick<QueryArrayResult, "fields">;

/** Of a tag such as `INSERT 0 3` or `CREATE TABLE` its first word and its count, as the driver has them. */
function outcomeOf(tag: string, columns: readonly RemoteColumn[]): Outcome {
  const [, command = tag, count] = /^([A-Za-z]+)(?:.* (\d+))?/.exec(tag) ?? [];
  return { columns, command, rowCount: count === undefined ? null : Number(count) };
}

function columnsOf(fields: Result["fields"]): readonly RemoteColumn[] {
  return fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID }));
}
