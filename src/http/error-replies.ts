/** The one place where a failure becomes an answer. What is nobody's fault but ours is logged whole and told neutrally. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Log } from "../core/log.js";
import {
  detailsOf,
  ERROR_CODES,
  errorBody,
  HttpError,
  statusOf,
  type ErrorBody,
  type ErrorStatus,
} from "./http-error.js";

interface ErrorAnswer {
  readonly status: ErrorStatus;
  readonly body: ErrorBody;
}

export function toErrorBody(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof SqlError) {
    const status = statusOf(error.code);
    return { status, body: errorBody(status, error.message, detailsOf(error), requestId) };
  }
  if (error instanceof HttpError)
    return { status: error.status, body: errorBody(error.status, error.message, error.details, requestId) };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map(({ instancePath, message = "" }) => ({
      path: instancePath,
      message,
    }));
    const [first] = issues;
    const message = `invalid request: ${first?.path ?? ""} ${first?.message ?? ""}`
      .replaceAll(/ +/g, " ")
      .trim();
    return { status: 400, body: errorBody(400, message, { issues }, requestId) };
  }
  const status = frameworkStatus(error);
  if (status !== undefined && error instanceof Error)
    return { status, body: errorBody(status, error.message, {}, requestId) };
  return {
    status: 500,
    body: errorBody(500, "internal error", { sqlstate: SQLSTATE.internalError }, requestId),
  };
}

/** Of what the framework refuses itself: bodies that are too large, content types that are none of ours. */
function frameworkStatus(error: unknown): ErrorStatus | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  if (isErrorStatus(statusCode)) return statusCode === 500 ? undefined : statusCode;
  // Others of the client's doing, as a path that is too long.
  return Number(statusCode) >= 400 && Number(statusCode) < 500 ? 400 : undefined;
}

function isErrorStatus(status: unknown): status is ErrorStatus {
  return typeof status === "number" && status in ERROR_CODES;
}

type ReplyError = (
  error: FastifyError | SqlError | HttpError,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<void>;

/** The handler of all failures; the framework's own log is off. */
export function errorReplies(log: Log): ReplyError {
  return async (error, request, reply) => {
    const { status, body } = toErrorBody(error, request.id);
    // A budget is as exhausted a second later.
    const isPassing = !(error instanceof SqlError && error.code === SQLSTATE.configurationLimitExceeded);
    if ((status === 429 || status === 503) && isPassing) reply.header("retry-after", "1");
    if (status === 500) log.error({ err: error, requestId: request.id }, "internal error");
    await replyWith(reply, status, body);
  };
}

async function replyWith(reply: FastifyReply, status: ErrorStatus, body: ErrorBody): Promise<void> {
  if (status === 401) reply.header("www-authenticate", 'Basic realm="duckbranch", charset="UTF-8"');
  // Somebody who is refused before the body was read must not be read on for ever.
  if (status === 413) reply.header("connection", "close");
  await reply.code(status).send(body);
}
