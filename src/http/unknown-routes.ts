/** Requests that reach no route: of a path that has others, which methods it takes. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Api } from "./api.js";
import { HttpError } from "./http-error.js";

interface Route {
  readonly method: string;
  readonly path: RegExp;
}

/** Before any route is added: it listens to those that are. */
export function refuseUnknownRoutes(api: Api): void {
  const routes: Route[] = [];
  api.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, path: patternOf(url) });
  });
  api.setNotFoundHandler(({ method, url }: FastifyRequest, reply: FastifyReply) => {
    const [path = ""] = url.split("?");
    const methods = routes.filter((route) => route.path.test(path)).map((route) => route.method);
    if (methods.length === 0) throw new HttpError(404, `there is no ${method} ${path}`);
    reply.header("allow", [...new Set(methods)].join(", "));
    throw new HttpError(405, `${path} takes no ${method}`);
  });
}

/** `/v1/branches/:branch` as what it matches. */
function patternOf(url: string): RegExp {
  const parts = url
    .split("/")
    .map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(/[^\w-]/g, String.raw`\$&`)));
  return new RegExp(`^${parts.join("/")}$`);
}
