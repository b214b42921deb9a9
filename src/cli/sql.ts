/** `duckbranch sql`: statements on main or on a branch, from the command line or standard input. */
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text as allOf } from "node:stream/consumers";
import type { Command } from "commander";
import { OperatorError } from "../core/operator-error.js";
import { addConnectOptions } from "./branch-command.js";
import { standardInput } from "./copying.js";
import { clearProgress, withProgress } from "./dialogue.js";
import { tellUser } from "./exit-codes.js";
import { objectText, sameNames } from "./json-values.js";
import { withServer, type ConnectOptions, type Outcome, type RemoteColumn, type TakeRow } from "./remote.js";
import { csvOf, tableOf } from "./rendering.js";

const CHUNK = 65_536;

interface SqlOptions extends ConnectOptions {
  readonly branch?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export function addSqlCommand(program: Command): Command {
  return addConnectOptions(program.command("sql [statements]"))
    .description("run statements, from standard input where none are given")
    .option("--branch <name>", "the head they run on (default: main)")
    .option("--json", "rows as JSON, one a line")
    .option("--csv", "rows as CSV, with a header")
    .action(tellUser(runSql));
}

async function runSql(given: string | undefined, options: SqlOptions): Promise<void> {
  if (options.json === true && options.csv === true) throw new OperatorError("choose --json or --csv");
  const statements = given ?? (await allOf(standardInput()));
  const lines = new Lines();
  const output =
    options.json === true ? asJsonLines(lines) : options.csv === true ? asCsv(lines) : asTables(lines);
  const copied = (bytes: Buffer): boolean => lines.copy(bytes);
  const input = (): Readable | undefined =>
    given === undefined || process.stdin.readableEnded ? undefined : standardInput();
  await withServer(options, options.branch, async (server) => {
    await withProgress("running", async () => {
      await server.stream(statements, { ...output, copied, input, drained });
    });
  });
}

async function drained(): Promise<unknown> {
  return await once(process.stdout, "drain");
}

interface Output {
  readonly take: TakeRow;
  readonly refusal?: (columns: readonly RemoteColumn[]) => Error | undefined;
  /** Behind the rows of each statement. */
  readonly done?: (outcome: Outcome) => void;
  readonly end: (outcomes: readonly Outcome[]) => void;
}

/** Lines go out together: each write is a call of the system. */
class Lines {
  #text = "";
  #encoding: BufferEncoding = "utf8";

  /** False where the next one had better wait for the output. */
  add(line: string): boolean {
    return this.#append(`${line}\n`, "utf8");
  }

  /** Bytes as they are, which the binary format of COPY needs: each is a character of latin1. */
  copy(bytes: Buffer): boolean {
    return this.#append(bytes.toString("latin1"), "latin1");
  }

  #append(text: string, encoding: BufferEncoding): boolean {
    const isFree = encoding === this.#encoding || this.flush();
    this.#encoding = encoding;
    this.#text += text;
    return this.#text.length < CHUNK ? isFree : this.flush();
  }

  flush(): boolean {
    const text = this.#text;
    this.#text = "";
    if (text !== "") clearProgress();
    return text === "" || process.stdout.write(text, this.#encoding);
  }
}

function asJsonLines(lines: Lines): Output {
  return {
    refusal: sameNames,
    take: (columns, values) => lines.add(objectText(columns, values)),
    done: ({ columns, command, rowCount }) => {
      if (columns.length === 0) lines.add(JSON.stringify({ command, row_count: rowCount }));
    },
    end: () => lines.flush(),
  };
}

/** The header of each statement's rows comes before the first of them. */
function asCsv(lines: Lines): Output {
  const begun = new Set<readonly RemoteColumn[]>();
  return {
    take: (columns, values) => {
      if (!begun.has(columns)) lines.add(csvHeader(columns));
      begun.add(columns);
      return lines.add(csvOf(values));
    },
    end: (outcomes) => {
      const [only] = outcomes;
      if (begun.size === 0 && outcomes.length === 1 && only !== undefined && only.columns.length > 0)
        lines.add(csvHeader(only.columns));
      lines.flush();
    },
  };
}

function csvHeader(columns: readonly RemoteColumn[]): string {
  return csvOf(columns.map(({ name }) => name));
}

/** Widths are known when all rows are: for people, who read no millions. */
function asTables(lines: Lines): Output {
  let rows: (readonly (string | null)[])[] = [];
  return {
    take: (_, values) => {
      rows.push(values);
      return true;
    },
    done: ({ columns, command, rowCount }) => {
      lines.add(
        columns.length === 0
          ? `${command}${rowCount === null ? "" : ` ${rowCount}`}`
          : `${tableOf({ columns, rows })}\n(${rows.length} ${rows.length === 1 ? "row" : "rows"})`,
      );
      rows = [];
    },
    end: () => lines.flush(),
  };
}
