/** `duckbranch user`, and a server that follows what it does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { serialize } from "pg-protocol";
import { describe, expect, test } from "vitest";
import { makeCertificate, writeCertificate } from "../support/certificate.js";
import type { Address } from "../support/wire-client.js";
import { connectPg } from "./pg-client.js";
import { ServerProcess } from "./server-process.js";
import { temporaryDirectory } from "./temporary-directory.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/duckbranch.cjs", import.meta.url));

interface Ending {
  readonly code: unknown;
  readonly output: string;
  readonly errors: string;
}

async function duckbranch(args: readonly string[], input = ""): Promise<Ending> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, output, errors };
}

async function fingerprint(address: Address): Promise<string> {
  const socket = connect(address);
  socket.write(serialize.requestSsl());
  await once(socket, "data");
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  const { fingerprint256 } = secure.getPeerCertificate();
  secure.destroy();
  return fingerprint256;
}

describe("duckbranch user", () => {
  test("adds, lists and removes users, in a file of its owner's with no password in it", async () => {
    await using directory = await temporaryDirectory();
    const file = directory.file("users");
    const well = { code: 0, output: "", errors: "" };
    expect(await duckbranch(["user", "add", "ben", "--users", file], "hunter-one\nignored\n")).toEqual(well);
    expect(await duckbranch(["user", "add", "a b:\u00dc", "--users", file], "hunter-two")).toEqual(well);
    expect(await duckbranch(["user", "list", "--users", file])).toEqual({
      ...well,
      output: "a b:\u00dc\nben\n",
    });
    expect(await readFile(file, "utf8")).not.toContain("hunter");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await duckbranch(["user", "remove", "ben", "--users", file])).toEqual(well);
    expect(await duckbranch(["user", "list", "--users", file])).toEqual({ ...well, output: "a b:\u00dc\n" });
  });

  test.each([
    [["user", "add", "ann"], "x\n", /required option '--users <file>'/, 2],
    [["user", "add", "ann", "--users", "FILE"], "", /^duckbranch: the password is empty\n$/],
    [["user", "add", ":ann", "--users", "FILE"], "x", /^duckbranch: a user name must not/],
    [["user", "add", "a\nb", "--users", "FILE"], "x", /^duckbranch: a user name must not/],
    [["user", "remove", "ann", "--users", "FILE"], "", /^duckbranch: there is no user "ann"\n$/],
    [["user", "list", "--users", "FILE"], "", /^duckbranch: cannot read users file/],
  ])("refuses %j and makes no file", async (args, input, reason, status = 1) => {
    await using directory = await temporaryDirectory();
    const file = directory.file("users");
    const given = args.map((arg) => (arg === "FILE" ? file : arg));
    const { code, output, errors } = await duckbranch(given, input);
    expect([code, output]).toEqual([status, ""]);
    expect(errors).toMatch(reason);
    expect([existsSync(file), existsSync(`${file}.new`)]).toEqual([false, false]);
  });
});

describe("duckbranch serve", () => {
  test("follows the users file, and shows a new certificate after SIGHUP", async () => {
    await using directory = await temporaryDirectory();
    const users = directory.file("users");
    await duckbranch(["user", "add", "ann", "--users", users], "secret");
    const { tlsCert, tlsKey } = await writeCertificate(directory, makeCertificate());
    const args = ["--users", users, "--tls", "required", "--tls-cert", tlsCert, "--tls-key", tlsKey];
    await using server = await ServerProcess.serve(directory.file("a.db"), { args });
    const login = async (user: string, password: string): Promise<unknown> => {
      await using client = await connectPg(server.address, {
        user,
        password,
        ssl: { rejectUnauthorized: false },
      });
      return await client.value("SELECT session_user");
    };
    expect(await login("ann", "secret")).toBe("ann");
    await expect(login("ben", "other")).rejects.toMatchObject({ code: "28P01" });
    await duckbranch(["user", "add", "ben", "--users", users], "other");
    expect(await login("ben", "other")).toBe("ben");
    await duckbranch(["user", "remove", "ann", "--users", users]);
    await expect(login("ann", "secret")).rejects.toMatchObject({ code: "28P01" });
    const before = await fingerprint(server.address);
    await writeCertificate(directory, makeCertificate());
    server.signal("SIGHUP");
    while ((await fingerprint(server.address)) === before);
    expect(await login("ben", "other")).toBe("ben");
    await server.stop();
    expect(server.log.join("\n")).not.toMatch(/secret|SCRAM/);
  });

  test.each([
    [["--tls", "required"], /TLS cannot be required without a certificate/],
    [["--tls-cert", "/nonexistent"], /needed together/],
    [["--tls-cert", "/nonexistent", "--tls-key", "/nonexistent"], /cannot use certificate/],
    [["--users", "/nonexistent"], /cannot read users file/],
    [["--tls", "sometimes"], /invalid configuration: tls/],
    [["--auth", "md5"], /invalid configuration: auth/],
  ])("refuses %j with one line that says why", async (args, reason) => {
    const { code, output, errors } = await duckbranch([
      "serve",
      "--port",
      "0",
      "--data",
      ":memory:",
      ...args,
    ]);
    expect([code, output]).toEqual([1, ""]);
    expect(errors.trim().split("\n")).toHaveLength(1);
    expect(errors).toMatch(reason);
  });
});
