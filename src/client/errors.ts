/** What a request that was refused, or an answer that broke off, looks like to a program. */

export class DuckbranchError extends Error {
  /** The HTTP status; 0 where there was no answer, or not all of one. */
  readonly status: number;
  /** For example CONFLICT. */
  readonly code: string;
  /** PostgreSQL's code of the failure, where SQL failed. */
  readonly sqlstate: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;

  constructor(status: number, code: string, message: string, fields: ErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = "DuckbranchError";
    this.status = status;
    this.code = code;
    this.details = fields.details ?? {};
    const { sqlstate } = this.details;
    this.sqlstate = typeof sqlstate === "string" ? sqlstate : undefined;
    this.requestId = fields.requestId;
  }
}

interface ErrorFields {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** The failure an answer tells; a general one where it tells none. */
export function errorOf(status: number, body: unknown, cause?: unknown): DuckbranchError {
  const error = isObject(body) && isObject(body["error"]) ? body["error"] : {};
  const { code, message, details, request_id: requestId } = error;
  return new DuckbranchError(
    status,
    typeof code === "string" ? code : "UNKNOWN",
    typeof message === "string" ? message : `the server answered ${status}`,
    {
      details: isObject(details) ? details : {},
      requestId: typeof requestId === "string" ? requestId : undefined,
      cause,
    },
  );
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
