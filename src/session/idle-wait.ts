/**
 * Waiting for the client's next message. At rest the client is told meanwhile what other sessions notify, and sent away
 * when it says nothing for too long.
 */
import type { Frame } from "../wire/frame-reader.js";
import type { ClientChannel } from "./client-channel.js";
import type { ClientContext } from "./client-context.js";
import { FatalError } from "./reports.js";

type NextFrame = ReturnType<ClientChannel["nextFrame"]>;

/** Undefined when no more will be processed. Errors: FatalError 25P03 and 57P05, and those of the channel. */
export function nextMessage(context: ClientContext, atRest: boolean): NextFrame {
  const next = context.channel.nextFrame(atRest);
  return atRest && next instanceof Promise ? waitAtRest(context, next) : next;
}

async function waitAtRest(
  context: ClientContext,
  next: Promise<Frame | undefined>,
): Promise<Frame | undefined> {
  const { session } = context;
  let wake = nothing;
  let answer: (() => Frame | undefined) | undefined;
  const settle = (outcome: () => Frame | undefined): void => {
    answer = outcome;
    wake();
  };
  next.then(
    (frame) => settle(() => frame),
    (error: unknown) =>
      settle(() => {
        throw error;
      }),
  );
  using idle = new IdleTimer(context, () => wake());
  session.onNotification(() => wake());
  try {
    for (;;) {
      await sendNotifications(context);
      if (answer !== undefined) return answer();
      idle.throwIfOver();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    session.onNotification(undefined);
  }
}

function nothing(): void {
  return;
}

async function sendNotifications(context: ClientContext): Promise<void> {
  context.writeNotifications();
  await context.output.flush();
}

class IdleTimer implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined;
  #over: FatalError | undefined;

  constructor({ session }: ClientContext, wake: () => void) {
    const limit = session.idleLimit();
    if (limit === undefined) return;
    this.#timer = setTimeout(() => {
      this.#over = new FatalError(limit.error);
      wake();
    }, limit.limitMs);
  }

  throwIfOver(): void {
    if (this.#over !== undefined) throw this.#over;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
