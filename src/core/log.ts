/**
 * The log: JSON lines on stderr. Levels: error — something of ours is broken; warn — an operator should look; info — the
 * life of the server; debug — single statements. Values of statements never appear at info or above.
 */
import { pino, type Logger } from "pino";

export type Log = Logger;

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function createLog(level: LogLevel): Log {
  const destination = pino.destination({ dest: 2, sync: true });
  // Whoever read the log has gone: that is no reason to stop.
  destination.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
