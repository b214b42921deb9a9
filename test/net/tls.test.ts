/** TLS from the request on: what is granted, what is refused, and that no byte is lost on the way. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Client } from "pg";
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { makeCertificate, writeCertificate } from "../support/certificate.js";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { type Address, WireClient } from "../support/wire-client.js";

const SSL_REQUEST = Buffer.from(serialize.requestSsl());
const GSS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]);
const CLIENT_HELLO_START = Buffer.from([0x16, 3, 1, 2, 0]);

const { certificate, key } = makeCertificate();
let directory: TemporaryDirectory;
let files: { readonly tlsCert: string; readonly tlsKey: string };
let required: TestServer;
let optional: TestServer;
let off: TestServer;
beforeAll(async () => {
  directory = await temporaryDirectory();
  files = await writeCertificate(directory, { certificate, key });
  required = await startTestServer({ ...files, tls: "required", password: "secret" });
  optional = await startTestServer({ ...files, authenticationTimeoutMs: 300 });
  off = await startTestServer({ ...files, tls: "off" });
});
afterAll(async () => {
  for (const server of [required, optional, off]) await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** The next bytes, as text. */
async function answer(socket: Socket, request: Buffer): Promise<string> {
  socket.write(request);
  const [bytes] = await once(socket, "data");
  return String(bytes);
}

/** Everything up to the end of the connection. */
async function untilClosed(socket: Socket): Promise<string> {
  const received: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => received.push(bytes));
  socket.on("error", () => undefined);
  if (!socket.closed) await once(socket, "close");
  return Buffer.concat(received).toString();
}

/** Asks for TLS and shakes hands. */
async function upgrade({ host, port }: Address): Promise<TLSSocket> {
  const socket = connect({ host, port });
  expect(await answer(socket, SSL_REQUEST)).toBe("S");
  const secure = connectTls({ socket, ca: certificate, servername: "localhost" });
  await once(secure, "secureConnect");
  return secure;
}

async function refusal(address: Address, ...requests: Buffer[]): Promise<string> {
  const socket = connect(address);
  for (const request of requests) socket.write(request);
  return await untilClosed(socket);
}

/** Passes bytes on in pieces of one size, in both directions. */
async function startChoppingProxy(target: Address, size: number): Promise<Address & AsyncDisposable> {
  const chop = (from: Socket, to: Socket): void => {
    from.on("data", (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += size) to.write(bytes.subarray(at, at + size));
    });
    from.on("close", () => to.destroy());
    from.on("error", () => undefined);
  };
  const proxy = createServer((client) => {
    const server = connect({ ...target, noDelay: true });
    client.setNoDelay(true);
    chop(client, server);
    chop(server, client);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      proxy.close();
      await once(proxy, "close");
    },
  };
}

function clientOptions({ host, port }: Address, password: string): ConstructorParameters<typeof Client>[0] {
  const ssl = { ca: certificate, servername: "localhost" };
  return { host, port, user: "ann", database: "main", password, ssl, enableChannelBinding: true };
}

describe("TLS", () => {
  it.each([undefined, 1, 7])("carries a driver's session, cut into pieces of %s bytes", async (size) => {
    const proxy = size === undefined ? undefined : await startChoppingProxy(required.address, size);
    const client = new Client(clientOptions(proxy ?? required.address, "secret"));
    await client.connect();
    const { rows } = await client.query("select x::int4 as x, repeat('y', 50) as y from range(3000) t(x)");
    await client.end();
    await proxy?.[Symbol.asyncDispose]();
    expect(rows).toEqual(Array.from({ length: 3000 }, (_, x) => ({ x, y: "y".repeat(50) })));
  });

  it("is declined where it is off, once", async () => {
    const socket = connect(off.address);
    expect(await answer(socket, SSL_REQUEST)).toBe("N");
    expect(await answer(socket, SSL_REQUEST)).toMatch(
      /^E.*FATAL.*0A000.*unsupported frontend protocol 1234\.5679/s,
    );
    socket.destroy();
  });

  it("takes requests of both kinds in any order, but none inside TLS", async () => {
    const socket = connect(optional.address);
    expect(await answer(socket, GSS_REQUEST)).toBe("N");
    socket.destroy();
    for (const [request, version] of [
      [SSL_REQUEST, "1234.5679"],
      [GSS_REQUEST, "1234.5680"],
    ] as const) {
      const secure = await upgrade(optional.address);
      secure.write(request);
      expect(await untilClosed(secure)).toContain(`unsupported frontend protocol ${version}`);
    }
  });

  it("is not begun when bytes came behind the request: they could be anybody's", async () => {
    const startup = Buffer.from(serialize.startup({ user: "eve" }));
    const report = /FATAL\0C08P01\0Mreceived unencrypted data after SSL request/;
    expect(await refusal(required.address, Buffer.concat([SSL_REQUEST, startup]))).toMatch(/^E/);
    expect(await refusal(required.address, Buffer.concat([SSL_REQUEST, startup]))).toMatch(report);
    // PostgreSQL answers first where it declines.
    expect(await refusal(off.address, Buffer.concat([SSL_REQUEST, startup]))).toMatch(/^NE/);
    expect(await refusal(off.address, Buffer.concat([SSL_REQUEST, startup]))).toMatch(report);
  });

  it("where it is required, refuses plain text with 28000 before any password", async () => {
    const startup = Buffer.from(serialize.startup({ user: "ann", database: "shop" }));
    expect(await refusal(required.address, startup)).toMatch(
      /^E.{4}SFATAL\0VFATAL\0C28000\0Mno pg_hba\.conf entry for host "127\.0\.0\.1", user "ann", database "shop", no encryption\0/s,
    );
  });

  it("is not spoken in versions before 1.2", async () => {
    const socket = connect(optional.address);
    expect(await answer(socket, SSL_REQUEST)).toBe("S");
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    const secure = connectTls({ socket, ca: certificate, servername: "localhost", ...old });
    const [error] = await once(secure, "error");
    expect(error).toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
  });

  it("carries a cancel request, and where it is required takes a plain one too", async () => {
    const client = new Client(clientOptions(required.address, "secret"));
    await client.connect();
    const { processID, secretKey } = Object(client);
    for (const dial of [upgrade, async ({ host, port }: Address) => connect({ host, port })]) {
      const executing = once(required.sessions.events, "execute");
      const endless = client
        .query("select count(*) from range(1000000000000) t(x) where x % 7 = 3")
        .catch((error: unknown) => Object(error).code);
      await executing;
      const cancel = await dial(required.address);
      cancel.write(serialize.cancel(processID, secretKey));
      expect(await untilClosed(cancel)).toBe("");
      expect(await endless).toBe("57014");
    }
    await client.end();
  });

  it("ends without a word when the handshake is no handshake, or never ends", async () => {
    const garbage = connect(optional.address);
    expect(await answer(garbage, SSL_REQUEST)).toBe("S");
    garbage.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(await untilClosed(garbage)).not.toContain("FATAL");
    for (const bytes of [Buffer.alloc(0), CLIENT_HELLO_START]) {
      const silent = connect(optional.address);
      expect(await answer(silent, SSL_REQUEST)).toBe("S");
      silent.write(bytes);
      expect(await untilClosed(silent)).toBe("");
    }
    using next = await WireClient.start(optional.address);
    expect((await next.query("select 1")).at(-2)).toMatchObject({ text: "SELECT 1" });
  });

  it("notices in the middle of a statement that the client is gone", async () => {
    for (const leave of [(socket: TLSSocket) => socket.destroy(), (socket: TLSSocket) => socket.end()]) {
      const secure = await upgrade(optional.address);
      secure.write(serialize.startup({ user: "ann" }));
      await once(secure, "data");
      const executing = once(optional.sessions.events, "execute");
      const closed = once(optional.sessions.events, "close");
      secure.write(serialize.query("select count(*) from range(1000000000000) t(x) where x % 7 = 3"));
      await executing;
      leave(secure);
      await closed;
    }
    expect(optional.sessions.openSessions).toBe(0);
  });

  it("shows the new certificate after a reload, and keeps the old one when the files are broken", async () => {
    await using own = await temporaryDirectory();
    await using server = await startTestServer(await writeCertificate(own, { certificate, key }));
    const fingerprint = async (): Promise<string> => {
      const socket = connect(server.address);
      await answer(socket, SSL_REQUEST);
      const secure = connectTls({ socket, rejectUnauthorized: false });
      await once(secure, "secureConnect");
      const { fingerprint256 } = secure.getPeerCertificate();
      secure.destroy();
      return fingerprint256;
    };
    const before = await fingerprint();
    await writeCertificate(own, makeCertificate());
    await server.server.reload();
    const after = await fingerprint();
    expect(after).not.toBe(before);
    await writeCertificate(own, { certificate, key: makeCertificate().key });
    await server.server.reload();
    expect(await fingerprint()).toBe(after);
    expect(server.logged.join("")).toContain("certificate not read");
  });

  it.each([
    [{ tls: "required" as const, tlsCert: undefined, tlsKey: undefined }, /without a certificate/],
    [{ tlsKey: undefined }, /needed together/],
    [{ tlsCert: "/nonexistent.pem" }, /cannot use certificate/],
  ])("refuses to start with %j", async (options, reason) => {
    await expect(startTestServer({ ...files, ...options })).rejects.toThrow(reason);
  });
});
