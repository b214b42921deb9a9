/**
 * Functions whose answer depends on the session (version(), current_database() …): calls are sent to macros in the void
 * catalogue, which read variables of this connection. Everything else is left to DuckDB.
 */
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG, VOID_CATALOG } from "../engine/database.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { SERVER_VERSION } from "./settings.js";

/** PostgreSQL's name ⇒ parameters and body of the macro that answers it. */
const MACROS: ReadonlyMap<string, string> = new Map([
  ["version", `() AS 'PostgreSQL ${SERVER_VERSION} (duckbranch)'`],
  ["current_database", "() AS getvariable('duckbranch_database')"],
  ["current_branch", "() AS getvariable('duckbranch_branch')"],
  ["pg_backend_pid", "() AS 0"],
  ["pg_is_in_recovery", "() AS false"],
  ["pg_advisory_unlock_all", "() AS NULL"],
]);

const PREFIX = "duckbranch_";

/** Makes the macros; once per database. */
export async function installSessionFunctions(connection: Connection): Promise<void> {
  for (const [name, body] of MACROS) {
    await connection.run(`CREATE OR REPLACE MACRO ${VOID_CATALOG}.main.${PREFIX}${name}${body}`);
  }
}

export class SessionFunctions {
  readonly #identity: { readonly user: string; readonly database: string };

  constructor(identity: { readonly user: string; readonly database: string }) {
    this.#identity = identity;
  }

  async install(connection: Connection): Promise<void> {
    await connection.run(`SET VARIABLE duckbranch_database = ${quoteLiteral(this.#identity.database)}`);
    await connection.run(`SET VARIABLE duckbranch_user = ${quoteLiteral(this.#identity.user)}`);
  }

  async setBranch(connection: Connection, name: string): Promise<void> {
    await connection.run(`SET VARIABLE duckbranch_branch = ${quoteLiteral(name)}`);
  }

  /** Where DuckDB looks for unqualified names of a session on main. */
  async setSearchPath(connection: Connection, schemas: readonly string[]): Promise<void> {
    const path = schemas.map((schema) => `${DATA_CATALOG}.${quoteIdentifier(schema)}`).join(",");
    await connection.run(`SET search_path = ${quoteLiteral(path)}`);
  }

  /** What to call instead of a function, if anything. */
  replacement(parts: readonly string[]): string | undefined {
    const [first = "", second] = parts.map(normaliseName);
    const name = parts.length === 1 ? first : first === "pg_catalog" ? second : undefined;
    return name !== undefined && MACROS.has(name) ? `${VOID_CATALOG}.main.${PREFIX}${name}` : undefined;
  }
}
