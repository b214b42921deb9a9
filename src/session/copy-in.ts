/** COPY … FROM STDIN: the phase in which the client sends data instead of statements. */
import type { Charset } from "../core/charset.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopySink } from "../query/types.js";
import type { Frame } from "../wire/frame-reader.js";
import { decodeFrontendMessage } from "../wire/frontend-messages.js";
import { FRONTEND_TAG } from "../wire/frontend-tags.js";
import type { ClientContext } from "./client-context.js";
import { ClientGoneError } from "./client-channel.js";

/**
 * Receives the data of one COPY and gives its tag. Flush and Sync are ignored until the data ends.
 *
 * Errors  57014 for CopyFail or a cancel request, 08P01 for any other message, behind which the connection ends, and what
 *         the sink says; the sink is aborted first
 */
export async function copyIn(
  context: ClientContext,
  sink: CopySink,
  charset: Charset | undefined,
): Promise<string> {
  try {
    await context.output.flush();
    for (;;) {
      const frame = await context.channel.nextFrame(false);
      if (frame === undefined) throw new ClientGoneError();
      context.interrupt.throwIfRequested();
      context.isOutOfStep = !COPY_TAGS.has(frame.tag);
      const tag = await acceptFrame(frame, sink, charset);
      if (tag !== undefined) return tag;
    }
  } catch (error) {
    await sink.abort(error instanceof Error ? error.message : "COPY failed");
    throw error;
  }
}

const COPY_TAGS: ReadonlySet<number> = new Set([
  FRONTEND_TAG.copyData,
  FRONTEND_TAG.copyDone,
  FRONTEND_TAG.copyFail,
  FRONTEND_TAG.flush,
  FRONTEND_TAG.sync,
]);

/** The tag once the copy is complete. */
async function acceptFrame(
  frame: Frame,
  sink: CopySink,
  charset: Charset | undefined,
): Promise<string | undefined> {
  const message = decodeFrontendMessage(frame, charset);
  switch (message.type) {
    case "copyData":
      await sink.write(charset === undefined ? message.data : charset.toUtf8(message.data));
      return undefined;
    case "copyDone":
      return sink.finish();
    case "copyFail":
      throw new SqlError(SQLSTATE.queryCanceled, `COPY from stdin failed: ${message.reason}`, {
        where: sink.place,
      });
    case "flush":
    case "sync":
      return undefined;
    default: {
      const type = frame.tag.toString(16).toUpperCase().padStart(2, "0");
      throw new SqlError(
        SQLSTATE.protocolViolation,
        `unexpected message type 0x${type} during COPY from stdin`,
        { where: sink.place },
      );
    }
  }
}
