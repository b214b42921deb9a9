/**
 * Real input: three million flights (no key) and 3,376 airports (key iata). A branch re-codes an airport and deletes a
 * day's flights while main adds some; both are compared in one query and merged. What must come out is computed by DuckDB
 * straight from the files, with none of our code in between.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import type { Client } from "pg";
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { connectTo, rowsOf, valueOf } from "../scenarios/clients.js";
import { WireClient } from "../support/wire-client.js";

const DATA = join(import.meta.dirname, "../../node_modules/vega-datasets/data");
const FLIGHTS = join(DATA, "flights-3m.parquet");
const AIRPORTS = join(DATA, "airports.csv");

const AIRPORT_COLUMNS =
  "iata text PRIMARY KEY, name text NOT NULL, city text, state text, country text, latitude double, longitude double";
const INIT = `
  CREATE TABLE flights AS FROM read_parquet('${FLIGHTS}');
  CREATE TABLE airports (${AIRPORT_COLUMNS});
  INSERT INTO airports FROM read_csv('${AIRPORTS}');
`;

const DAY = "date >= '2001-03-01' AND date < '2001-03-02'";
/** Main's flights of one later day, one of them from the airport that the branch re-codes. */
const ADDED = `SELECT TIMESTAMP '2001-07-02 06:00:00' + n * INTERVAL 1 minute AS date, n % 60 AS delay, 370 AS distance,
    CASE n WHEN 1 THEN 'PHX' ELSE 'LAX' END AS origin, 'SFO' AS destination FROM range(1, 501) AS r(n)`;
/** The branch's flights, from the file. */
const RECODED = `SELECT date, delay, distance, if(origin = 'PHX', 'PHQ', origin) AS origin,
    if(destination = 'PHX', 'PHQ', destination) AS destination FROM flights_file WHERE NOT (${DAY})`;
/** Number of rows, and a sum that every value of every row has a part in. */
const FINGERPRINT = "count(*), sum(hash(date, delay, distance, origin, destination)::hugeint)";

const perAirport = (flights: string): string =>
  `SELECT origin, count(*) AS flights, sum(delay) AS delay FROM ${flights} GROUP BY origin`;

/** Airports whose flights differ between two relations, in one join. */
const comparison = (branchFlights: string, mainFlights: string): string =>
  `SELECT origin, coalesce(b.flights, 0), coalesce(m.flights, 0), coalesce(b.delay, 0) - coalesce(m.delay, 0)
   FROM (${perAirport(branchFlights)}) AS b FULL JOIN (${perAirport(mainFlights)}) AS m USING (origin)
   WHERE b.flights IS DISTINCT FROM m.flights ORDER BY origin`;

/** What the files say, asked of a DuckDB of our own. */
class Oracle {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<Oracle> {
    const instance = await DuckDBInstance.create(":memory:", { memory_limit: "2GB" });
    const connection = await instance.connect();
    await connection.run(`CREATE VIEW flights_file AS FROM read_parquet('${FLIGHTS}')`);
    return new Oracle(instance, connection);
  }

  async rows(sql: string): Promise<string[][]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getRows().map((row) => row.map(String));
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

let directory: string;
let oracle: Oracle;
let app: App;
let main: Client;
let branch: Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "flights-"));
  const init = join(directory, "init.sql");
  await writeFile(init, INIT);
  oracle = await Oracle.open();
  const config = readConfig({ port: 0, data: join(directory, "flights.db"), init, memoryLimit: "3GB" }, {});
  app = await startApp(config, createLog("silent"));
  main = await connectTo(app, "main");
});

afterAll(async () => {
  await main.end();
  await branch.end();
  await app.close();
  oracle.close();
  await rm(directory, { recursive: true });
});

const fingerprint = async (client: Client, table: string): Promise<(string | null)[][]> =>
  await rowsOf(client, `SELECT ${FINGERPRINT} FROM ${table}`);

describe("three million flights", () => {
  it("are loaded at start from the operator's files", async () => {
    expect(await fingerprint(main, "flights")).toEqual(
      await oracle.rows(`SELECT ${FINGERPRINT} FROM flights_file`),
    );
    expect(await valueOf(main, "SELECT count(*) FROM airports")).toBe("3376");
    expect(await valueOf(main, "SELECT city FROM airports WHERE iata = 'PHX'")).toBe("Phoenix");
  });

  it("are changed on a branch while main goes on", async () => {
    await main.query("CREATE BRANCH recode WITH (agent 'dispatcher')");
    branch = await connectTo(app, "main/recode");
    await main.query(`INSERT INTO flights ${ADDED}`);
    await branch.query("UPDATE airports SET iata = 'PHQ' WHERE iata = 'PHX'");
    const moved = await branch.query("UPDATE flights SET origin = 'PHQ' WHERE origin = 'PHX'");
    const arrived = await branch.query("UPDATE flights SET destination = 'PHQ' WHERE destination = 'PHX'");
    const deleted = await branch.query(`DELETE FROM flights WHERE ${DAY}`);
    const [expected] = await oracle.rows(
      `SELECT count(*) FILTER (origin = 'PHX'), count(*) FILTER (destination = 'PHX'), count(*) FILTER (${DAY}) FROM flights_file`,
    );
    expect([moved, arrived, deleted].map((result) => String(result.rowCount))).toEqual(expected);
  });

  it("show the branch its own rows and main's to everybody else", async () => {
    expect(await fingerprint(branch, "flights")).toEqual(
      await oracle.rows(`SELECT ${FINGERPRINT} FROM (${RECODED})`),
    );
    const mains = await oracle.rows(`SELECT ${FINGERPRINT} FROM (FROM flights_file UNION ALL ${ADDED})`);
    expect(await fingerprint(main, "flights")).toEqual(mains);
    expect(await fingerprint(branch, "main.flights")).toEqual(mains);
    expect(await rowsOf(main, "SELECT iata FROM airports WHERE iata IN ('PHX', 'PHQ')")).toEqual([["PHX"]]);
    expect(await rowsOf(branch, "SELECT iata FROM airports WHERE iata IN ('PHX', 'PHQ')")).toEqual([["PHQ"]]);
  });

  it("are compared with main's in one join", async () => {
    const compared = await rowsOf(branch, comparison("flights", "main.flights"));
    expect(compared).toEqual(
      await oracle.rows(
        comparison(
          `(${RECODED}) AS branch_flights`,
          `(FROM flights_file UNION ALL ${ADDED}) AS main_flights`,
        ),
      ),
    );
    expect(compared.map(([origin]) => origin)).toEqual(expect.arrayContaining(["PHQ", "PHX", "LAX"]));
    const phoenix = compared.filter(([origin]) => origin === "PHQ" || origin === "PHX");
    expect(phoenix.map(([origin, branchFlights]) => [origin, branchFlights !== "0"])).toEqual([
      ["PHQ", true],
      ["PHX", false],
    ]);
  });

  it("are merged: the branch's changes and main's additions, nothing else", async () => {
    const { rows } = await main.query<Record<string, string>>("MERGE BRANCH recode");
    const [deletedDay] = await oracle.rows(`SELECT count(*) FROM flights_file WHERE ${DAY}`);
    const [recoded] = await oracle.rows(
      `SELECT count(*) FROM flights_file WHERE 'PHX' IN (origin, destination) AND NOT (${DAY})`,
    );
    const [gone] = await oracle.rows(
      `SELECT count(*) FROM flights_file WHERE 'PHX' IN (origin, destination) OR (${DAY})`,
    );
    // An update of a row without a key is a row removed and a row added; the airport's key changed, so it is one too.
    expect(rows[0]).toMatchObject({ status: "merged", tables: "airports, flights" });
    expect(rows[0]?.["rows_inserted"]).toBe(String(Number(recoded?.[0]) + 1));
    expect(rows[0]?.["rows_deleted"]).toBe(String(Number(gone?.[0]) + 1));
    expect(Number(gone?.[0])).toBeGreaterThan(Number(deletedDay?.[0]));
    expect(await fingerprint(main, "flights")).toEqual(
      await oracle.rows(`SELECT ${FINGERPRINT} FROM (${RECODED} UNION ALL ${ADDED})`),
    );
    expect(await rowsOf(main, "SELECT iata, city FROM airports WHERE iata IN ('PHX', 'PHQ')")).toEqual([
      ["PHQ", "Phoenix"],
    ]);
    expect(await valueOf(main, "SELECT count(*) FROM flights WHERE origin = 'PHX'")).toBe("1");
    expect(await valueOf(main, "SELECT count(*) FROM airports")).toBe("3376");
  });
});

describe("airports sent by a client", () => {
  it("arrive complete through COPY FROM STDIN on a branch and are merged", async () => {
    await main.query(`CREATE TABLE copied (${AIRPORT_COLUMNS})`);
    await main.query("CREATE BRANCH import");
    using client = await WireClient.start(app.address, { database: "main/import" });
    client.send(serialize.query("COPY copied FROM STDIN WITH (FORMAT csv, HEADER true)"));
    expect((await client.next())?.name).toBe("copyInResponse");
    for await (const chunk of createReadStream(AIRPORTS, { highWaterMark: 1000 })) {
      client.send(serialize.copyData(Buffer.from(chunk)));
    }
    client.send(serialize.copyDone());
    expect(await client.untilReady()).toMatchObject([{ name: "commandComplete", text: "COPY 3376" }, {}]);
    expect(await valueOf(main, "SELECT count(*) FROM copied")).toBe("0");
    await main.query("MERGE BRANCH import");
    expect(
      await rowsOf(
        main,
        "SELECT count(*) FROM (FROM copied EXCEPT SELECT * REPLACE (if(iata = 'PHQ', 'PHX', iata) AS iata) FROM airports)",
      ),
    ).toEqual([["0"]]);
    expect(await valueOf(main, "SELECT count(*) FROM copied")).toBe("3376");
  });
});
