/** SQL: queries, which cannot write, and writes, on main and on branches. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { JsonRowShape } from "../pgtypes/json-rows.js";
import { explained, inSession, type Api, type Head } from "./api.js";
import { toErrorBody } from "./error-replies.js";
import type { JsonValue } from "./parameters.js";
import type { WorkServices } from "./request-work.js";
import { chooseFormat } from "./row-formats.js";
import {
  mainQueryRequest,
  objectErrors,
  queryAnswers,
  queryRequest,
  writeRequest,
  writeResult,
} from "./schemas.js";
import { milliseconds, sendRows } from "./send-rows.js";
import { openQuery, runWrite } from "./statements.js";

const branchPath = z.object({ branch: z.string().min(1).describe("Name or id of a branch, or main") });

export function addQueryRoutes(api: Api, services: WorkServices): void {
  const tags = ["sql"];
  api.post(
    "/v1/query",
    {
      schema: {
        tags,
        summary: "Read main",
        body: mainQueryRequest,
        response: queryAnswers,
      },
    },
    async (request, reply) => {
      const { sql, params, database, branch, row_format: shape, timeout_ms: timeoutMs } = request.body;
      await answerQuery(services, request, reply, { database, branch, timeoutMs }, { sql, params, shape });
      return reply;
    },
  );
  api.post(
    "/v1/write",
    {
      schema: {
        tags,
        summary: "Write main: all of the statements, or none",
        body: writeRequest,
        response: { 200: writeResult, ...objectErrors },
      },
    },
    async (request, reply) => await write(services, request, reply, {}, request.body),
  );
  api.post(
    "/v1/branches/:branch/query",
    {
      schema: {
        tags,
        summary: "Read a branch",
        params: branchPath,
        body: queryRequest,
        response: queryAnswers,
      },
    },
    async (request, reply) => {
      const { sql, params, row_format: shape, timeout_ms: timeoutMs } = request.body;
      const { branch } = request.params;
      await answerQuery(services, request, reply, { branch, timeoutMs }, { sql, params, shape });
      return reply;
    },
  );
  api.post(
    "/v1/branches/:branch/write",
    {
      schema: {
        tags,
        summary: "Write a branch: all of the statements, or none",
        params: branchPath,
        body: writeRequest,
        response: { 200: writeResult, ...objectErrors },
      },
    },
    async (request, reply) =>
      await write(services, request, reply, { branch: request.params.branch }, request.body),
  );
}

interface Query {
  readonly sql: string;
  readonly params: readonly JsonValue[];
  readonly shape: JsonRowShape;
}

/** Sends the rows of a query on a head; the reply is taken over as soon as there are any. */
export async function answerQuery(
  services: WorkServices,
  request: FastifyRequest,
  reply: FastifyReply,
  head: Head,
  { sql, params, shape }: Query,
): Promise<void> {
  const format = chooseFormat(request.headers.accept);
  await inSession(services, request, reply, head, async (work) => {
    await using query = await openQuery(work, sql, params);
    const describeError = (error: unknown): unknown =>
      toErrorBody(explained(services, work, error), request.id).body;
    await sendRows(work, query, reply, { format, shape, startedAt: request.startedAt, describeError });
  });
}

async function write(
  services: WorkServices,
  request: FastifyRequest,
  reply: FastifyReply,
  head: Head,
  { sql, params, timeout_ms: timeoutMs }: z.output<typeof writeRequest>,
): Promise<z.output<typeof writeResult>> {
  const written = await inSession(services, request, reply, { ...head, timeoutMs }, async (work) =>
    runWrite(work, sql, params),
  );
  return {
    rows_affected: written.reduce((sum, { rows_affected: rows }) => sum + rows, 0),
    statements: written.map(({ command, rows_affected, rows }) => ({
      command,
      rows_affected,
      ...(rows === undefined ? {} : { rows: [...rows] }),
    })),
    execution_time_ms: milliseconds(performance.now() - request.startedAt),
  };
}
