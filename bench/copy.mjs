/** COPY in and out, in its three formats: rows per second beside PostgreSQL 15, on main and on a branch; memory meanwhile. */
import { median, rounded, timed } from "./measure.mjs";
import { startPostgres } from "./postgres.mjs";
import { connectRaw } from "./raw-client.mjs";
import { residentMb, startServer } from "./server.mjs";

const ROWS = 1_000_000;
const MEMORY_ROWS = 3_000_000;
const ROUNDS = 3;
/** Rows that are made beforehand and sent again and again, in pieces as clients send them. */
const BLOCK_ROWS = 20_000;
const PIECE_BYTES = 65_536;
const MIN_ROWS_PER_SECOND = 200_000;
const MAX_GROWTH_MB = 200;
const SAMPLE_MS = 20;
const TABLE = "CREATE TABLE flows (a bigint, b int, c double precision, d text, e timestamp)";
/** Of a commit: without it each round would also pay for the one before. */
const EMPTY = "TRUNCATE flows";

const FORMATS = {
  text: { options: "", rows: (i) => `${fields(i).join("\t")}\n` },
  csv: { options: "(FORMAT csv)", rows: (i) => `${fields(i).join(",")}\n` },
  binary: { options: "(FORMAT binary)", rows: binaryRow },
};

/** Bigint, int, double, a text longer than DuckDB keeps inline, timestamp. */
function fields(i) {
  const moment = new Date(978_307_200_000 + (i % 90_000_000) * 1000).toISOString();
  return [
    String(i * 7919 + 1_000_000_000_000),
    String(i % 1_000_003),
    String(i / 7),
    `a text for row ${i}`,
    moment.slice(0, 19).replace("T", " "),
  ];
}

function binaryRow(i) {
  const text = Buffer.from(`a text for row ${i}`);
  const row = Buffer.alloc(2 + 12 + 8 + 12 + 4 + text.length + 12);
  let at = row.writeInt16BE(5, 0);
  at = row.writeBigInt64BE(BigInt(i * 7919 + 1_000_000_000_000), row.writeInt32BE(8, at));
  at = row.writeInt32BE(i % 1_000_003, row.writeInt32BE(4, at));
  at = row.writeDoubleBE(i / 7, row.writeInt32BE(8, at));
  at = row.writeInt32BE(text.length, at);
  at += text.copy(row, at);
  const micros = BigInt(31_622_400 + (i % 90_000_000)) * 1_000_000n;
  row.writeBigInt64BE(micros, row.writeInt32BE(8, at));
  return row;
}

function block({ rows }) {
  return Buffer.concat(Array.from({ length: BLOCK_ROWS }, (_, i) => Buffer.from(rows(i))));
}

function* pieces(name, rowCount, data) {
  if (name === "binary") yield Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
  for (let rows = 0; rows < rowCount; rows += BLOCK_ROWS) {
    for (let at = 0; at < data.length; at += PIECE_BYTES) yield data.subarray(at, at + PIECE_BYTES);
  }
  if (name === "binary") yield Buffer.from([0xff, 0xff]);
}

/** Target: at least 200,000 rows a second into main and into a branch, and memory that does not grow with the data. */
export async function measureCopy() {
  const server = await startServer(`${TABLE};`);
  const postgres = await startPostgres(`${TABLE};`);
  const main = await connectRaw(server);
  await main.drain("CREATE BRANCH bench");
  const heads = { main, branch: await connectRaw({ ...server, database: "main/bench" }) };
  if (postgres !== undefined) heads.postgres = await connectRaw(postgres);
  try {
    const formats = {};
    for (const name of Object.keys(FORMATS)) formats[name] = await measureFormat(heads, name);
    const slowest = Math.min(...Object.values(formats).flatMap(({ inMain, inBranch }) => [inMain, inBranch]));
    const memory = await measureMemory(server, main);
    const met = slowest >= MIN_ROWS_PER_SECOND && (memory?.met ?? true);
    return { rows: ROWS, formats, memory, met };
  } finally {
    for (const client of Object.values(heads)) client.close();
    await postgres?.stop();
    await server.stop();
  }
}

async function measureFormat(heads, name) {
  const data = block(FORMATS[name]);
  const { options } = FORMATS[name];
  const times = Object.fromEntries(Object.keys(heads).map((head) => [head, { in: [], out: [] }]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [head, client] of Object.entries(heads)) {
      await client.drain(EMPTY);
      const inMs = await timed(() =>
        client.copyIn(`COPY flows FROM STDIN ${options}`, pieces(name, ROWS, data)),
      );
      const outMs = await timed(() => client.drain(`COPY flows TO STDOUT ${options}`));
      if (round < 0) continue;
      times[head].in.push(inMs);
      times[head].out.push(outMs);
    }
  }
  const result = {
    inMain: perSecond(times.main.in),
    inBranch: perSecond(times.branch.in),
    outMain: perSecond(times.main.out),
    outBranch: perSecond(times.branch.out),
  };
  if (times.postgres === undefined) return result;
  const [inPostgres, outPostgres] = [perSecond(times.postgres.in), perSecond(times.postgres.out)];
  return {
    ...result,
    inPostgres,
    outPostgres,
    inRatio: rounded(result.inMain / inPostgres),
    outRatio: rounded(result.outMain / outPostgres),
  };
}

function perSecond(milliseconds) {
  return Math.round((ROWS / median(milliseconds)) * 1000);
}

/** Undefined where /proc is missing. */
async function measureMemory(server, client) {
  const before = residentMb(server.pid);
  if (before === undefined) return undefined;
  let peak = before;
  const sampler = setInterval(() => (peak = Math.max(peak, residentMb(server.pid) ?? 0)), SAMPLE_MS);
  await client.drain(EMPTY);
  await client.copyIn("COPY flows FROM STDIN", pieces("text", MEMORY_ROWS, block(FORMATS.text)));
  clearInterval(sampler);
  const growthMb = rounded(peak - before);
  return {
    rows: MEMORY_ROWS,
    beforeMb: rounded(before),
    peakMb: rounded(peak),
    growthMb,
    met: growthMb <= MAX_GROWTH_MB,
  };
}
