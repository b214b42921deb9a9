/**
 * Traces by OpenTelemetry: a span for each statement, sent by OTLP over HTTP. Loaded only where somebody configured where to.
 *
 * Limits  spans wait in a queue of 2,048; of more the newest are lost, and nobody waits for them
 * Owns    names of heads, classes, counts and times: never a statement's text, and never a value
 */
import { diag, DiagLogLevel, SpanKind, SpanStatusCode, type Attributes } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Log } from "../core/log.js";
import type { FinishedStatement } from "../query/statement-observer.js";

/** Also how long a stop waits for a collector that does not answer. */
const EXPORT_TIMEOUT_MS = 2000;

export interface Tracing {
  finished(statement: FinishedStatement): void;
  /** Sends what waits. Never fails: what could not be sent is logged. */
  close(): Promise<void>;
}

/** `endpoint` is the collector's base address, as `http://127.0.0.1:4318`. What is sent with it, OTEL_EXPORTER_OTLP_HEADERS says. */
export function openTracing(endpoint: string, version: string, log: Log): Tracing {
  diag.setLogger(failuresTo(log), DiagLogLevel.ERROR);
  const url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "duckbranch", "service.version": version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  const tracer = provider.getTracer("duckbranch", version);
  return {
    finished: (statement) => {
      const { startedAtMs, ms, failure } = statement;
      const span = tracer.startSpan(nameOf(statement), {
        kind: SpanKind.SERVER,
        startTime: startedAtMs,
        attributes: attributesOf(statement),
      });
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end(startedAtMs + ms);
    },
    close: async () => {
      await provider.shutdown().catch((error: unknown) => log.warn({ err: error }, "traces were not sent"));
      diag.disable();
    },
  };
}

function nameOf({ kind, command }: FinishedStatement): string {
  return command === undefined ? kind : `branch ${command.verb}`;
}

function attributesOf({ kind, head, command, rows, failure }: FinishedStatement): Attributes {
  return {
    "db.system.name": "postgresql",
    "duckbranch.head": head,
    "duckbranch.statement.class": kind,
    ...(command?.branch === undefined ? {} : { "duckbranch.branch": command.branch }),
    ...(rows === undefined ? {} : { "duckbranch.rows": rows }),
    ...(failure === undefined ? {} : { "db.response.status_code": failure }),
  };
}

function nothing(): void {}

/** What could not be sent is worth a line, and stops nothing. */
function failuresTo(log: Log): Parameters<typeof diag.setLogger>[0] {
  return {
    error: (message) => log.warn({ reason: message.slice(0, 500) }, "traces were not sent"),
    warn: nothing,
    info: nothing,
    debug: nothing,
    verbose: nothing,
  };
}
