/** What the parts of one client's protocol share: its session, its way out, and what all of them must agree on. */
import type { Logger } from "pino";
import { type Charset, charsetOf } from "../core/charset.js";
import { TimeSlice } from "../core/time-slice.js";
import type { EncodingOptions } from "../pgtypes/cell-writer.js";
import { dateStyleOf, intervalStyleOf } from "../pgtypes/styled-datetime.js";
import type { RowEncoder } from "../pgtypes/row-encoder.js";
import type { QuerySession, ResultColumn } from "../query/types.js";
import {
  writeNoticeResponse,
  writeNotificationResponse,
  writeParameterStatus,
  writeReadyForQuery,
} from "../wire/backend-messages.js";
import type { FormatCode } from "../wire/frontend-messages.js";
import type { ClientChannel } from "./client-channel.js";
import { ClientOutput } from "./client-output.js";
import { ImplicitTransaction } from "./implicit-transaction.js";
import { Interrupt } from "./interrupt.js";
import { sameFormats } from "./row-reader.js";
import { encoderFor } from "./row-source.js";

/** An idle client's encoder holds no more. */
const MAX_KEPT_BYTES = 16_384;

interface KeptEncoder {
  readonly columns: readonly ResultColumn[];
  readonly formats: readonly FormatCode[];
  readonly encoding: EncodingOptions;
  readonly encoder: RowEncoder;
}

export class ClientContext {
  readonly session: QuerySession;
  readonly channel: ClientChannel;
  readonly log: Logger;
  readonly output: ClientOutput;
  readonly interrupt: Interrupt;
  readonly implicit: ImplicitTransaction;
  readonly slice = new TimeSlice();
  /** The client sent statements where it had announced data: nobody knows what its next messages are meant to be. */
  isOutOfStep = false;
  #encoding: EncodingOptions = { timeZone: "UTC" };
  #encoder: KeptEncoder | undefined;
  #descriptionEpoch = 0;
  /** Reported settings that changed and were not sent yet. */
  readonly #unsent = new Map<string, string>();

  constructor(session: QuerySession, channel: ClientChannel, log: Logger) {
    this.session = session;
    this.channel = channel;
    this.log = log;
    this.output = new ClientOutput(channel);
    this.interrupt = new Interrupt(() => session.cancel());
    this.implicit = new ImplicitTransaction(session);
  }

  /** The session's settings as of now: a result is encoded with those that held when it was opened. */
  get encoding(): EncodingOptions {
    this.#takeParameters();
    return this.#encoding;
  }

  /** How the client's texts are written where that is not UTF-8. */
  get charset(): Charset | undefined {
    this.#takeParameters();
    return this.output.writer.charset;
  }

  /**
   * An encoder for a result; the last one where it serves this one too, as for a statement that is run again and again. What
   * it gave is used up before it is asked for more, whoever asks.
   */
  encoderOf(columns: readonly ResultColumn[], formats: readonly FormatCode[]): RowEncoder {
    const { encoding } = this;
    const kept = this.#encoder;
    if (kept?.columns === columns && kept.encoding === encoding && sameFormats(kept.formats, formats))
      return kept.encoder;
    const encoder = encoderFor(columns, formats, encoding);
    this.#encoder = { columns, formats, encoding, encoder };
    return encoder;
  }

  /** Changes when tables may have changed: a description made before is asked for again. */
  get descriptionEpoch(): number {
    return this.#descriptionEpoch;
  }

  forgetDescriptions(): void {
    this.#descriptionEpoch++;
  }

  writeNotices(): void {
    for (const notice of this.session.takeNotices()) writeNoticeResponse(this.output.writer, notice);
  }

  /** What was notified, if the client may hear it now. */
  writeNotifications(): void {
    for (const { processId, channel, payload } of this.session.takeNotifications())
      writeNotificationResponse(this.output.writer, processId, channel, payload);
  }

  /** Reports settings that changed, as PostgreSQL does just before it is ready again, and in its order. */
  writeChangedParameters(): void {
    this.#takeParameters();
    if (this.#unsent.size === 0) return;
    const sorted = [...this.#unsent].toSorted(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    for (const [name, value] of sorted) writeParameterStatus(this.output.writer, name, value);
    this.#unsent.clear();
  }

  /** Ends a cycle: everything that waits goes out. */
  async ready(): Promise<void> {
    this.forgetDescriptions();
    if (this.#encoder !== undefined && this.#encoder.encoder.heldBytes > MAX_KEPT_BYTES)
      this.#encoder = undefined;
    this.writeNotices();
    this.writeChangedParameters();
    this.writeNotifications();
    this.session.rest();
    writeReadyForQuery(this.output.writer, this.session.status);
    await this.output.flush();
  }

  #takeParameters(): void {
    for (const [name, value] of this.session.takeChangedParameters()) {
      this.#unsent.set(name, value);
      if (name === "client_encoding") this.output.writer.charset = charsetOf(value);
      else if (name === "TimeZone") this.#encoding = { ...this.#encoding, timeZone: value };
      else if (name === "DateStyle") this.#encoding = { ...this.#encoding, dateStyle: dateStyleOf(value) };
      else if (name === "IntervalStyle")
        this.#encoding = { ...this.#encoding, intervalStyle: intervalStyleOf(value) };
    }
  }
}
