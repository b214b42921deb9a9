import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { endpointHashOf } from "../../src/net/endpoint-hash.js";
import { makeCertificate } from "../support/certificate.js";

describe("the hash SCRAM binds a connection with", () => {
  it.each([
    ["rsa-sha256", "sha256"],
    ["rsa-sha512", "sha512"],
    ["ecdsa-sha256", "sha256"],
    ["ecdsa-sha384", "sha384"],
    // RFC 5929: weak ones are replaced.
    ["rsa-sha1", "sha256"],
  ] as const)("of a certificate signed with %s is %s", (kind, hash) => {
    const { certificate } = makeCertificate(kind);
    const { raw } = new X509Certificate(certificate);
    expect(endpointHashOf(Buffer.from(certificate))).toEqual(createHash(hash).update(raw).digest());
  });

  it("is not there for Ed25519, which has no hash to tell", () => {
    expect(endpointHashOf(Buffer.from(makeCertificate("ed25519").certificate))).toBeUndefined();
  });

  it("is the first certificate's of a chain", () => {
    const [own, issuer] = [makeCertificate(), makeCertificate("rsa-sha512")];
    const chain = Buffer.from(own.certificate + issuer.certificate);
    expect(endpointHashOf(chain)).toEqual(endpointHashOf(Buffer.from(own.certificate)));
  });
});
