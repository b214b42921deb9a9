/** The whole program inside the test's process, with its HTTP port, and requests to it. */
import { z } from "zod";
import { startApp } from "../../src/app.js";
import { readConfig, type ConfigInput } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed; undefined for what is no JSON. */
  readonly json: unknown;
}

export interface HttpApp extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** A request with a JSON body, if any. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Rows of a query on main, as objects. */
  rows(sql: string, params?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Statements that must succeed, on main or a branch. */
  write(sql: string, branch?: string): Promise<void>;
}

export async function startHttpApp(config: ConfigInput = {}): Promise<HttpApp> {
  const app = await startApp(readConfig({ port: 0, data: ":memory:", ...config }, {}), createLog("fatal"));
  if (app.http === undefined) throw new Error("HTTP is off");
  const { port } = app.http;
  const url = `http://127.0.0.1:${port}`;
  const request: HttpApp["request"] = async (method, path, body, headers = {}) =>
    await answerOf(
      await fetch(url + path, {
        method,
        headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  const post: HttpApp["post"] = async (path, body = {}, headers) =>
    await request("POST", path, body, headers);
  return {
    url,
    port,
    request,
    post,
    get: async (path, headers) => await request("GET", path, undefined, headers),
    rows: async (sql, params = []) => rowsOf(await post("/v1/query", { sql, params })),
    write: async (sql, branch) => {
      const path = branch === undefined ? "/v1/write" : `/v1/branches/${encodeURIComponent(branch)}/write`;
      const { status, text } = await post(path, { sql });
      if (status !== 200) throw new Error(text);
    },
    [Symbol.asyncDispose]: async () => await app.close(),
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const json: unknown = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

const rowsAnswer = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });
const listsAnswer = z.object({ rows: z.array(z.array(z.unknown())) });
const failureAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.looseObject({ sqlstate: z.string().optional() }),
    request_id: z.uuid(),
  }),
});

export function rowsOf({ status, json, text }: Answer): readonly Record<string, unknown>[] {
  if (status !== 200) throw new Error(text);
  return rowsAnswer.parse(json).rows;
}

export function listsOf({ json }: Answer): readonly (readonly unknown[])[] {
  return listsAnswer.parse(json).rows;
}

/** `400 VALIDATION_ERROR 22012`: what a failure says to programs. */
export function failure({ status, json }: Answer): string {
  const { code, details } = failureAnswer.parse(json).error;
  return [status, code, details.sqlstate].filter((part) => part !== undefined).join(" ");
}
