/** Statements of one line each, run here and on PostgreSQL 15: what the two answer, as one text to compare. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, type CustomTypesConfig, DatabaseError } from "pg";
import { z } from "zod";
import type { Address } from "../../support/wire-client.js";

const FIXTURE = "fixture.sql";
const DIFFERENCES = "differences.json";

/** Values as they come over the wire. */
const AS_TEXT: CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/** One reason, and what this server answers to the statements it holds for. */
const differences = z.array(
  z.strictObject({ reason: z.string().min(1), statements: z.record(z.string(), z.string()) }),
);

function linesOf(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, file), "utf8");
  return text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("--"));
}

/** The corpus by file, without the fixture. */
export function corpusFiles(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".sql") && file !== FIXTURE);
  return new Map(files.toSorted().map((file) => [file, linesOf(file)]));
}

/** Statement ⇒ this server's own answer, where it is known to differ. */
export function knownDifferences(): ReadonlyMap<string, string> {
  const groups = differences.parse(JSON.parse(readFileSync(join(import.meta.dirname, DIFFERENCES), "utf8")));
  return new Map(groups.flatMap(({ statements }) => Object.entries(statements)));
}

/** Types that are another type here, always and by decision 0014: the name alone differs. */
const SAME_TYPES: ReadonlyMap<number, number> = new Map([
  [18, 25],
  [19, 25],
  [1042, 25],
  [1043, 25],
  [3802, 114],
  [26, 20],
  [1560, 1562],
]);

export class Answers implements AsyncDisposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async connect(address: Address, user: string, database: string): Promise<Answers> {
    const client = new Client({ ...address, user, database, types: AS_TEXT });
    await client.connect();
    const answers = new Answers(client);
    await client.query("SET TimeZone = 'UTC'");
    return answers;
  }

  /** Makes the tables the corpus reads. */
  async makeFixture(): Promise<void> {
    for (const statement of linesOf(FIXTURE)) await this.#client.query(statement);
  }

  async run(statement: string): Promise<void> {
    await this.#client.query(statement);
  }

  /** `types | rows`, or `ERROR code`: the wording of errors is tested where it is made. */
  async to(statement: string): Promise<string> {
    try {
      const { fields, rows } = await this.#client.query({ text: statement, rowMode: "array" });
      const types = fields.map(({ dataTypeID }) => SAME_TYPES.get(dataTypeID) ?? dataTypeID);
      return `${types.join(",")} | ${JSON.stringify(rows)}`;
    } catch (error) {
      if (error instanceof DatabaseError) return `ERROR ${error.code ?? ""}`;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
