/** The hash of a certificate that SCRAM binds to a TLS connection with. */
import { createHash, X509Certificate } from "node:crypto";

/**
 * Hash function by signature algorithm, as its DER encoding: the one the certificate was signed with, but SHA-256 where
 * that is MD5 or SHA-1. Signatures without one hash function of their own (Ed25519, RSA-PSS) have no entry.
 */
const HASHES: Readonly<Record<string, string>> = {
  // RSA PKCS #1: 1.2.840.113549.1.1.x
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a864886f70d01010e": "sha224",
  // ECDSA: 1.2.840.10045.4.x
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;

/**
 * The channel binding data `tls-server-end-point` of a certificate (PEM; the first one of a chain). Undefined where it is
 * not defined: channel binding is then not offered.
 *
 * Source  RFC 5929, section 4
 */
export function endpointHashOf(certificate: Buffer): Buffer | undefined {
  const { raw } = new X509Certificate(certificate);
  const algorithm = HASHES[signatureAlgorithm(raw)];
  return algorithm === undefined ? undefined : createHash(algorithm).update(raw).digest();
}

/** Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { algorithm OBJECT IDENTIFIER, … }, … } */
function signatureAlgorithm(der: Buffer): string {
  const signed = readElement(content(der, SEQUENCE));
  const identifier = content(content(signed.rest, SEQUENCE), OBJECT_IDENTIFIER);
  return identifier.toString("hex");
}

/** What is inside the first element. */
function content(der: Buffer, tag: number): Buffer {
  const element = readElement(der);
  if (element.tag !== tag) throw new Error("a certificate is not built as X.509 says");
  return element.content;
}

/** The first element: tag, length (one byte, or their number and then the bytes), content. */
function readElement(der: Buffer): { tag: number; content: Buffer; rest: Buffer } {
  const short = der.readUInt8(1);
  const lengthBytes = short < 0x80 ? 0 : short - 0x80;
  const start = 2 + lengthBytes;
  const length = lengthBytes === 0 ? short : der.readUIntBE(2, lengthBytes);
  return {
    tag: der.readUInt8(0),
    content: der.subarray(start, start + length),
    rest: der.subarray(start + length),
  };
}
