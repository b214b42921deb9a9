/** The type bytes of messages a client may send after start-up. A closed set: any other byte ends the connection. */

export const FRONTEND_TAG = {
  bind: 0x42,
  close: 0x43,
  describe: 0x44,
  execute: 0x45,
  functionCall: 0x46,
  flush: 0x48,
  parse: 0x50,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
  copyDone: 0x63,
  copyData: 0x64,
  copyFail: 0x66,
  /** PasswordMessage, SASLInitialResponse or SASLResponse: which one, only the phase of authentication tells. */
  password: 0x70,
} as const;

export type FrontendTag = (typeof FRONTEND_TAG)[keyof typeof FRONTEND_TAG];

const TAGS: ReadonlySet<number> = new Set(Object.values(FRONTEND_TAG));

const SMALL: ReadonlySet<FrontendTag> = new Set([
  FRONTEND_TAG.close,
  FRONTEND_TAG.describe,
  FRONTEND_TAG.execute,
  FRONTEND_TAG.flush,
  FRONTEND_TAG.sync,
  FRONTEND_TAG.terminate,
  FRONTEND_TAG.copyDone,
  FRONTEND_TAG.copyFail,
  FRONTEND_TAG.password,
]);

const EXTENDED: ReadonlySet<FrontendTag> = new Set([
  FRONTEND_TAG.parse,
  FRONTEND_TAG.bind,
  FRONTEND_TAG.describe,
  FRONTEND_TAG.execute,
  FRONTEND_TAG.close,
  FRONTEND_TAG.flush,
]);

/** Whether a byte is the type of a message a client may send. */
export function isFrontendTag(tag: number): tag is FrontendTag {
  return TAGS.has(tag);
}

/** Whether messages of this type never hold user data, so that a large one is a sign of lost synchronisation. */
export function isSmallMessage(tag: FrontendTag): boolean {
  return SMALL.has(tag);
}

/** Whether an error in this message makes the server skip what follows until Sync. */
export function isExtendedQueryTag(tag: FrontendTag): boolean {
  return EXTENDED.has(tag);
}
