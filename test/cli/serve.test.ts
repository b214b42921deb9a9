/** The command line as an operator meets it: ready line, signals, refusals, passwords, logs. */
import { existsSync } from "node:fs";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { describe, expect, test } from "vitest";
import { connectPg } from "./pg-client.js";
import { ServerProcess } from "./server-process.js";
import { temporaryDirectory } from "./temporary-directory.js";

describe("duckbranch serve", () => {
  test("picks free ports and says both, and nothing else, when it is ready", async () => {
    await using directory = await temporaryDirectory();
    await using server = await ServerProcess.serve(directory.file("a.db"));
    await using client = await connectPg(server.address);
    expect(await client.value("SELECT 40 + 2")).toBe(42);
    expect(server.address.port).toBeGreaterThan(0);
    await server.stop();
    expect(server.output).toEqual([
      `duckbranch listening on 127.0.0.1:${server.address.port}`,
      expect.stringMatching(/^HTTP API on port \d+$/),
    ]);
  });

  test("serves without HTTP where the port behind its own is somebody else's, unless HTTP was asked for", async () => {
    await using directory = await temporaryDirectory();
    const { port, behind } = await twoPorts();
    await using other = behind;
    await using server = await ServerProcess.serve(directory.file("a.db"), {
      args: ["--port", String(port)],
    });
    await using client = await connectPg(server.address);
    expect(await client.value("SELECT 1")).toBe(1);
    expect(server.output).toEqual([`duckbranch listening on 127.0.0.1:${port}`]);
    expect(server.log.join()).toContain("its port is in use");
    const asked = ["serve", "--port", "0", "--data", ":memory:", "--http-port", String(port + 1)];
    await using refused = ServerProcess.spawn(asked);
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(other.listening).toBe(true);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "ends on %s with a checkpoint: no write-ahead log is left, the data is there",
    async (signal) => {
      await using directory = await temporaryDirectory();
      const file = directory.file("a.db");
      {
        await using server = await ServerProcess.serve(file);
        await using client = await connectPg(server.address);
        await client.rows("CREATE TABLE t (id INT PRIMARY KEY, name TEXT)");
        await client.rows("INSERT INTO t VALUES (1, 'kept')");
        expect((await stat(`${file}.wal`)).size).toBeGreaterThan(0);
        // It says that it stops, and nobody reads that.
        server.hangUp();
        server.signal(signal);
        expect(await server.exited).toEqual({ code: 0, signal: null });
      }
      expect(existsSync(`${file}.wal`)).toBe(false);
      await using again = await ServerProcess.serve(file);
      await using client = await connectPg(again.address);
      expect(await client.rows("SELECT * FROM t")).toEqual([[1, "kept"]]);
    },
  );

  test("lets the statement under way end before it stops, and takes no new one", async () => {
    await using directory = await temporaryDirectory();
    await using server = await ServerProcess.serve(directory.file("a.db"), {
      // However slow the machine is: this is not about statements that do not end.
      environment: { DUCKBRANCH_DRAIN_TIMEOUT_MS: "600000" },
    });
    await using busy = await connectPg(server.address);
    await using watcher = await connectPg(server.address);
    // Long enough to be under way when the signal comes: the watcher's connection is ended while it runs.
    const counting = busy.value("SELECT count(*) FROM range(140000000) r(i) WHERE i % 7 = 0");
    await watcher.value("SELECT 1");
    const goodbye = new Promise<unknown>((resolve) => watcher.pg.once("error", resolve));
    server.signal("SIGTERM");
    expect(await goodbye).toMatchObject({ code: "57P01" });
    expect(Number(await counting)).toBe(20000000);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await expect(connectPg(server.address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("refuses a file that another process serves, and leaves that one alone", async () => {
    await using directory = await temporaryDirectory();
    const file = directory.file("a.db");
    await using first = await ServerProcess.serve(file);
    await using client = await connectPg(first.address);
    await client.rows("CREATE TABLE t AS SELECT 7 AS n");
    await using second = ServerProcess.spawn(["serve", "--port", "0", "--data", file]);
    expect((await second.exited).code).not.toBe(0);
    expect(second.output).toEqual([]);
    expect(second.log.join("\n")).toContain(`"${file}" is in use by another process`);
    expect(await client.value("SELECT n FROM t")).toBe(7);
  });

  test("refuses a port that is taken", async () => {
    await using directory = await temporaryDirectory();
    await using first = await ServerProcess.serve(directory.file("a.db"));
    const port = String(first.address.port);
    await using second = ServerProcess.spawn(["serve", "--port", port, "--data", directory.file("b.db")]);
    expect((await second.exited).code).not.toBe(0);
    expect(second.log.join("\n")).toContain("EADDRINUSE");
  });

  test("refuses to listen beyond loopback without a password", async () => {
    await using directory = await temporaryDirectory();
    const args = ["serve", "--host", "0.0.0.0", "--port", "0", "--data", directory.file("a.db")];
    await using server = ServerProcess.spawn(args);
    expect((await server.exited).code).not.toBe(0);
    expect(server.output).toEqual([]);
    expect(server.log.join("\n")).toMatch(/refusing to listen on "0\.0\.0\.0" without a password/);
  });

  test("lets in who knows the password, and answers everyone else with 28P01", async () => {
    await using directory = await temporaryDirectory();
    await using server = await ServerProcess.serve(directory.file("a.db"), {
      environment: { DUCKBRANCH_PASSWORD: "correct horse" },
    });
    await using client = await connectPg(server.address, { password: "correct horse" });
    expect(await client.value("SELECT 1")).toBe(1);
    await expect(connectPg(server.address, { password: "battery staple" })).rejects.toMatchObject({
      code: "28P01",
      severity: "FATAL",
    });
    await server.stop();
    expect(server.log.join("\n")).not.toMatch(/correct horse|battery staple/);
  });

  test.each([
    [["--port", "70000"], /invalid configuration: port/],
    [["--config", "/nonexistent/duckbranch.json"], /cannot read configuration file/],
  ])("refuses the options %j with one line that says why", async (args, reason) => {
    await using server = ServerProcess.spawn(["serve", "--data", ":memory:", ...args]);
    expect((await server.exited).code).not.toBe(0);
    expect(server.output).toEqual([]);
    expect(server.log).toHaveLength(1);
    expect(server.log[0]).toMatch(reason);
  });

  test("takes settings from a file, the environment and the command line, the later ones winning", async () => {
    await using directory = await temporaryDirectory();
    const config = directory.file("settings.json");
    await writeFile(config, JSON.stringify({ data: directory.file("no.db"), databaseAliases: ["shop"] }));
    await using server = await ServerProcess.serve(directory.file("yes.db"), {
      args: ["--config", config],
      environment: { DUCKBRANCH_LOG_LEVEL: "fatal", DUCKBRANCH_DATA: directory.file("neither.db") },
    });
    await using client = await connectPg(server.address, "shop");
    expect(await client.value("SELECT current_database()")).toBe("shop");
    await expect(connectPg(server.address, "hatidata")).rejects.toMatchObject({ code: "3D000" });
    await server.stop();
    expect(["no.db", "yes.db", "neither.db"].filter((name) => existsSync(directory.file(name)))).toEqual([
      "yes.db",
    ]);
    expect(server.log).toEqual([]);
  });

  test("writes its log as JSON lines that name no value of a statement", async () => {
    await using directory = await temporaryDirectory();
    await using server = await ServerProcess.serve(directory.file("a.db"));
    await using client = await connectPg(server.address);
    await client.rows("CREATE TABLE t (id INT PRIMARY KEY, secret TEXT)");
    await client.rows("INSERT INTO t VALUES (1, 'hunter-two')");
    await client.rows("INSERT INTO t VALUES ($1, $2)", [2, "hunter-three"]);
    await expect(client.rows("INSERT INTO t VALUES (1, 'hunter-four')")).rejects.toMatchObject({
      code: "23505",
    });
    await expect(client.rows("SELECT 'hunter-five'::INT")).rejects.toMatchObject({ code: "22P02" });
    await expect(client.rows("SELECT 'hunter-six' FROM WHERE")).rejects.toMatchObject({ severity: "ERROR" });
    await server.stop();
    const entries = server.log.map((line): unknown => JSON.parse(line));
    expect(entries).toContainEqual(expect.objectContaining({ msg: "serving" }));
    expect(entries).toContainEqual(expect.objectContaining({ msg: "stopped" }));
    expect(server.log.join("\n")).not.toMatch(/hunter/);
  });
});

/** A port that is free, and a server that listens on the one behind it. */
async function twoPorts(): Promise<{ readonly port: number; readonly behind: Server }> {
  for (;;) {
    const behind = createServer().listen(0, "127.0.0.1");
    await once(behind, "listening");
    const address = behind.address();
    const port = typeof address === "object" && address !== null ? address.port - 1 : 0;
    const before = createServer().listen(port, "127.0.0.1");
    const isFree = await once(before, "listening").then(
      () => true,
      () => false,
    );
    before.close();
    if (isFree) return { port, behind };
    behind.close();
  }
}
