/**
 * The configuration: one frozen value, checked as a whole before anything starts. Sources, the later ones winning:
 * defaults, `--config FILE` (JSON with the names below), `DUCKBRANCH_*` environment variables, command line.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { LOG_LEVELS } from "./core/log.js";
import { OperatorError } from "./core/operator-error.js";

const positive = z.coerce.number().int().positive();

const schema = z.strictObject({
  /** Address to listen on; anything but loopback needs a password. */
  host: z.string().min(1).default("127.0.0.1"),
  /** 0 picks a free port. */
  port: z.coerce.number().int().min(0).max(65_535).default(5439),
  /** Port of the HTTP API: the one after `port` when left out, a free one for 0. */
  httpPort: z.union([z.literal("off"), z.coerce.number().int().min(0).max(65_535)]).optional(),
  /** Database file, or `:memory:`. */
  data: z.string().min(1).default("./data/duckbranch.db"),
  /** Clients must prove that they know it, if set. */
  password: z.string().min(1).optional(),
  /** File of users and their verifiers, made with `duckbranch user add`; instead of `password`. */
  users: z.string().min(1).optional(),
  /** How clients prove their password; cleartext only over TLS and from loopback. */
  auth: z.enum(["scram", "cleartext"]).default("scram"),
  /** Whether clients may, must or cannot encrypt; optional where there is a certificate. */
  tls: z.enum(["off", "optional", "required"]).optional(),
  /** PEM files. */
  tlsCert: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  /** SQL file run once at start, with access to files, before any client: for loading data. */
  init: z.string().min(1).optional(),
  /** Database names that mean main. */
  databaseAliases: z
    .union([z.array(z.string()), z.string().transform((text) => text.split(","))])
    .default(["postgres", "duckbranch", "hatidata", "default"]),
  /** Where traces are sent by OTLP over HTTP, for example `http://127.0.0.1:4318`; none when left out. */
  otlpEndpoint: z.url({ protocol: /^https?$/ }).optional(),
  logLevel: z.enum(LOG_LEVELS).default("info"),
  /** DuckDB's memory limit, for example `4GB`; DuckDB's own default when absent. */
  memoryLimit: z.string().optional(),
  maxConnections: positive.default(100),
  authenticationTimeoutMs: positive.default(10_000),
  maxMessageBytes: positive.default(64 * 1024 * 1024),
  drainTimeoutMs: positive.default(10_000),
  /** Of the HTTP API: sockets and requests at a time, size of a request, time for its answer, silence of a client, patience of others. */
  maxHttpConnections: positive.default(256),
  maxHttpRequests: positive.default(32),
  maxHttpBodyBytes: positive.default(16 * 1024 * 1024),
  httpRequestTimeoutMs: positive.default(300_000),
  httpIdleTimeoutMs: positive.default(30_000),
  httpPatienceMs: positive.default(2_000),
  sweepIntervalMs: positive.default(10_000),
  /** For how long a branch that was discarded, or that expired, can be brought back; 0: not at all. */
  discardGraceMinutes: z.coerce.number().nonnegative().default(10),
  expiryGraceHours: z.coerce.number().nonnegative().default(24),
  /** Of more such branches the oldest are released before their time. */
  maxDeletedBranches: z.coerce.number().int().nonnegative().default(100),
  /** Entries of duckbranch.history: for how long they are kept, and how many. */
  historyRetentionDays: positive.default(91),
  maxHistoryEntries: positive.default(1_000_000),
  /** For how long what a merge changed is kept, so that it can be undone. */
  undoRetentionHours: positive.default(7 * 24),
  /** Statement texts whose analysis is kept. */
  analysisCacheSize: positive.default(2_000),
  /** Longer texts are read anew each time. */
  maxCachedTextBytes: positive.default(64 * 1024),
});

export type Config = Readonly<z.infer<typeof schema>>;

/** Names as the sources spell them, before checking. */
export type ConfigInput = Readonly<Record<string, unknown>>;

const ENVIRONMENT_PREFIX = "DUCKBRANCH_";

/** Thrown for a configuration that cannot be used; its message is for the operator. */
class ConfigError extends OperatorError {
  override readonly name = "ConfigError";
}

/** Reads and checks the configuration. `commandLine` holds only options that were given. */
export function readConfig(commandLine: ConfigInput, environment: NodeJS.ProcessEnv): Config {
  const { config: file = environment[`${ENVIRONMENT_PREFIX}CONFIG`], ...options } = commandLine;
  const fromFile = typeof file === "string" ? readConfigFile(file) : {};
  const result = schema.safeParse({ ...fromFile, ...readEnvironment(environment), ...options });
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${issue.path.join(".") || "configuration"}: ${issue.message}`,
    );
    throw new ConfigError(`invalid configuration: ${problems.join("; ")}`);
  }
  return Object.freeze(result.data);
}

function readConfigFile(path: string): ConfigInput {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new ConfigError(`cannot read configuration file "${path}"`, { cause: error });
  }
  throw new ConfigError(`configuration file "${path}" must hold a JSON object`);
}

/** `DUCKBRANCH_MAX_CONNECTIONS` ⇒ `maxConnections`; unknown variables are left alone. */
function readEnvironment(environment: NodeJS.ProcessEnv): ConfigInput {
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(schema.shape)) {
    const variable = ENVIRONMENT_PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    const value = environment[variable];
    if (value !== undefined && value !== "") values[key] = value;
  }
  return values;
}
