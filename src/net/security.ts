/** Who may come in and how: what the options say, with the files they name. */
import type { Logger } from "pino";
import { OperatorError } from "../core/operator-error.js";
import type { AuthenticationMethod, AuthenticationPolicy } from "../session/authentication.js";
import { LoginThrottle } from "../session/login-throttle.js";
import { type Credentials, FileCredentials, sharedPassword } from "../users/credentials.js";
import { type TlsIdentity, TlsIdentitySource, type TlsMode } from "./tls-identity.js";

export interface SecurityOptions {
  /** One password for every user name. Without it and `users` everyone is let in, on loopback only. */
  readonly password: string | undefined;
  /** File of users and verifiers; excludes `password`. */
  readonly users: string | undefined;
  readonly auth: AuthenticationMethod;
  /** Undefined: optional where there is a certificate. */
  readonly tls: TlsMode | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly log: Logger;
}

export interface Security {
  readonly policy: AuthenticationPolicy;
  readonly tlsIdentity: () => TlsIdentity | undefined;
  readonly requiresTls: boolean;
  /** Reads the files again; what cannot be read is logged, and stays as it was. */
  readonly reload: () => Promise<void>;
}

/** Errors: OperatorError for options that contradict each other, and files that cannot be used. */
export async function openSecurity(options: SecurityOptions): Promise<Security> {
  const identities = await openTls(options);
  const credentials = await openCredentials(options);
  const policy: AuthenticationPolicy =
    credentials === undefined
      ? { kind: "trust" }
      : { kind: "password", method: options.auth, credentials, throttle: new LoginThrottle() };
  return {
    policy,
    tlsIdentity: () => identities?.current,
    requiresTls: options.tls === "required",
    reload: async () => {
      await credentials?.refresh();
      await reloadTls(identities, options.log);
    },
  };
}

async function openTls(options: SecurityOptions): Promise<TlsIdentitySource | undefined> {
  const { tls, tlsCert: certificate, tlsKey: key } = options;
  if (certificate !== undefined && key !== undefined) {
    return tls === "off" ? undefined : await TlsIdentitySource.open({ certificate, key });
  }
  if (certificate !== undefined || key !== undefined) {
    throw new OperatorError("a TLS certificate and its key are needed together");
  }
  if (tls === "optional" || tls === "required") {
    throw new OperatorError(`TLS cannot be ${tls} without a certificate and its key`);
  }
  return undefined;
}

async function openCredentials(options: SecurityOptions): Promise<Credentials | undefined> {
  const { password, users, log } = options;
  if (users === undefined) return password === undefined ? undefined : await sharedPassword(password);
  if (password !== undefined) throw new OperatorError("set a password or a users file, not both");
  return await FileCredentials.open(users, log);
}

async function reloadTls(identities: TlsIdentitySource | undefined, log: Logger): Promise<void> {
  if (identities === undefined) return;
  try {
    await identities.reload();
    log.info("certificate read");
  } catch (error) {
    log.error({ err: error }, "certificate not read: the one in use stays");
  }
}
