/**
 * Programs of others that these tests run. One that is missing makes its tests skipped, which vitest shows; with
 * `REQUIRE_CLIENTS=1`, as in CI, it makes them fail.
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const IS_REQUIRED = process.env["REQUIRE_CLIENTS"] === "1";
const VENV = fileURLToPath(new URL("../../node_modules/.cache/clients-venv", import.meta.url));
const PYTHON = `${VENV}/bin/python`;
const PYTHON_PACKAGES = ["psycopg[binary]==3.3.9", "psycopg2-binary==2.9.13"];

const JDBC_VERSION = "42.7.7";
const JDBC_DIRECTORY = fileURLToPath(new URL("../../node_modules/.cache/clients-jdbc", import.meta.url));
const JDBC_JAR = `${JDBC_DIRECTORY}/postgresql-${JDBC_VERSION}.jar`;

/** True when a program can be started. Throws instead of false where the clients are required. */
export function hasProgram(name: string): boolean {
  const { error } = spawnSync(name, ["--version"]);
  return error === undefined || unavailable(`"${name}" is not installed`);
}

/** The Python with psycopg 3 and psycopg2, made on first use; undefined where it cannot be had. */
export function pythonWithDrivers(): string | undefined {
  if (!hasProgram("python3")) return undefined;
  const drivers = "import psycopg, psycopg2";
  if (existsSync(PYTHON) && spawnSync(PYTHON, ["-c", drivers]).status === 0) return PYTHON;
  const steps = [
    ["python3", "-m", "venv", "--clear", VENV],
    [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PYTHON_PACKAGES],
    [PYTHON, "-c", drivers],
  ] as const;
  for (const [program, ...args] of steps) {
    const result = spawnSync(program, args, { encoding: "utf8" });
    if (result.status !== 0) {
      unavailable(`no Python with drivers: ${describe(result)}`);
      return undefined;
    }
  }
  return PYTHON;
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
