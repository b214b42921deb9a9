/** The exchange itself, with a client's side written here from RFC 5802. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type ChannelBinding, ScramExchange } from "../../src/session/scram.js";
import { deriveVerifier, mockVerifier } from "../../src/users/scram-verifier.js";
import { sqlFailure } from "../support/sql-failure.js";

const HASH = randomBytes(32);
const PLAIN: ChannelBinding = { endpointHash: undefined, chosen: false };
const DECLINED: ChannelBinding = { endpointHash: HASH, chosen: false };
const BOUND: ChannelBinding = { endpointHash: HASH, chosen: true };
const PLUS = "p=tls-server-end-point,,";

const verifier = await deriveVerifier("secret");
const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

interface Given {
  readonly header?: string;
  /** What is sent in `c=`. */
  readonly binding?: Buffer;
  readonly password?: string;
}

/** Runs a whole exchange and gives the server's signature, checked, or undefined for a wrong password. */
function exchange(
  server: ScramExchange,
  { header = "n,,", binding, password = "secret" }: Given,
): boolean | undefined {
  const bare = "n=*,r=abc";
  const first = server.first(header + bare);
  const [nonce = "", salt = "", iterations = ""] = first.split(",").map((part) => part.slice(2));
  const withoutProof = `c=${(binding ?? Buffer.from(header)).toString("base64")},r=${nonce}`;
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  const message = `${bare},${first},${withoutProof}`;
  const signature = hmac(createHash("sha256").update(clientKey).digest(), message);
  const proof = clientKey.map((byte, i) => byte ^ (signature[i] ?? 0));
  const final = server.final(`${withoutProof},p=${Buffer.from(proof).toString("base64")}`);
  return final === undefined
    ? undefined
    : final === `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`;
}

describe("a SCRAM exchange", () => {
  it("ends with the proof of both sides", () => {
    expect(exchange(new ScramExchange(verifier, PLAIN), {})).toBe(true);
    expect(exchange(new ScramExchange(verifier, PLAIN), { header: "y,," })).toBe(true);
    expect(exchange(new ScramExchange(verifier, DECLINED), {})).toBe(true);
  });

  it("ends with nothing for a wrong password and for a user who does not exist", () => {
    expect(exchange(new ScramExchange(verifier, PLAIN), { password: "Secret" })).toBeUndefined();
    expect(exchange(new ScramExchange(mockVerifier(HASH, "nobody"), PLAIN), {})).toBeUndefined();
  });

  it("is bound to the certificate the client saw", () => {
    const given = { header: PLUS, binding: Buffer.concat([Buffer.from(PLUS), HASH]) };
    expect(exchange(new ScramExchange(verifier, BOUND), given)).toBe(true);
    expect(exchange(new ScramExchange(verifier, BOUND), { ...given, password: "x" })).toBeUndefined();
    const elsewhere = { header: PLUS, binding: Buffer.concat([Buffer.from(PLUS), randomBytes(32)]) };
    expect(sqlFailure(() => exchange(new ScramExchange(verifier, BOUND), elsewhere))).toMatchObject({
      code: "28000",
      message: "SCRAM channel binding check failed",
    });
  });

  it.each([
    [
      "a client that thinks the server cannot bind",
      DECLINED,
      "y,,",
      "28000",
      "SCRAM channel binding negotiation error",
    ],
    ["binding without having chosen it", DECLINED, PLUS, "08P01", "malformed SCRAM message"],
    ["binding where there is nothing to bind to", PLAIN, PLUS, "08P01", "malformed SCRAM message"],
    ["the choice of binding without its data", BOUND, "n,,", "08P01", "malformed SCRAM message"],
    ["the choice of binding and then none", BOUND, "y,,", "08P01", "malformed SCRAM message"],
    ["another kind of binding", BOUND, "p=tls-unique,,", "08P01", "unsupported SCRAM channel-binding type"],
    [
      "an identity to act for",
      PLAIN,
      "n,a=ann,",
      "0A000",
      "client uses authorization identity, but it is not supported",
    ],
    [
      "an extension it must understand",
      PLAIN,
      "n,,m=x,",
      "0A000",
      "client requires an unsupported SCRAM extension",
    ],
    ["another flag", PLAIN, "z,,", "08P01", "malformed SCRAM message"],
  ])("refuses %s", (_, binding, header, code, message) => {
    const failure = sqlFailure(() => exchange(new ScramExchange(verifier, binding), { header }));
    expect(failure).toMatchObject({ code, message });
  });

  it("refuses a final message whose header is not the first one's", () => {
    const failure = sqlFailure(() =>
      exchange(new ScramExchange(verifier, PLAIN), { header: "n,,", binding: Buffer.from("y,,") }),
    );
    expect(failure).toMatchObject({ code: "08P01" });
  });
});
