/** Opens sessions: reads what the client said at start-up, finds its head, and makes a branch for `branch=new`. */
import { randomBytes } from "node:crypto";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { fullAccess, type Principal, requireScope } from "../core/scopes.js";
import { MAIN, type HeadId } from "../branch/model.js";
import { branchToUse } from "./branch-access.js";
import { branchOfPath } from "./branch-paths.js";
import type { SessionServices } from "./session-services.js";
import { SharedCopies } from "../catalog/shared-copies.js";
import { TypeDirectory } from "./session-types.js";
import { DuckSession } from "./session.js";
import { AGENT_PARAMETER } from "./session-identity.js";
import { Settings } from "./settings.js";
import type { QuerySession, SessionFactory, SessionRequest } from "./types.js";

export interface SessionFactoryOptions {
  /** Database names that mean this server's data, beside `main` and the connecting user's own name. */
  readonly databaseAliases: readonly string[];
}

/** Start-up parameters that choose a branch; everything else is a setting. */
const BRANCH_PARAMETERS = new Set(["branch", "hatidata_branch"]);
/** Start-up parameters of the protocol itself. */
const PROTOCOL_PARAMETERS = new Set(["user", "database", "options", "replication"]);

export class DuckSessionFactory implements SessionFactory {
  readonly #services: SessionServices;
  readonly #options: SessionFactoryOptions;

  constructor(services: Omit<SessionServices, "types" | "copies">, options: SessionFactoryOptions) {
    const { registry } = services.context;
    this.#services = { ...services, types: new TypeDirectory(registry), copies: new SharedCopies(registry) };
    this.#options = options;
  }

  async open(request: SessionRequest): Promise<QuerySession> {
    const settings = startSettings(request);
    const principal = request.principal ?? fullAccess(request.user);
    const databaseName = request.database ?? request.user;
    const { database, branch: named } = splitDatabase(databaseName);
    if (!this.#isKnownDatabase(database, request.user)) {
      throw new SqlError(SQLSTATE.invalidCatalogName, `database "${database}" does not exist`, {
        hint: 'connect to "main", or to a branch as "main/branch-name"',
      });
    }
    const chosen = named ?? branchParameter(request) ?? MAIN;
    const own = chosen === "new" || chosen === "auto";
    if (own) requireScope(principal, "branches:create");
    const head = own ? await this.#createOwnBranch(request) : this.#findHead(chosen, principal);
    const connection = await this.#services.context.registry.database.connect("data");
    try {
      return await DuckSession.open(this.#services, connection, settings, {
        user: request.user,
        principal,
        database,
        databaseName,
        head,
        ownsHead: own,
        processId: request.processId ?? this.#services.live.nextProcessId(),
        control: request.control,
      });
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #isKnownDatabase(database: string, user: string): boolean {
    return database === MAIN || database === user || this.#options.databaseAliases.includes(database);
  }

  #findHead(name: string, principal: Principal): HeadId {
    if (name === MAIN) return MAIN;
    return branchToUse(this.#services.context.registry.state, principal, name).id;
  }

  async #createOwnBranch(request: SessionRequest): Promise<HeadId> {
    const name = `session-${randomBytes(6).toString("hex")}`;
    const agent = request.parameters.get(AGENT_PARAMETER) ?? null;
    const branch = await this.#services.context.creator.create(
      {
        name,
        parent: undefined,
        owner: request.user,
        agent,
        description: "made for one session",
        ttlMs: null,
        isolation: "snapshot",
        terms: { ofSession: true },
      },
      new AbortController().signal,
    );
    return branch.id;
  }
}

/** `db/branch` and `db@branch`; the first separator counts, so branch names may contain either. */
function splitDatabase(text: string): { database: string; branch: string | undefined } {
  const at = text.search(/[/@]/);
  if (at === -1) return { database: text, branch: undefined };
  const branch = text.slice(at + 1);
  if (branch === "") throw new SqlError(SQLSTATE.invalidCatalogName, `database "${text}" names no branch`);
  return { database: text.slice(0, at) || MAIN, branch };
}

function branchParameter(request: SessionRequest): string | undefined {
  for (const [name, value] of request.parameters) if (BRANCH_PARAMETERS.has(name.toLowerCase())) return value;
  for (const [name, value] of request.parameters)
    if (leadsToBranch(name, value)) return branchOfPath([value]);
  return undefined;
}

/** A search_path that begins with a branch's schema chooses that branch, and the path stays what it is. */
function leadsToBranch(name: string, value: string): boolean {
  return name.toLowerCase() === "search_path" && branchOfPath([value]) !== undefined;
}

function startSettings(request: SessionRequest): Settings {
  const settings = new Settings();
  settings.fix("session_authorization", request.user);
  for (const [name, value] of request.parameters) {
    const folded = name.toLowerCase();
    const isSetting = !BRANCH_PARAMETERS.has(folded) && !PROTOCOL_PARAMETERS.has(folded);
    if (isSetting && !leadsToBranch(name, value)) settings.start(name, value);
  }
  return settings;
}
