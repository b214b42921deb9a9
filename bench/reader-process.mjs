/**
 * The raw client in a process of its own: what it reads must not take time from the one that measures, nor from the
 * server but for the processor it needs. Started by `startReader`; commands and answers go over the parent's channel.
 */
import { fork } from "node:child_process";
import { on, once } from "node:events";
import { pathToFileURL } from "node:url";
import { timed } from "./measure.mjs";
import { connectRaw } from "./raw-client.mjs";

/** Starts a reader connected to `address`: host, port, and user and database where they are not the usual ones. */
export async function startReader({ host, port, user, database }) {
  const child = fork(new URL(import.meta.url), [JSON.stringify({ host, port, user, database })]);
  const exited = once(child, "exit");
  const failed = exited.then(() => {
    throw new Error("the reader ended");
  });
  failed.catch(() => undefined);
  const answer = async () => (await Promise.race([once(child, "message"), failed]))[0];
  await answer();
  return {
    /** Reads one answer to its end; gives its bytes and the milliseconds it took. */
    drain: async (sql, binary) => {
      child.send({ sql, binary });
      return await answer();
    },
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
}

async function serve(address) {
  const client = await connectRaw(address);
  process.on("disconnect", () => process.exit());
  process.send("ready");
  for await (const [{ sql, binary }] of on(process, "message")) {
    let bytes = 0;
    const ms = await timed(async () => (bytes = await client.drain(sql, { binary })));
    process.send({ bytes, ms });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await serve(JSON.parse(process.argv[2]));
