/** What a failure looks like over HTTP: a status, a short code, and PostgreSQL's own report in the details. */
import { SQLSTATE, SqlError, type SqlState } from "../core/errors.js";

/** Codes by status: a program looks at these, and at `details.sqlstate` for more. */
export const ERROR_CODES = {
  400: "VALIDATION_ERROR",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  406: "NOT_ACCEPTABLE",
  408: "REQUEST_TIMEOUT",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  429: "TOO_MANY_REQUESTS",
  431: "HEADERS_TOO_LARGE",
  499: "CANCELED",
  500: "INTERNAL_ERROR",
  503: "UNAVAILABLE",
  504: "TIMEOUT",
} as const;

export type ErrorStatus = keyof typeof ERROR_CODES;

export interface ErrorBody {
  readonly error: {
    readonly code: (typeof ERROR_CODES)[ErrorStatus];
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
    readonly request_id: string;
  };
}

/** A refusal that is about the request, not about SQL. */
export class HttpError extends Error {
  readonly status: ErrorStatus;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: ErrorStatus, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.details = details;
  }
}

const STATUS_BY_CODE: ReadonlyMap<SqlState, ErrorStatus> = new Map([
  [SQLSTATE.invalidPassword, 401],
  [SQLSTATE.invalidAuthorization, 401],
  [SQLSTATE.insufficientPrivilege, 403],
  [SQLSTATE.invalidCatalogName, 404],
  [SQLSTATE.duplicateObject, 409],
  [SQLSTATE.duplicateTable, 409],
  [SQLSTATE.duplicateSchema, 409],
  [SQLSTATE.duplicateFunction, 409],
  [SQLSTATE.dependentObjectsStillExist, 409],
  [SQLSTATE.objectNotInPrerequisiteState, 409],
  [SQLSTATE.objectInUse, 409],
  [SQLSTATE.lockNotAvailable, 409],
  [SQLSTATE.tooManyConnections, 429],
  // A budget is a quota.
  [SQLSTATE.configurationLimitExceeded, 429],
  [SQLSTATE.diskFull, 503],
  [SQLSTATE.outOfMemory, 503],
  [SQLSTATE.ioError, 503],
  [SQLSTATE.queryCanceled, 499],
  [SQLSTATE.internalError, 500],
]);

/** For whole classes: constraints and transactions are conflicts with what others did, 57 is about the server. */
const STATUS_BY_CLASS: ReadonlyMap<string, ErrorStatus> = new Map([
  ["23", 409],
  ["40", 409],
  ["57", 503],
  ["XX", 500],
]);

export function statusOf(code: SqlState): ErrorStatus {
  return STATUS_BY_CODE.get(code) ?? STATUS_BY_CLASS.get(code.slice(0, 2)) ?? 400;
}

/** The body for a refusal; `details` are left out where there is nothing to say. */
export function errorBody(
  status: ErrorStatus,
  message: string,
  details: Readonly<Record<string, unknown>>,
  requestId: string,
): ErrorBody {
  return { error: { code: ERROR_CODES[status], message, details, request_id: requestId } };
}

/** PostgreSQL's fields that are set. */
export function detailsOf(error: SqlError): Readonly<Record<string, unknown>> {
  const { code, detail, hint, position, where, object } = error;
  const fields = Object.entries({ sqlstate: code, detail, hint, position, where, ...object });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}
