/** What routes are given, and the type of the server they are added to. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Principal } from "../core/scopes.js";
import { RequestWork, type WorkRequest, type WorkServices } from "./request-work.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered without asking who wants to know. */
    isPublic?: boolean;
  }
  interface FastifyRequest {
    /** Who sent it; set before any handler of a route that wants to know. */
    principal: Principal;
    /** Whose part of the port's places it takes: its user, or its address where users are not known. */
    party: string;
    /** When it was there, in milliseconds of the process's own clock. */
    startedAt: number;
  }
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export type Head = Omit<WorkRequest, "principal" | "party">;

/** Does work in a session of the request's own. What stopped it is said in the error. */
export async function inSession<Result>(
  services: WorkServices,
  request: Pick<FastifyRequest, "principal" | "party">,
  reply: Pick<FastifyReply, "raw">,
  head: Head,
  work: (session: RequestWork) => Promise<Result>,
): Promise<Result> {
  await using session = await RequestWork.open(services, reply.raw, {
    principal: request.principal,
    party: request.party,
    ...head,
  });
  try {
    return await work(session);
  } catch (error) {
    throw explained(services, session, error);
  } finally {
    session.watch.end();
  }
}

/** A failure as its client is told it; DuckDB's end is told to whoever runs the server, too. */
export function explained(services: WorkServices, work: RequestWork, error: unknown): unknown {
  if (error instanceof SqlError && error.code === SQLSTATE.crashShutdown) services.onEngineFailure(error);
  return work.watch.explain(error);
}
