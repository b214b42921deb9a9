/** CancelRequest, as libpq's PQcancel sends it. */
import { once } from "node:events";
import { connect } from "node:net";
import { serialize } from "pg-protocol";
import type { Address } from "../support/wire-client.js";

/** What a client was told at start-up. */
export interface CancelKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** The key of a node-postgres client, which keeps it to itself. */
export function cancelKeyOf(client: object): CancelKey {
  if (!("processID" in client) || !("secretKey" in client)) throw new Error("the client has no key");
  return { processID: Number(client.processID), secretKey: Number(client.secretKey) };
}

/** Asks once; resolves when the server has hung up, which is all the answer there is. */
export async function requestCancel(address: Address, { processID, secretKey }: CancelKey): Promise<void> {
  const socket = connect(address);
  await once(socket, "connect");
  const closed = once(socket, "close");
  socket.end(serialize.cancel(processID, secretKey));
  socket.resume();
  await closed;
}

/** Asks again until the statement has ended: a request that comes before it began is for nobody. */
export async function cancelUntilEnded(
  address: Address,
  key: CancelKey,
  statement: Promise<unknown>,
): Promise<void> {
  let ended = false;
  const settled = statement.then(
    () => (ended = true),
    () => (ended = true),
  );
  const isEnded = (): boolean => ended;
  // Each request is over before the next step, or a late one would hit the client's next statement.
  while (!isEnded()) await requestCancel(address, key);
  await settled;
}
