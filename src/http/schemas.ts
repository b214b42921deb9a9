/** What requests and answers look like: checked on the way in and out, and the OpenAPI document. */
import { z } from "zod";
import { ERROR_CODES } from "./http-error.js";
import type { JsonValue } from "./parameters.js";

/** What JSON.parse gave is one already, and a schema that refers to itself is not described well. */
const jsonValue: z.ZodType<JsonValue> = z.any();

const errorBody = z
  .object({
    error: z.object({
      code: z.enum(Object.values(ERROR_CODES)),
      message: z.string(),
      details: z
        .record(z.string(), z.unknown())
        .describe("PostgreSQL's fields: sqlstate, detail, hint, position, schema, table, column, constraint"),
      request_id: z.string(),
    }),
  })
  .meta({ id: "Error", description: "Every failure looks like this." });

/** The failures any request can meet. */
export const commonErrors = {
  400: errorBody,
  401: errorBody,
  403: errorBody,
  413: errorBody,
  415: errorBody,
  429: errorBody,
  499: errorBody,
  500: errorBody,
  503: errorBody,
  504: errorBody,
} as const;

/** And those of a request that is about something in particular. */
export const objectErrors = { ...commonErrors, 404: errorBody, 409: errorBody } as const;

const column = z.object({ name: z.string(), type: z.string().describe("PostgreSQL's name of the type") });
const row = z.record(z.string(), z.unknown());
const rowFormat = z.enum(["object", "array"]);
const timeoutMs = z.number().int().positive();
const parameters = z
  .array(jsonValue)
  .describe("Values of $1, $2 …: bound, never pasted. Lists for arrays, objects and lists for json.");

export const queryRequest = z
  .strictObject({
    sql: z.string(),
    params: parameters.default([]),
    row_format: rowFormat.default("object"),
    timeout_ms: timeoutMs.optional(),
  })
  .meta({ id: "QueryRequest" });

export const mainQueryRequest = z
  .strictObject({
    sql: z.string(),
    params: parameters.nullish().transform((values) => values ?? []),
    database: z.string().default("main").describe("main, or one of its other names"),
    branch: z.string().optional().describe("Name or id of a branch; main when left out"),
    row_format: rowFormat.default("object"),
    timeout_ms: timeoutMs.optional(),
  })
  .meta({ id: "MainQueryRequest" });

const queryResult = z
  .object({
    columns: z.array(column),
    rows: z.array(z.union([row, z.array(z.unknown())])),
    execution_time_ms: z.number(),
  })
  .meta({ id: "QueryResult" });

export const writeRequest = z
  .strictObject({ sql: z.string(), params: parameters.default([]), timeout_ms: timeoutMs.optional() })
  .meta({ id: "WriteRequest" });

export const writeResult = z
  .object({
    rows_affected: z.number().int(),
    statements: z.array(
      z.object({
        command: z.string().describe("PostgreSQL's command tag"),
        rows_affected: z.number().int(),
        rows: z.array(row).optional().describe("What RETURNING or SELECT gave"),
      }),
    ),
    execution_time_ms: z.number(),
  })
  .meta({ id: "WriteResult" });

/** Queries are answered in the form that Accept asks for. */
export const queryAnswers = {
  ...objectErrors,
  406: errorBody,
  200: {
    description:
      "The rows, as they come. An answer that fails behind its first rows is cut off, never shortened.",
    content: {
      "application/json": { schema: queryResult },
      "application/x-ndjson": { schema: z.string().describe("A row per line") },
      "text/csv": { schema: z.string().describe("As PostgreSQL's COPY writes it, with a line of names") },
      "application/vnd.apache.arrow.stream": { schema: z.string().describe("Arrow's IPC stream, bytes") },
    },
  },
} as const;

export const health = z
  .object({ status: z.enum(["ok", "draining"]), version: z.string() })
  .meta({ id: "Health" });

export const tables = z
  .object({
    tables: z.array(
      z.object({
        name: z.string(),
        schema: z.string(),
        type: z.enum(["table", "view"]),
        columnCount: z.number().int().describe("As HatiData's clients spell it"),
        columns: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
      }),
    ),
  })
  .meta({ id: "Tables" });
