/**
 * Self-signed certificates for tests, made anew each time: no key lies in the repository. They name `localhost` and
 * 127.0.0.1, and can be trusted as their own root.
 *
 * Source  RFC 5280 (X.509), X.690 (DER)
 */
import { generateKeyPairSync, type KeyObject, sign, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { TemporaryDirectory } from "../cli/temporary-directory.js";

/** Key type and hash of the signature. */
export type CertificateKind =
  | "rsa-sha256"
  | "rsa-sha512"
  | "rsa-sha1"
  | "ecdsa-sha256"
  | "ecdsa-sha384"
  | "ed25519";

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** Algorithm identifiers: object identifier, and NULL parameters where RSA wants them. */
const ALGORITHMS: Readonly<Record<CertificateKind, string>> = {
  "rsa-sha256": "300d06092a864886f70d01010b0500",
  "rsa-sha512": "300d06092a864886f70d01010d0500",
  "rsa-sha1": "300d06092a864886f70d0101050500",
  "ecdsa-sha256": "300a06082a8648ce3d040302",
  "ecdsa-sha384": "300a06082a8648ce3d040303",
  ed25519: "300506032b6570",
};
const COMMON_NAME = Buffer.from("0603550403", "hex");
const ALTERNATIVE_NAMES = Buffer.from("0603551d11", "hex");
const DAY_MS = 86_400_000;

export function makeCertificate(kind: CertificateKind = "ecdsa-sha256"): Certificate {
  const { publicKey, privateKey } = makeKeys(kind);
  const algorithm = Buffer.from(ALGORITHMS[kind], "hex");
  const name = sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from("localhost")))));
  const names = sequence(element(0x82, Buffer.from("localhost")), element(0x87, Buffer.from([127, 0, 0, 1])));
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(-DAY_MS), time(DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    element(0xa3, sequence(sequence(ALTERNATIVE_NAMES, element(0x04, names)))),
  );
  const hash = kind.split("-")[1] ?? null;
  const signature = element(0x03, Buffer.concat([Buffer.from([0]), sign(hash, body, privateKey)]));
  return {
    certificate: pem(sequence(body, algorithm, signature)),
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

/** A certificate and its key as files. */
export async function writeCertificate(
  directory: TemporaryDirectory,
  { certificate, key }: Certificate,
): Promise<{ readonly tlsCert: string; readonly tlsKey: string }> {
  const files = { tlsCert: directory.file("server.crt"), tlsKey: directory.file("server.key") };
  await writeFile(files.tlsCert, certificate);
  await writeFile(files.tlsKey, key, { mode: 0o600 });
  return files;
}

function makeKeys(kind: CertificateKind): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === "ed25519") return generateKeyPairSync("ed25519");
  if (kind.startsWith("rsa")) return generateKeyPairSync("rsa", { modulusLength: 2048 });
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

/** UTCTime. */
function time(fromNowMs: number): Buffer {
  const digits = new Date(Date.now() + fromNowMs).toISOString().replaceAll(/[-:T]|\..*$/g, "");
  return element(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function element(tag: number, content: Buffer): Buffer {
  const length = content.length;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
