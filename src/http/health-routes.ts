/** Whether the process is there, and whether it can answer queries. */
import { z } from "zod";
import { fullAccess } from "../core/scopes.js";
import { inSession, type Api } from "./api.js";
import type { Draining } from "./draining.js";
import type { Metrics } from "./metrics.js";
import type { WorkServices } from "./request-work.js";
import { commonErrors, health } from "./schemas.js";
import { readRows } from "./statements.js";

interface HealthParts {
  readonly version: string;
  readonly metrics: Metrics;
  readonly draining: Draining;
}

const READY_MS = 5_000;

export function addHealthRoutes(
  api: Api,
  services: WorkServices,
  { version, metrics, draining }: HealthParts,
): void {
  const tags = ["health"];
  const config = { isPublic: true };
  for (const path of ["/health", "/v1/health"]) {
    api.get(
      path,
      {
        config,
        schema: { tags, summary: "The process is there", response: { 200: health, ...commonErrors } },
      },
      async () => ({ status: draining.begun ? ("draining" as const) : ("ok" as const), version }),
    );
  }
  api.get(
    "/ready",
    {
      config,
      schema: { tags, summary: "Queries are answered", response: { 200: health, ...commonErrors } },
    },
    async ({ party }, reply) => {
      const head = { timeoutMs: READY_MS };
      await inSession(services, { principal: fullAccess("readiness"), party }, reply, head, async (work) =>
        readRows(work, "SELECT 1"),
      );
      return { status: "ok" as const, version };
    },
  );
  api.get(
    "/metrics",
    {
      schema: {
        tags,
        summary: "Counters and times for Prometheus",
        response: { ...commonErrors, 200: { content: { "text/plain": { schema: z.string() } } } },
      },
    },
    async ({ party }, reply) => {
      // Numbers of all branches, whoever asks: nothing in them is anybody's row or name.
      const asker = { principal: fullAccess("metrics"), party };
      const text = await inSession(services, asker, reply, {}, async (work) => metrics.report(work));
      return await reply.type(metrics.contentType).send(text);
    },
  );
}
