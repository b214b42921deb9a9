/** The HTTP port: the sessions of the wire, for programs that speak HTTP. */
import { randomUUID } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import Fastify, { type FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { isLoopback } from "../core/loopback.js";
import type { SqlError } from "../core/errors.js";
import type { Log } from "../core/log.js";
import type { SessionFactory } from "../query/types.js";
import type { AuthenticationPolicy } from "../session/authentication.js";
import type { Api } from "./api.js";
import { refusePages } from "./browser-guard.js";
import { Draining } from "./draining.js";
import { errorReplies } from "./error-replies.js";
import { addBranchRoutes } from "./branch-routes.js";
import { addHealthRoutes } from "./health-routes.js";
import { HttpConnections } from "./http-connections.js";
import { HttpError } from "./http-error.js";
import { refuseMalformed, requireClearHeaders, takeUnusual } from "./malformed-requests.js";
import type { Metrics } from "./metrics.js";
import { addOrganizationRoutes } from "./organization-routes.js";
import { addTableRoutes } from "./table-routes.js";
import { parseBody, requireJsonBytes } from "./json-body.js";
import { describeApi } from "./openapi.js";
import { addQueryRoutes } from "./query-routes.js";
import { RequestSlots } from "./request-slots.js";
import { partyOf, principalOf } from "./request-user.js";
import type { WorkServices } from "./request-work.js";
import { refuseUnknownRoutes } from "./unknown-routes.js";
import type { WorkWatch } from "./work-watch.js";

export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly httpPort: number;
  /** Sockets at a time, and requests that work in a session. */
  readonly maxHttpConnections: number;
  readonly maxHttpRequests: number;
  readonly maxHttpBodyBytes: number;
  /** Longest time from a request's last byte to the end of its answer. */
  readonly httpRequestTimeoutMs: number;
  /** For how long a client may read nothing of an answer, or send nothing on an open connection. */
  readonly httpIdleTimeoutMs: number;
  /** For how long a request without a place leaves those in peace who let answers wait, or hold more than a fair part. */
  readonly httpPatienceMs: number;
  /** For a request's head, and to agree on encryption. */
  readonly authenticationTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly version: string;
  readonly log: Log;
}

/** Who may come in and how, as on the wire. */
export interface HttpSecurity {
  readonly policy: AuthenticationPolicy;
  /** Undefined for plain HTTP. */
  readonly tls: () => SecureContextOptions | undefined;
}

export interface HttpServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Resolves when DuckDB can no longer be used. */
  readonly engineFailed: Promise<SqlError>;
  /** Takes the certificate there is now. */
  reload(): void;
  /** Lets requests under way end within `drainTimeoutMs`, then stops them; listens until `others` are through, too. */
  close(others: Promise<unknown>): Promise<void>;
}

/** A request has to be there by then, whatever it sends how slowly. */
const RECEIVE_FACTOR = 3;

/** Starts to listen. Errors: what the system says when it cannot. */
export async function startHttpServer(
  options: HttpServerOptions,
  security: HttpSecurity,
  sessions: SessionFactory,
  metrics: Metrics,
): Promise<HttpServer> {
  const tls = security.tls();
  const server = openServer(options, tls);
  const running = new Set<WorkWatch>();
  let tellFailed: ((cause: SqlError) => void) | undefined;
  const engineFailed = new Promise<SqlError>((resolve) => {
    tellFailed = resolve;
  });
  const services: WorkServices = {
    sessions,
    slots: new RequestSlots(options.maxHttpRequests, options.httpPatienceMs),
    requestTimeoutMs: options.httpRequestTimeoutMs,
    stallTimeoutMs: options.httpIdleTimeoutMs,
    onEngineFailure: (cause) => tellFailed?.(cause),
    running,
  };
  const draining = new Draining();
  const api = await createApi(options, security, services, { server, metrics, draining });
  await api.listen({ host: options.host, port: options.httpPort });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("listening on something without a port");
  return {
    address: { host: bound.address, port: bound.port },
    engineFailed,
    reload: () => {
      const next = security.tls();
      if (next !== undefined && "setSecureContext" in server && typeof server.setSecureContext === "function")
        server.setSecureContext(next);
    },
    close: async (others) => await draining.end({ api, server }, running, others, options.drainTimeoutMs),
  };
}

function openServer(options: HttpServerOptions, tls: SecureContextOptions | undefined): Server {
  const limits = {
    headersTimeout: options.authenticationTimeoutMs,
    requestTimeout: options.authenticationTimeoutMs * RECEIVE_FACTOR,
    // These two are looked at so often.
    connectionsCheckingInterval: options.authenticationTimeoutMs / 2,
    keepAliveTimeout: options.httpIdleTimeoutMs,
    // Its absence is refused below, in our form.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createHttpServer(limits)
      : createHttpsServer({ ...limits, ...tls, handshakeTimeout: options.authenticationTimeoutMs });
  takeUnusual(server);
  return server;
}

interface Parts {
  readonly server: Server;
  readonly metrics: Metrics;
  readonly draining: Draining;
}

async function createApi(
  options: HttpServerOptions,
  security: HttpSecurity,
  services: WorkServices,
  { server, metrics, draining }: Parts,
): Promise<Api> {
  const replyError = errorReplies(options.log);
  const api: Api = Fastify({
    serverFactory: (handler) => server.on("request", handler),
    bodyLimit: options.maxHttpBodyBytes,
    // Names of branches and tables stand in paths: what is too long for one is told by those who know it.
    routerOptions: { maxParamLength: 4096 },
    genReqId: () => randomUUID(),
    // An organisation may be empty: its place in the path stays.
    rewriteUrl: ({ url = "/" }) => url.replace(/^\/v1\/organizations\/\//, "/v1/organizations/-/"),
    return503OnClosing: true,
    clientErrorHandler: refuseMalformed,
    // Of requests that reach no route: an address that cannot be decoded.
    frameworkErrors: (error, request, reply) => void replyError(error, request, reply),
    forceCloseConnections: "idle",
  }).withTypeProvider<ZodTypeProvider>();
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler(replyError);
  refuseUnknownRoutes(api);
  draining.refuseWork(api);
  readJson(api);
  api.decorateRequest("principal");
  api.decorateRequest("party", "");
  api.decorateRequest("startedAt", 0);
  api.addHook("onRequest", async (request, reply) => {
    const { routeOptions } = request;
    request.startedAt = performance.now();
    reply.header("x-request-id", request.id);
    requireClearHeaders(request.raw);
    refusePages(request.headers, security.policy.kind === "trust");
    const peer = peerOf(request);
    const isPublic = routeOptions.config.isPublic === true;
    if (!isPublic) request.principal = await principalOf(security.policy, request.headers, peer);
    request.party = partyOf(security.policy, isPublic ? undefined : request.principal, peer.address);
  });
  const connections = new HttpConnections(server, options.maxHttpConnections);
  api.addHook("preValidation", async ({ raw }) => connections.begin(raw));
  api.addHook("onResponse", async ({ raw: request, method, routeOptions, startedAt }, { raw }) => {
    connections.end(request);
    metrics.answered(method, routeOptions.url ?? "unknown", raw.statusCode, performance.now() - startedAt);
  });
  await describeApi(api, options.version);
  addHealthRoutes(api, services, { version: options.version, metrics, draining });
  addQueryRoutes(api, services);
  addTableRoutes(api, services);
  addBranchRoutes(api, services);
  addOrganizationRoutes(api, services);
  return api;
}

function peerOf({ socket }: FastifyRequest): Parameters<typeof principalOf>[2] {
  const address = socket.remoteAddress ?? "";
  return { address, isLoopback: isLoopback(address), isEncrypted: "encrypted" in socket };
}

/** JSON, said to be that or not said at all; other types are refused (415): pages can send some of those unasked. */
function readJson(api: Api): void {
  api.removeAllContentTypeParsers();
  for (const type of ["application/json", "*"])
    api.addContentTypeParser(
      type,
      { parseAs: "buffer" },
      async ({ headers }: FastifyRequest, body: Buffer) => {
        requireJsonBytes(headers);
        return parseBody(body);
      },
    );
  api.addHook("preValidation", async (request) => {
    if (request.method === "POST") request.body ??= {};
    refuseUnreadOptions(request);
  });
}

/** What a route does not read would be quietly left out. Errors: HttpError 400 */
function refuseUnreadOptions({ query, routeOptions: { config, schema, url = "" } }: FastifyRequest): void {
  const [name] = Object.keys(Object(query));
  const isRead = config.isPublic === true || schema?.querystring !== undefined;
  // Of HatiData's clients nobody knows what they add.
  if (name !== undefined && !isRead && !url.startsWith("/v1/organizations/"))
    throw new HttpError(400, `"${name}" is no parameter of this path`);
}
