/** The API as calls: `client.branches` as in the tutorial, and SQL on main. */
import { DuckbranchError } from "./errors.js";
import { parameterJson, Transport, type ClientOptions } from "./transport.js";
import type {
  Branch,
  BranchDetails,
  Change,
  Conflicts,
  CreateBranch,
  DiscardedBranch,
  ExpiringBranch,
  ExtendBranch,
  EndedBranch,
  Grants,
  MergeOptions,
  MergePreview,
  MergeResult,
  Part,
  Privilege,
  QueryOptions,
  Resolution,
  Row,
  Strategy,
  WriteResult,
} from "./types.js";

/**
 * A client of one server. Branches are named by name or id.
 *
 * Errors  every call rejects with DuckbranchError for what the server refused
 */
export class DuckbranchClient {
  readonly branches: Branches;
  readonly #sql: Sql;

  constructor(options: ClientOptions) {
    const transport = new Transport(options);
    this.#sql = new Sql(transport, "/v1");
    this.branches = new Branches(transport);
  }

  /** All rows of a query on main. */
  async query<Result extends Row = Row>(sql: string, options?: QueryOptions): Promise<Result[]> {
    return await this.#sql.query(sql, options);
  }

  /** The same, row by row. */
  stream<Result extends Row = Row>(sql: string, options?: QueryOptions): AsyncGenerator<Result, void> {
    return this.#sql.stream(sql, options);
  }

  /** The same as an Arrow IPC stream, for apache-arrow's `tableFromIPC` or `RecordBatchReader`. */
  async arrow(sql: string, options?: QueryOptions): Promise<ReadableStream<Uint8Array>> {
    return await this.#sql.arrow(sql, options);
  }

  /** Statements on main: all of them happen, or none. */
  async write(sql: string, options?: QueryOptions): Promise<WriteResult> {
    return await this.#sql.write(sql, options);
  }
}

/** SQL on one head. */
class Sql {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  async query<Result extends Row>(sql: string, options?: QueryOptions): Promise<Result[]> {
    const rows: Result[] = [];
    for await (const row of this.stream<Result>(sql, options)) rows.push(row);
    return rows;
  }

  stream<Result extends Row>(sql: string, options: QueryOptions = {}): AsyncGenerator<Result, void> {
    const { signal } = options;
    return this.#transport.rows({
      method: "POST",
      path: `${this.#path}/query`,
      body: sqlBody(sql, options),
      signal,
    });
  }

  async arrow(sql: string, options: QueryOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { signal } = options;
    const body = sqlBody(sql, options);
    return await this.#transport.arrow({ method: "POST", path: `${this.#path}/query`, body, signal });
  }

  async write(sql: string, options: QueryOptions = {}): Promise<WriteResult> {
    const { signal } = options;
    return await this.#transport.json({
      method: "POST",
      path: `${this.#path}/write`,
      body: sqlBody(sql, options),
      signal,
    });
  }
}

function sqlBody(sql: string, { params = [], timeoutMs }: QueryOptions): object {
  return {
    sql,
    params: params.map(parameterJson),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
  };
}

class Branches {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create(branch: CreateBranch): Promise<BranchDetails> {
    return await this.#transport.json({ method: "POST", path: "/v1/branches", body: branch });
  }

  /** Those that still exist, or those of a status; newest first. */
  async list(status?: string, part: Part = {}): Promise<readonly Branch[]> {
    const { branches } = await this.#transport.json<{ readonly branches: readonly Branch[] }>({
      method: "GET",
      path: `/v1/branches${queryOf({ status, ...part })}`,
    });
    return branches;
  }

  /** Those whose time will be over, and what would be lost with them. */
  async expiring(withinHours?: number, part: Part = {}): Promise<readonly ExpiringBranch[]> {
    const { branches } = await this.#transport.json<{ readonly branches: readonly ExpiringBranch[] }>({
      method: "GET",
      path: `/v1/expiring${queryOf({ within_hours: withinHours, ...part })}`,
    });
    return branches;
  }

  async get(branch: string): Promise<BranchDetails> {
    return await this.#transport.json({ method: "GET", path: pathOf(branch) });
  }

  async query<Result extends Row = Row>(
    branch: string,
    sql: string,
    options?: QueryOptions,
  ): Promise<Result[]> {
    return await new Sql(this.#transport, pathOf(branch)).query(sql, options);
  }

  stream<Result extends Row = Row>(
    branch: string,
    sql: string,
    options?: QueryOptions,
  ): AsyncGenerator<Result, void> {
    return new Sql(this.#transport, pathOf(branch)).stream(sql, options);
  }

  async arrow(branch: string, sql: string, options?: QueryOptions): Promise<ReadableStream<Uint8Array>> {
    return await new Sql(this.#transport, pathOf(branch)).arrow(sql, options);
  }

  async write(branch: string, sql: string, options?: QueryOptions): Promise<WriteResult> {
    return await new Sql(this.#transport, pathOf(branch)).write(sql, options);
  }

  /** What it changed, row by row. */
  diff(
    branch: string,
    options: { readonly against?: string; readonly table?: string } = {},
  ): AsyncGenerator<Row & Change, void> {
    const query = new URLSearchParams({ ...options });
    return this.#transport.rows({ method: "GET", path: `${pathOf(branch)}/diff?${query.toString()}` });
  }

  async merge(branch: string, options: MergeOptions = {}): Promise<MergeResult> {
    return await this.#post(branch, "merge", options);
  }

  /** What a merge would do. Its token, given to `merge`, stands for exactly that. */
  async preview(
    branch: string,
    options: Omit<MergeOptions, "token" | "merge_id"> = {},
  ): Promise<MergePreview> {
    return await this.#post(branch, "preview", options);
  }

  /** Brings it up to date with what it was made from; its own changes stay. */
  async sync(branch: string, options: Omit<MergeOptions, "into"> = {}): Promise<MergeResult> {
    return await this.#post(branch, "sync", options);
  }

  async conflicts(branch: string): Promise<Conflicts> {
    return await this.#transport.json({ method: "GET", path: `${pathOf(branch)}/conflicts` });
  }

  /** Decides the conflicts of a merge with strategy `manual`, table by table. */
  async resolve(
    branch: string,
    mergeId: string,
    resolutions: Readonly<Record<string, Resolution>>,
  ): Promise<MergeResult> {
    return await this.#post(branch, "resolve", { merge_id: mergeId, resolutions });
  }

  /** Gives such a merge up. */
  async abandon(branch: string, mergeId?: string): Promise<EndedBranch> {
    return await this.#post(branch, "abandon", mergeId === undefined ? {} : { merge_id: mergeId });
  }

  /** Takes a merge back: the last one, if none is named. */
  async undo(
    branch: string,
    options: { readonly merge_id?: string; readonly strategy?: Strategy } = {},
  ): Promise<MergeResult> {
    return await this.#post(branch, "undo", options);
  }

  async extend(branch: string, time: ExtendBranch): Promise<BranchDetails> {
    return await this.#post(branch, "extend", time);
  }

  /** Ends it without merging; for some time it can be brought back, unless `immediate`. `cascade`: and those made from it. */
  async discard(
    branch: string,
    { immediate = false, cascade = false }: { readonly immediate?: boolean; readonly cascade?: boolean } = {},
  ): Promise<DiscardedBranch> {
    const query = `immediate=${immediate}&cascade=${cascade}`;
    return await this.#transport.json({ method: "DELETE", path: `${pathOf(branch)}?${query}` });
  }

  /** Brings back one that was discarded or has expired. */
  async undelete(
    branch: string,
    options: { readonly name?: string; readonly ttl_hours?: number; readonly ttl_seconds?: number } = {},
  ): Promise<BranchDetails> {
    return await this.#post(branch, "undelete", options);
  }

  async rename(branch: string, name: string): Promise<BranchDetails> {
    return await this.#post(branch, "rename", { name });
  }

  /** Keeps it from being dropped, and merged by others than administrators. */
  async protect(branch: string): Promise<BranchDetails> {
    return await this.#post(branch, "protect", {});
  }

  async unprotect(branch: string): Promise<BranchDetails> {
    return await this.#post(branch, "unprotect", {});
  }

  async grants(branch: string): Promise<Grants> {
    return await this.#transport.json({ method: "GET", path: `${pathOf(branch)}/grants` });
  }

  /** Lets somebody use it, or `public`; an open branch is closed to all others. */
  async grant(branch: string, privilege: Privilege, grantee: string): Promise<Grants> {
    return await this.#post(branch, "grant", { privilege, grantee });
  }

  async revoke(branch: string, privilege: Privilege, grantee: string): Promise<Grants> {
    return await this.#post(branch, "revoke", { privilege, grantee });
  }

  async setAccess(branch: string, access: Grants["access"]): Promise<Grants> {
    return await this.#post(branch, "access", { access });
  }

  async #post<Result>(branch: string, action: string, body: object): Promise<Result> {
    return await this.#transport.json({ method: "POST", path: `${pathOf(branch)}/${action}`, body });
  }
}

/** What is said, as the end of an address. */
function queryOf(values: object): string {
  const given: [string, string][] = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** Errors: DuckbranchError for names that an address takes for another path, main's: no branch has them. */
function pathOf(branch: string): string {
  if (branch === "." || branch === "..")
    throw new DuckbranchError(0, "VALIDATION_ERROR", `no branch can be called "${branch}"`);
  return `/v1/branches/${encodeURIComponent(branch)}`;
}
