/** Requests and their answers: headers, failures, rows as they come. Knows HTTP, and nothing of branches. */
import { DuckbranchError, errorOf, isObject } from "./errors.js";
import type { Parameter, Row } from "./types.js";

export interface ClientOptions {
  /** For example http://127.0.0.1:5440. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Instead of user and password. */
  readonly apiKey?: string;
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export class Transport {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, user, password, apiKey }: ClientOptions) {
    this.#url = url.replace(/\/+$/, "");
    this.#headers = authorization(user, password, apiKey);
  }

  /** The answer's JSON. Errors: DuckbranchError. */
  async json<Result>(call: Call): Promise<Result> {
    const response = await this.#send(call, "application/json");
    try {
      const answer: Result = JSON.parse(await response.text());
      return answer;
    } catch (error) {
      throw brokenOff(undefined, error);
    }
  }

  /**
   * Rows one by one, read from the server no faster than they are taken; leaving the loop ends the statement.
   *
   * Errors  DuckbranchError, also behind the first rows: an answer that breaks off is never a shorter one
   */
  async *rows<Result extends Row>(call: Call): AsyncGenerator<Result, void> {
    const { body } = await this.#send(call, "application/x-ndjson");
    if (body === null) return;
    let line = "";
    // The last line may be what the server said before it hung up: a row is a row when another follows, or all is there.
    let held: Result | undefined;
    try {
      for await (const text of body.pipeThrough(new TextDecoderStream())) {
        const lines = (line + text).split("\n");
        line = lines.pop() ?? "";
        for (const complete of lines) {
          if (complete === "") continue;
          if (held !== undefined) yield held;
          const row: Result = JSON.parse(complete);
          held = row;
        }
      }
    } catch (error) {
      throw brokenOff(held, error);
    }
    if (line !== "") throw brokenOff(undefined, undefined);
    if (held !== undefined) yield held;
  }

  /** The answer as it comes, as an Arrow IPC stream; one that breaks off ends in an error. */
  async arrow(call: Call): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#send(call, "application/vnd.apache.arrow.stream");
    return body ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  async #send({ method, path, body, signal }: Call, accept: string): Promise<Response> {
    const response = await this.#fetch(path, {
      method,
      headers: {
        ...this.#headers,
        accept,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.ok) return response;
    const text = await response.text();
    throw errorOf(response.status, parseOrNothing(text));
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#url + path, init);
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw new DuckbranchError(0, "UNREACHABLE", `cannot reach ${this.#url}`, { cause: error });
    }
  }
}

function authorization(user?: string, password = "", apiKey?: string): Readonly<Record<string, string>> {
  if (apiKey !== undefined) return { "x-api-key": apiKey };
  if (user === undefined) return {};
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return { authorization: `Basic ${btoa(String.fromCodePoint(...bytes))}` };
}

function brokenOff(last: unknown, cause: unknown): unknown {
  if (cause instanceof DOMException && cause.name === "AbortError") return cause;
  if (isObject(last) && isObject(last["error"])) return errorOf(0, last, cause);
  return new DuckbranchError(0, "BROKEN_OFF", "the answer broke off", { cause });
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Values in forms the server reads without loss. */
export function parameterJson(value: Parameter): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map(parameterJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, parameterJson(inner)]));
}

function isList(value: Parameter): value is readonly Parameter[] {
  return Array.isArray(value);
}
