/** What this server shows of itself over TLS: certificate and key, read from files and read again on demand. */
import { constants } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from "node:tls";
import { OperatorError } from "../core/operator-error.js";
import { endpointHashOf } from "./endpoint-hash.js";

/** Whether clients may, must, or cannot encrypt. */
export type TlsMode = "off" | "optional" | "required";

export interface TlsFiles {
  /** The server's certificate and those that lead to its root, PEM. */
  readonly certificate: string;
  /** Its private key, PEM. */
  readonly key: string;
}

const MIN_VERSION: SecureVersion = "TLSv1.2";
/** As PostgreSQL: nothing of one connection is kept for another, and its keys are agreed on once. */
const OPTIONS =
  constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

/** One certificate with its key; connections keep the one they began with. */
export interface TlsIdentity {
  readonly context: SecureContext;
  /** What the context was made from: not every server takes a context. */
  readonly source: SecureContextOptions;
  readonly endpointHash: Buffer | undefined;
}

export class TlsIdentitySource {
  readonly #files: TlsFiles;
  #current: TlsIdentity;

  private constructor(files: TlsFiles, current: TlsIdentity) {
    this.#files = files;
    this.#current = current;
  }

  /** Errors: OperatorError when the files cannot be read, or do not belong together. */
  static async open(files: TlsFiles): Promise<TlsIdentitySource> {
    return new TlsIdentitySource(files, await readIdentity(files));
  }

  get current(): TlsIdentity {
    return this.#current;
  }

  /** New connections see the new files. Errors: as `open`; the old identity stays in use. */
  async reload(): Promise<void> {
    this.#current = await readIdentity(this.#files);
  }
}

async function readIdentity(files: TlsFiles): Promise<TlsIdentity> {
  try {
    const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)]);
    const source = { cert, key, minVersion: MIN_VERSION, secureOptions: OPTIONS };
    return { context: createSecureContext(source), source, endpointHash: endpointHashOf(cert) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `cannot use certificate "${files.certificate}" with key "${files.key}": ${reason}`,
      { cause: error },
    );
  }
}
