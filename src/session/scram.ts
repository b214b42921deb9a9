/**
 * SCRAM-SHA-256, the server's side: the password never crosses the wire, and its verifier is all that is needed here.
 *
 * Source  RFC 5802, RFC 7677, RFC 5929; https://www.postgresql.org/docs/15/sasl-authentication.html
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { hmacSha256, KEY_BYTES, type ScramKeys, type ScramVerifier } from "../users/scram-verifier.js";

export const SCRAM_MECHANISM = "SCRAM-SHA-256";
/** With channel binding: the proof holds only for the TLS connection it was made on. */
export const SCRAM_PLUS_MECHANISM = "SCRAM-SHA-256-PLUS";

const BINDING_TYPE = "tls-server-end-point";
const NONCE_BYTES = 18;
const PRINTABLE = /^[!-+\--~]+$/;

/** What the connection can bind an exchange to, and whether the client chose that. */
export interface ChannelBinding {
  /** Hash of the server's certificate; undefined where there is none to bind to. */
  readonly endpointHash: Buffer | undefined;
  readonly chosen: boolean;
}

/** One exchange with one client: `first`, then `final`. */
export class ScramExchange {
  readonly #verifier: ScramVerifier;
  readonly #binding: ChannelBinding;
  /** What the client must repeat in `c=`, protected by its proof. */
  #expectedBinding = "";
  #clientFirstBare = "";
  #serverFirst = "";
  #nonce = "";

  constructor(verifier: ScramVerifier, binding: ChannelBinding) {
    this.#verifier = verifier;
    this.#binding = binding;
  }

  /** Answers client-first-message. Errors: 08P01 malformed, 28000 for a downgrade, 0A000 for an identity or extension. */
  first(message: string): string {
    if (message === "") throw malformed("The message is empty.");
    const [flag = "", identity, ...bare] = message.split(",");
    this.#expectedBinding = this.#checkFlag(flag);
    if (identity?.startsWith("a=")) {
      throw new SqlError(
        SQLSTATE.featureNotSupported,
        "client uses authorization identity, but it is not supported",
      );
    }
    if (identity !== "") throw malformed();
    if (bare[0]?.startsWith("m=")) {
      throw new SqlError(SQLSTATE.featureNotSupported, "client requires an unsupported SCRAM extension");
    }
    attribute(bare[0], "n");
    const clientNonce = attribute(bare[1], "r");
    if (!PRINTABLE.test(clientNonce)) {
      throw new SqlError(SQLSTATE.protocolViolation, "non-printable characters in SCRAM nonce");
    }
    this.#clientFirstBare = bare.join(",");
    this.#nonce = clientNonce + randomBytes(NONCE_BYTES).toString("base64");
    const { salt, iterations } = this.#verifier;
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString("base64")},i=${iterations}`;
    return this.#serverFirst;
  }

  /** Checks client-final-message: server-final-message, or undefined for a wrong password. Errors: 08P01, 28000. */
  final(message: string): string | undefined {
    if (message === "") throw malformed("The message is empty.");
    const parts = message.split(",");
    const proof = Buffer.from(attribute(parts.at(-1), "p"), "base64");
    this.#checkBinding(attribute(parts[0], "c"));
    if (proof.length !== KEY_BYTES) throw malformed("Malformed proof in client-final-message.");
    if (attribute(parts[1], "r") !== this.#nonce) {
      throw new SqlError(SQLSTATE.protocolViolation, "invalid SCRAM response", {
        detail: "Nonce does not match.",
      });
    }
    const authMessage = [this.#clientFirstBare, this.#serverFirst, ...parts.slice(0, -1)].join(",");
    const keys = this.#verifier.keys.find((candidate) => isProof(candidate, authMessage, proof));
    return keys && `v=${hmacSha256(keys.serverKey, authMessage).toString("base64")}`;
  }

  /** The client's view of channel binding must be ours, or somebody in between has edited the list of mechanisms. */
  #checkFlag(flag: string): string {
    const { endpointHash, chosen } = this.#binding;
    if (flag.startsWith("p=")) {
      if (!chosen || endpointHash === undefined)
        throw malformed(
          "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.",
        );
      if (flag !== `p=${BINDING_TYPE}`) {
        throw new SqlError(SQLSTATE.protocolViolation, "unsupported SCRAM channel-binding type");
      }
      return Buffer.concat([Buffer.from(`${flag},,`), endpointHash]).toString("base64");
    }
    if (flag !== "n" && flag !== "y") throw malformed("Unexpected channel-binding flag.");
    if (chosen) {
      throw malformed(
        "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.",
      );
    }
    if (flag === "y" && endpointHash !== undefined) {
      throw new SqlError(SQLSTATE.invalidAuthorization, "SCRAM channel binding negotiation error", {
        detail:
          "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.",
      });
    }
    return Buffer.from(`${flag},,`).toString("base64");
  }

  #checkBinding(binding: string): void {
    if (binding === this.#expectedBinding) return;
    if (this.#binding.chosen) {
      throw new SqlError(SQLSTATE.invalidAuthorization, "SCRAM channel binding check failed");
    }
    throw new SqlError(
      SQLSTATE.protocolViolation,
      "unexpected SCRAM channel-binding attribute in client-final-message",
    );
  }
}

/** ClientKey = proof XOR signature; its hash must be the stored key. */
function isProof(keys: ScramKeys, authMessage: string, proof: Buffer): boolean {
  const signature = hmacSha256(keys.storedKey, authMessage);
  const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
  return timingSafeEqual(createHash("sha256").update(clientKey).digest(), keys.storedKey);
}

function attribute(part: string | undefined, name: string): string {
  if (part === undefined || !part.startsWith(`${name}=`)) throw malformed(`Expected attribute "${name}".`);
  return part.slice(name.length + 1);
}

function malformed(detail?: string): SqlError {
  return new SqlError(SQLSTATE.protocolViolation, "malformed SCRAM message", { detail });
}
