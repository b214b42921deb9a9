/** libpq over TLS: psql with every way to check the server, and psycopg. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { type CertificateKind, makeCertificate, writeCertificate } from "../support/certificate.js";
import { type Ending, runProgram } from "./run-program.js";
import { hasProgram, pythonWithDrivers } from "./toolchain.js";

const hasPsql = hasProgram("psql");
const python = pythonWithDrivers();
const KINDS: readonly CertificateKind[] = ["rsa-sha256", "rsa-sha512", "ecdsa-sha384", "ed25519"];

describe.skipIf(!hasPsql).each(KINDS)("with a certificate signed with %s", (kind) => {
  let directory: TemporaryDirectory;
  let app: App;
  let connection: string;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    const files = await writeCertificate(directory, makeCertificate(kind));
    const users = directory.file("users");
    const verifier = await deriveVerifier("secret");
    await changeUserFile(users, (list) => ({ ...list, verifiers: new Map([["ann", verifier]]) }));
    const config = readConfig({ port: 0, data: ":memory:", users, tls: "required", ...files }, {});
    app = await startApp(config, createLog("fatal"));
    connection = `host=127.0.0.1 port=${app.address.port} user=ann dbname=main sslrootcert=${files.tlsCert}`;
  });
  afterAll(async () => {
    await app.close();
    await directory[Symbol.asyncDispose]();
  });

  async function psql(options: string): Promise<Ending> {
    const args = ["-X", "-A", "-t", `${connection} ${options}`];
    return await runProgram("psql", args, { input: "SELECT 42\n", environment: { PGPASSWORD: "secret" } });
  }

  test.each([
    "sslmode=prefer",
    "sslmode=require",
    "sslmode=verify-ca",
    "sslmode=verify-full",
    "sslmode=require channel_binding=disable",
    "sslmode=verify-full ssl_min_protocol_version=TLSv1.3",
    "sslmode=verify-full ssl_max_protocol_version=TLSv1.2",
  ])("psql connects with %s", async (options) => {
    expect(await psql(options)).toEqual({ code: 0, output: "42\n", errors: "" });
  });

  test("channel binding is there where the certificate allows it, and else refused, not faked", async () => {
    const bound = await psql("sslmode=require channel_binding=require");
    const isDefined = kind !== "ed25519";
    expect([bound.code, bound.output]).toEqual(isDefined ? [0, "42\n"] : [2, ""]);
    expect(bound.errors).toMatch(isDefined ? /^$/ : /channel binding is required, but server did not offer/);
  });

  test("psql is refused without TLS", async () => {
    const { code, errors } = await psql("sslmode=disable");
    expect(code).toBe(2);
    expect(errors).toMatch(
      /FATAL: {2}no pg_hba\.conf entry for host "127\.0\.0\.1", user "ann", database "main"/,
    );
  });

  test.skipIf(python === undefined)("psycopg connects, both of them", async () => {
    const script = [
      "import psycopg, psycopg2, sys",
      "for driver in (psycopg, psycopg2):",
      "    connection = driver.connect(sys.argv[1])",
      "    cursor = connection.cursor()",
      "    cursor.execute('SELECT sum(x) FROM range(100000) r(x)')",
      "    print(cursor.fetchone()[0])",
    ].join("\n");
    const target = `${connection} sslmode=verify-full password=secret`;
    expect(await runProgram(python ?? "", ["-c", script, target])).toEqual({
      code: 0,
      output: "4999950000\n4999950000\n",
      errors: "",
    });
  });
});
