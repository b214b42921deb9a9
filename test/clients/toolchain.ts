/**
 * Programs of others that these tests run. One that is missing makes its tests skipped, which vitest shows; with
 * `REQUIRE_CLIENTS=1`, as in CI, it makes them fail.
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const IS_REQUIRED = process.env["REQUIRE_CLIENTS"] === "1";
const PYTHON_PACKAGES = [
  "psycopg[binary]==3.3.9",
  "psycopg2-binary==2.9.13",
  "asyncpg==0.31.0",
  "sqlalchemy[asyncio]==2.0.52",
];
const DRIVERS = "import psycopg, psycopg2, asyncpg, sqlalchemy.ext.asyncio, greenlet";
const DBT_PACKAGES = [
  "dbt-core==1.10.23",
  "dbt-postgres==1.9.1",
  "dbt-adapters==1.24.5",
  "dbt-common==1.39.0",
  "psycopg2-binary==2.9.13",
];
/** Compiling all of a package takes longer than compiling what is imported. */
const PIP_OPTIONS = ["--quiet", "--no-compile", "--disable-pip-version-check"];
const DBT = "import psycopg2, dbt.cli.main, dbt.adapters.postgres";

const JDBC_VERSION = "42.7.7";
const JDBC_DIRECTORY = fileURLToPath(new URL("../../node_modules/.cache/clients-jdbc", import.meta.url));
const JDBC_JAR = `${JDBC_DIRECTORY}/postgresql-${JDBC_VERSION}.jar`;

/** True when a program can be started. Throws instead of false where the clients are required. */
export function hasProgram(name: string): boolean {
  const { error } = spawnSync(name, ["--version"]);
  return error === undefined || unavailable(`"${name}" is not installed`);
}

/** The Python with psycopg 3, psycopg2, asyncpg and SQLAlchemy; undefined where it cannot be had. */
export function pythonWithDrivers(): string | undefined {
  return pythonWith("drivers", PYTHON_PACKAGES, DRIVERS);
}

/** The Python with dbt-postgres; undefined where it cannot be had. */
export function pythonWithDbt(): string | undefined {
  return pythonWith("dbt", DBT_PACKAGES, DBT);
}

/**
 * A Python with these packages, made on first use. Test files run side by side: each makes its own, and the first one done
 * is everybody's.
 */
function pythonWith(what: string, packages: readonly string[], check: string): string | undefined {
  if (!hasProgram("python3")) return undefined;
  const venv = venvOf(packages);
  if (existsSync(venv)) return pythonIn(venv);
  const own = `${venv}.${process.pid}`;
  const steps = [
    ["python3", "-m", "venv", "--clear", own],
    [pythonIn(own), "-m", "pip", "install", ...PIP_OPTIONS, ...packages],
    [pythonIn(own), "-c", check],
  ] as const;
  for (const [program, ...args] of steps) {
    const result = spawnSync(program, args, { encoding: "utf8" });
    if (result.status !== 0) {
      rmSync(own, { recursive: true, force: true });
      unavailable(`no Python with ${what}: ${describe(result)}`);
      return undefined;
    }
  }
  publish(own, venv);
  return pythonIn(venv);
}

/** Named by what is in it: one that is there is complete. */
function venvOf(packages: readonly string[]): string {
  const name = `clients-venv-${digest(packages.join(" "))}`;
  return fileURLToPath(new URL(`../../node_modules/.cache/${name}`, import.meta.url));
}

function publish(own: string, venv: string): void {
  try {
    renameSync(own, venv);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(venv)) throw error;
  }
}

function pythonIn(venv: string): string {
  return `${venv}/bin/python`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The jar of pgjdbc, fetched on first use; undefined where it or a JDK cannot be had. */
export function jdbcDriver(): string | undefined {
  if (!hasProgram("javac") || !hasProgram("mvn")) return undefined;
  if (existsSync(JDBC_JAR)) return JDBC_JAR;
  const artifact = `-Dartifact=org.postgresql:postgresql:${JDBC_VERSION}`;
  const copy = ["-q", "-B", "dependency:copy", artifact, `-DoutputDirectory=${JDBC_DIRECTORY}`];
  const result = spawnSync("mvn", copy, { encoding: "utf8" });
  if (result.status === 0 && existsSync(JDBC_JAR)) return JDBC_JAR;
  unavailable(`no pgjdbc: ${describe(result)} ${result.stdout}`);
  return undefined;
}

function describe({ error, stderr }: SpawnSyncReturns<string>): string {
  return error?.message ?? stderr.trim();
}

function unavailable(reason: string): false {
  if (IS_REQUIRED) throw new Error(reason);
  process.stderr.write(`tests are skipped: ${reason}\n`);
  return false;
}
