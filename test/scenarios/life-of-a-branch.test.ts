/** What a scenario file cannot say: time running out, and sessions that own their branch. */
import { once, EventEmitter } from "node:events";
import type { Client } from "pg";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig, type ConfigInput } from "../../src/config.js";
import { codeOf, connectTo, rowsOf, valueOf, type ClientOptions } from "./clients.js";

const NEVER_MS = 3_600_000;

/** A server, its clients and its log; the test's end closes them. */
class Stage {
  readonly app: App;
  readonly #clients: Client[] = [];

  constructor(app: App) {
    this.app = app;
  }

  readonly connect = async (database: string, more: ClientOptions = {}): Promise<Client> => {
    const client = await connectTo(this.app, database, more);
    this.#clients.push(client);
    return client;
  };

  async close(): Promise<void> {
    for (const client of this.#clients) await client.end();
    await this.app.close();
  }
}

let stage: Stage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function start(
  sweepIntervalMs: number,
  onLog: (line: string) => void = () => undefined,
  more: ConfigInput = {},
): Promise<Stage> {
  const config = readConfig({ port: 0, data: ":memory:", sweepIntervalMs, ...more }, {});
  stage = new Stage(await startApp(config, pino({ level: "info" }, { write: onLog })));
  return stage;
}

/** Asks until the answer is `wanted`: the event waited for is the clock moving on. */
async function untilValue(client: Client, text: string, wanted: string): Promise<void> {
  while ((await valueOf(client, text)) !== wanted);
}

describe("a branch whose time is over", () => {
  it("takes no writes and gives no reads, also before the sweeper comes by", async () => {
    const { connect } = await start(NEVER_MS);
    const main = await connect("main");
    await main.query("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int)");
    await main.query("CREATE BRANCH b");
    const branch = await connect("main/b");
    await branch.query("INSERT INTO t VALUES (1)");
    await main.query("ALTER BRANCH b SET (ttl '1 ms')");
    await untilValue(main, "SELECT status FROM _hatidata_branches", "expired");

    expect(await codeOf(branch.query("INSERT INTO t VALUES (2)"))).toBe("55000");
    expect(await codeOf(branch.query("CREATE TABLE v (id int)"))).toBe("55000");
    expect(await codeOf(branch.query("SELECT * FROM t"))).toBe("55000");
    expect(await codeOf(main.query("MERGE BRANCH b"))).toBe("55000");
    expect(await codeOf(main.query("SELECT * FROM b.t"))).toBe("55000");
    expect(await codeOf(connect("main/b"))).toBe("55000");
    expect(await rowsOf(main, "SELECT * FROM t")).toEqual([]);
  });

  it("is ended by the sweeper, which frees its tables and its name", async () => {
    const log = new EventEmitter();
    const isEnded = once(log, "expired branches ended");
    const tell = (line: string): void => {
      if (line.includes("expired branches ended")) log.emit("expired branches ended");
    };
    const { connect } = await start(10, tell, { expiryGraceHours: 0 });
    const main = await connect("main");
    await main.query("CREATE TABLE t (id int PRIMARY KEY)");
    await main.query("CREATE BRANCH b");
    const branch = await connect("main/b");
    await branch.query("INSERT INTO t VALUES (1)");
    await main.query("ALTER BRANCH b SET (ttl '1 ms')");
    await isEnded;

    expect(await rowsOf(main, "SELECT name, status, modified_table_count FROM _hatidata_branches")).toEqual([
      ["b", "expired", "0"],
    ]);
    expect(await rowsOf(main, "SELECT action FROM duckbranch.history ORDER BY happened_at")).toEqual([
      ["create"],
      ["write"],
      ["alter"],
      ["expire"],
    ]);
    expect(await codeOf(branch.query("INSERT INTO t VALUES (2)"))).toBe("55000");
    await main.query("CREATE BRANCH b");
    expect(await rowsOf(await connect("main/b"), "SELECT * FROM t")).toEqual([]);
  });

  it("stays while it is protected", async () => {
    const { connect } = await start(5);
    const main = await connect("main");
    await main.query("CREATE BRANCH kept WITH (ttl '1 hour')");
    await main.query("ALTER BRANCH kept PROTECT");
    await main.query("ALTER BRANCH kept SET (ttl '1 ms')");
    await main.query("CREATE BRANCH gone WITH (ttl '1 ms')");
    await untilValue(main, "SELECT count(*) FROM duckbranch.history WHERE action = 'expire'", "1");
    expect(await rowsOf(main, "SELECT name, status FROM _hatidata_branches ORDER BY name")).toEqual([
      ["gone", "expired"],
      ["kept", "active"],
    ]);
  });
});

describe("a session with branch=new", () => {
  it("has a branch of its own that ends with it", async () => {
    const { app, connect } = await start(NEVER_MS);
    const main = await connect("main");
    await main.query("CREATE TABLE t (id int PRIMARY KEY)");
    const own = await connectTo(app, "main", { options: "-c branch=new -c hatidata_agent_id=agent-7" });
    await own.query("INSERT INTO t VALUES (1)");
    const name = await valueOf(own, "SELECT current_branch()");

    expect(await valueOf(own, "SELECT count(*) FROM t")).toBe("1");
    expect(await valueOf(main, "SELECT count(*) FROM t")).toBe("0");
    expect(await rowsOf(main, "SELECT name, agent_id, status FROM _hatidata_branches")).toEqual([
      [name, "agent-7", "active"],
    ]);
    await own.end();
    await untilValue(main, "SELECT status FROM _hatidata_branches", "discarded");
  });

  it("leaves a branch that was merged to its history", async () => {
    const { connect } = await start(NEVER_MS);
    const main = await connect("main");
    await main.query("CREATE TABLE t (id int PRIMARY KEY)");
    const own = await connect("main/new");
    await own.query("INSERT INTO t VALUES (1)");
    await own.query(`MERGE BRANCH "${await valueOf(own, "SHOW branch")}"`);
    expect(await rowsOf(main, "SELECT * FROM t")).toEqual([["1"]]);
    expect(await rowsOf(main, "SELECT status FROM _hatidata_branches")).toEqual([["merged"]]);
  });
});

describe("options at connect", () => {
  it("choose the branch, the database name coming first", async () => {
    const { connect } = await start(NEVER_MS);
    const main = await connect("main");
    await main.query("CREATE BRANCH a");
    await main.query("CREATE BRANCH b");
    expect(await valueOf(await connect("main", { options: "-c branch=b" }), "SHOW branch")).toBe("b");
    expect(await valueOf(await connect("main/a", { options: "-c branch=b" }), "SHOW branch")).toBe("a");
    expect(await codeOf(connect("main", { options: "-c branch=nowhere" }))).toBe("3D000");
  });
});
