/**
 * Ten million rows to a client that reads slowly: the server must wait, not collect. The server has just made the table:
 * of a file it has only opened, DuckDB's own cache would take in the blocks read, and grow by them.
 */
import { rounded } from "./measure.mjs";
import { connectRaw } from "./raw-client.mjs";
import { residentMb, startServer } from "./server.mjs";
import { flowsSql } from "./streaming.mjs";

const ROWS = 10_000_000;
const MAX_GROWTH_MB = 100;
const SAMPLE_MS = 20;
/** The first pause is long: whatever would pile up has the time to. */
const FIRST_PAUSE_MS = 4_000;
const PAUSE_EVERY_BYTES = 8_000_000;
const PAUSE_MS = 150;

/** Target: the process grows by at most 100 MB over what it held before the query. Undefined where /proc is missing. */
export async function measureSlowReader() {
  if (residentMb(process.pid) === undefined) return undefined;
  const server = await startServer(flowsSql(ROWS));
  const client = await connectRaw(server);
  await client.drain("SELECT * FROM flows LIMIT 1000");
  const before = residentMb(server.pid);
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, residentMb(server.pid) ?? 0)), SAMPLE_MS);
  try {
    const bytes = await client.drain("SELECT * FROM flows", { onChunk: pauseNowAndThen() });
    const growthMb = rounded(peak - before);
    return {
      rows: ROWS,
      megabytes: rounded(bytes / 1e6),
      beforeMb: rounded(before),
      peakMb: rounded(peak),
      growthMb,
      met: growthMb <= MAX_GROWTH_MB,
    };
  } finally {
    clearInterval(sampler);
    client.close();
    await server.stop();
  }
}

/** Milliseconds to pause after so many bytes. */
function pauseNowAndThen() {
  let pauses = 0;
  return (bytes) => {
    if (bytes < pauses * PAUSE_EVERY_BYTES) return 0;
    return pauses++ === 0 ? FIRST_PAUSE_MS : PAUSE_MS;
  };
}
