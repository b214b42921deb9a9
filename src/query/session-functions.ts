/**
 * Functions whose answer depends on the session (version(), current_database() …): calls are sent to macros in the void
 * catalogue, which read variables of this connection. Everything else is left to DuckDB.
 */
import { SESSION_CALL } from "../catalog/names.js";
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG, FUNCTIONS_SCHEMA, setSearchPath, VOID_CATALOG } from "../engine/database.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import type { LiveSessions, SessionCall } from "./live-sessions.js";
import { ABSENT } from "./session-calls.js";
import { SERVER_VERSION } from "./settings.js";

const PREFIX = "duckbranch_";
/** The one function that is not SQL: it asks the session itself. */
const CALL = SESSION_CALL;
/** Hands on what nextval() gave. */
const WITNESS = `${PREFIX}drew`;
const KEY = "getvariable('duckbranch_session')";

/** Asks the session; `values` are its arguments as text, three at most. */
function ask(name: SessionCall, ...values: readonly string[]): string {
  const padded = Array.from({ length: 3 }, (_, i) => values[i] ?? "NULL");
  return `${CALL}(${KEY}, '${name}', ${padded.join(", ")})`;
}

const setting = ask("current_setting", "_1::VARCHAR", "_2::BOOLEAN::VARCHAR");

/** A lock's number, or its two. */
function advisory(name: string, type: string): readonly [name: string, body: string] {
  const call = (...keys: readonly string[]): string =>
    `${ask("pg_advisory", `'${name}'`, ...keys.map((key) => `${key}::VARCHAR`))}${type}`;
  return [
    name,
    `(_1) AS ${call("_1::BIGINT", `'${ABSENT}'`)}, (_1, _2) AS ${call("_1::INTEGER", "_2::INTEGER")}`,
  ];
}

const ADVISORY: readonly (readonly [name: string, body: string])[] = [
  ...["", "xact_"].flatMap((scope) =>
    ["", "_shared"].flatMap((mode) => [
      advisory(`pg_advisory_${scope}lock${mode}`, ""),
      advisory(`pg_try_advisory_${scope}lock${mode}`, "::BOOLEAN"),
    ]),
  ),
  advisory("pg_advisory_unlock", "::BOOLEAN"),
  advisory("pg_advisory_unlock_shared", "::BOOLEAN"),
  ["pg_advisory_unlock_all", `() AS ${ask("pg_advisory", "'pg_advisory_unlock_all'")}`],
];

/** DuckDB sleeps where the statement could not do so before it started. */
function slept(seconds: string): string {
  return `CASE WHEN ${seconds} IS NULL THEN NULL WHEN ${ask("pg_sleep")} = 'waited' THEN '' ELSE coalesce(system.main.sleep_ms(CAST(${seconds} * 1000 AS BIGINT))::VARCHAR, '') END`;
}

/** PostgreSQL's name ⇒ parameters and body of the macro that answers it. */
const MACROS: ReadonlyMap<string, string> = new Map([
  ["version", `() AS 'PostgreSQL ${SERVER_VERSION} (duckbranch)'`],
  ["current_database", "() AS getvariable('duckbranch_database')"],
  ["current_branch", "() AS getvariable('duckbranch_branch')"],
  ["pg_backend_pid", "() AS getvariable('duckbranch_process')"],
  ["pg_is_in_recovery", "() AS false"],
  ...ADVISORY,
  ["pg_sleep", `(_1) AS ${slept("_1::DOUBLE")}`],
  ["pg_sleep_for", `(_1) AS ${slept("epoch(_1::INTERVAL)")}`],
  ["pg_sleep_until", `(_1) AS ${slept("epoch(_1::TIMESTAMPTZ - clock_timestamp())")}`],
  ["current_setting", `(_1) AS ${setting.replace("_2", "false")}, (_1, _2) AS ${setting}`],
  [
    "set_config",
    `(_1, _2, _3) AS ${ask("set_config", "_1::VARCHAR", "_2::VARCHAR", "_3::BOOLEAN::VARCHAR")}`,
  ],
  ["pg_notify", `(_1, _2) AS ${ask("pg_notify", "_1::VARCHAR", "_2::VARCHAR")}`],
  ["pg_cancel_backend", `(_1) AS ${ask("pg_cancel_backend", "_1::INTEGER::VARCHAR")}::BOOLEAN`],
  [
    "pg_terminate_backend",
    `(_1) AS ${ask("pg_terminate_backend", "_1::INTEGER::VARCHAR")}::BOOLEAN, (_1, _2) AS ${ask("pg_terminate_backend", "_1::INTEGER::VARCHAR")}::BOOLEAN`,
  ],
  ["currval", `(_1) AS ${ask("currval", "_1::VARCHAR")}::BIGINT`],
  ["lastval", `() AS ${ask("lastval")}::BIGINT`],
  [
    "setval",
    `(_1, _2) AS ${ask("setval", "_1::VARCHAR", "_2::BIGINT::VARCHAR", "'true'")}::BIGINT,
     (_1, _2, _3) AS ${ask("setval", "_1::VARCHAR", "_2::BIGINT::VARCHAR", "_3::BOOLEAN::VARCHAR")}::BIGINT`,
  ],
  ["pg_listening_channels", `() AS unnest(CAST(${ask("pg_listening_channels")}::JSON AS VARCHAR[]))`],
]);

/** Those that are not SQL; once per instance. */
export function defineSessionFunctions(connection: Connection, live: LiveSessions): void {
  connection.defineFunction(CALL, 5, live.call);
  connection.defineWitness(WITNESS, live.drew);
}

/** What makes the macros that call them. */
export function sessionFunctionStatements(): string[] {
  return [
    // In the search path under its own name: a column's default finds it there as well.
    `CREATE OR REPLACE MACRO ${FUNCTIONS_SCHEMA}.nextval(_1) AS ${WITNESS}(${KEY}, _1, system.main.nextval(_1))`,
    ...[...MACROS].map(
      ([name, body]) => `CREATE OR REPLACE MACRO ${VOID_CATALOG}.main.${PREFIX}${name}${body}`,
    ),
  ];
}

interface Identity {
  readonly user: string;
  readonly databaseName: string;
  readonly processId: number;
}

export class SessionFunctions {
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** Together: most of what a small statement takes is the way to DuckDB and back. */
  async install(connection: Connection, key: string): Promise<void> {
    const values = {
      database: quoteLiteral(this.#identity.databaseName),
      process: String(this.#identity.processId),
      session: quoteLiteral(key),
      started: quoteLiteral(new Date(performance.timeOrigin).toISOString()),
      user: quoteLiteral(this.#identity.user),
    };
    const settings = Object.entries(values).map(
      ([name, value]) => `SET VARIABLE ${PREFIX}${name} = ${value}`,
    );
    await connection.run(settings.join("; "));
  }

  async setBranch(connection: Connection, name: string): Promise<void> {
    await connection.run(`SET VARIABLE duckbranch_branch = ${quoteLiteral(name)}`);
  }

  /**
   * Where DuckDB looks for unqualified names of a session on main. DuckDB takes no schema that is not there: it is left
   * out, and the answer says so.
   */
  async setSearchPath(connection: Connection, schemas: readonly string[]): Promise<"complete" | "partly"> {
    const existing = await existingSchemas(connection, schemas);
    await setSearchPath(
      connection,
      existing.map((schema) => `${DATA_CATALOG}.${quoteIdentifier(schema)}`),
    );
    return existing.length === schemas.length ? "complete" : "partly";
  }
}

/** The macro to call instead of a function that asks the session. */
export function sessionFunction(parts: readonly string[]): string | undefined {
  const [first = "", second] = parts.map(normaliseName);
  const name = parts.length === 1 ? first : first === "pg_catalog" ? second : undefined;
  return name !== undefined && MACROS.has(name) ? `${VOID_CATALOG}.main.${PREFIX}${name}` : undefined;
}
/** The schemas of the data file among these; main if none is. */
async function existingSchemas(
  connection: Connection,
  schemas: readonly string[],
): Promise<readonly string[]> {
  if (schemas.every((schema) => schema === "main")) return schemas;
  const rows = await connection.rows(
    "SELECT schema_name AS name FROM duckdb_schemas() WHERE database_name = ?",
    [DATA_CATALOG],
  );
  const known = new Set(rows.map((row) => normaliseName(textCell(row, "name"))));
  const existing = schemas.filter((schema) => known.has(normaliseName(schema)));
  return existing.length === 0 ? ["main"] : existing;
}
