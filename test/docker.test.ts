/** The image cannot be built here: what its file and the compose file speak of is there, and the program knows it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.js";
import { startTestServer } from "./support/test-server.js";

const ROOT = new URL("../", import.meta.url);
const IMAGE = text("Dockerfile");

function text(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** What a COPY line takes, but for its last word; of what another stage made, as that is called there. */
function copied(line: string): readonly string[] {
  return line
    .split(/\s+/)
    .slice(1, -1)
    .filter((word) => !word.startsWith("--"));
}

const COPIES = [...IMAGE.matchAll(/^COPY .*$/gm)].map(([line]) => line);

describe("the image", () => {
  test("copies what is there, and is let through to the build", () => {
    const sources = COPIES.filter((line) => !line.includes("--from=")).flatMap(copied);
    const allowed = new Set(text(".dockerignore").split("\n"));
    expect(sources.length).toBeGreaterThan(4);
    for (const source of sources) {
      expect([source, existsSync(new URL(source, ROOT))]).toEqual([source, true]);
      expect([source, allowed.has(`!${source}`)]).toEqual([source, true]);
    }
    // All that `npm run build` reads is in it.
    expect(sources).toEqual(
      expect.arrayContaining(["package.json", "package-lock.json", "tsconfig.json", "src"]),
    );
  });

  test("takes from the build what the build makes, and starts the program", () => {
    const { bin, scripts } = JSON.parse(text("package.json"));
    const taken = COPIES.filter((line) => line.includes("--from=build")).flatMap(copied);
    expect(taken).toEqual(["/app/package.json", "/app/node_modules", "/app/dist"]);
    expect(IMAGE).toContain(`CMD ["node", "${String(bin.duckbranch)}", "serve"]`);
    expect(Object.keys(scripts)).toContain("build");
    expect(IMAGE).toContain('CMD ["node", "docker/healthcheck.mjs"]');
  });

  test("is of a version of Node that the program runs on", () => {
    const versions = [...IMAGE.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version));
    const [, oldest] = /^>=(\d+)/.exec(JSON.parse(text("package.json")).engines.node) ?? [];
    expect(versions.length).toBe(2);
    for (const version of versions) expect(version).toBeGreaterThanOrEqual(Number(oldest));
  });
});

test.each(["Dockerfile", "docker/compose.yaml", "docker/healthcheck.mjs"])(
  "%s names variables that the program reads",
  (path) => {
    const names = new Set(text(path).match(/DUCKBRANCH_[A-Z_]+/g) ?? []);
    expect(names.size).toBeGreaterThan(0);
    const before = JSON.stringify(readConfig({}, {}));
    for (const name of names) {
      // One that is known changes the configuration, or is refused for its value.
      const answer = (): string => JSON.stringify(readConfig({}, { [name]: "7" }));
      expect([name, outcome(answer) !== before]).toEqual([name, true]);
    }
  },
);

function outcome(read: () => string): string {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

test("the health check is content with a server, and with nothing else", async () => {
  await using server = await startTestServer();
  expect(await healthOf(server.address.port)).toBe(0);
  const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await once(other.listen(0, "127.0.0.1"), "listening");
  const address = other.address();
  expect(await healthOf(typeof address === "object" ? (address?.port ?? 0) : 0)).toBe(1);
  other.close();
});

async function healthOf(port: number): Promise<unknown> {
  const env = { DUCKBRANCH_HOST: "0.0.0.0", DUCKBRANCH_PORT: String(port) };
  const check = spawn(process.execPath, ["docker/healthcheck.mjs"], { cwd: ROOT, env, stdio: "ignore" });
  const [status]: unknown[] = await once(check, "exit");
  return status;
}
