/** Results as a table, in a JSON file, and between the markers of the README. */
import { readFileSync, writeFileSync } from "node:fs";

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/** One line per figure that has a target, and the ones worth knowing beside it. */
export function toTable(results) {
  const { branchCreation, branchStorage, streaming, pointQuery, slowReader, idleConnections, copy } = results;
  const { medianMs, ratios } = pointQuery;
  const rows = [
    ["What", "Measured", "Target", "Met"],
    ...branchCreation.rows.map(({ tables, medianMs: ms, p99Ms }) => [
      `Create a branch of ${tables.toLocaleString("en")} tables`,
      `${ms} ms (99 %: ${p99Ms} ms)`,
      "median ≤ 5 ms, 99 % ≤ 20 ms, flat",
      yesNo(branchCreation.met),
    ]),
    ...storageRows(branchStorage),
    ...treeRows(results),
    ...mergeRows(results.merge),
    streamingRow(streaming, "text", "≥ 1×"),
    streamingRow(streaming, "binary", "≥ 1.2×"),
    ["Only fetching those rows, no wire", `${streaming.fetchMs} ms`, "", ""],
    [
      "Point query, prepared, main",
      `${medianMs.prepared} ms, ${ratios.prepared}× DuckDB in process (${medianMs.duckdb} ms)`,
      "≤ 1.3×",
      yesNo(pointQuery.met),
    ],
    ["Point query, simple, main", `${medianMs.simple} ms, ${ratios.simple}×`, "", ""],
    [
      "Point query, prepared, branch",
      `${medianMs.branchUntouched} ms, ${ratios.branchUntouched}×; table written in the branch: ` +
        `${medianMs.branchWritten} ms, ${ratios.branchWritten}×`,
      "",
      "",
    ],
    slowReader === undefined
      ? ["Slow reader", "not measured here (needs /proc)", "≤ 100 MB growth", ""]
      : [
          `${slowReader.rows.toLocaleString("en")} rows (${slowReader.megabytes} MB) to a slow reader`,
          `memory grew by ${slowReader.growthMb} MB`,
          "≤ 100 MB",
          yesNo(slowReader.met),
        ],
    idleConnections === undefined
      ? ["Idle connections", "not measured here (needs /proc)", "≤ 100 KB each", ""]
      : [
          `${idleConnections.connections} idle connections, each after a query`,
          `${idleConnections.kbEach} KB each`,
          "≤ 100 KB each",
          yesNo(idleConnections.met),
        ],
    ...copyRows(copy),
    ...referenceRows(results.foreignKeys),
    ...catalogRows(results.catalog),
  ];
  const [head, ...body] = rows;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

function storageRows({ firstWrites, diffMs, scans, updates, alter, creators }) {
  const sizes = firstWrites.rows.map(
    ({ size, medianMs }) => `${size.toLocaleString("en")} rows: ${medianMs} ms`,
  );
  return [
    [
      "64 clients create branches at once",
      `${creators.perSecond} per second (99 %: ${creators.p99Ms} ms)`,
      "≥ 200 per second",
      yesNo(creators.met),
    ],
    [
      "First one-row write on a branch",
      sizes.join(", "),
      "≤ 15 ms, flat within 1.5×",
      yesNo(firstWrites.met),
    ],
    [
      "The same beside a copy of the largest, with its key",
      `${firstWrites.copyRatio}× (${firstWrites.copyMs} ms)`,
      "≥ 200×",
      yesNo(firstWrites.copyRatio >= 200),
    ],
    [
      "Scan on a branch, table untouched",
      `${scans.untouched}× main (${scans.mainMs} ms)`,
      "≤ 1.05×",
      yesNo(scans.untouched <= 1.05),
    ],
    scanRow("Scan with 0.1 % of 5,000,000 rows changed", scans, "few", 1.5),
    scanRow("Scan with 0.1 % changed in one place", scans, "clustered", 1.1),
    scanRow("Scan with 4 % changed: still an overlay", scans, "many", 3),
    scanRow("Scan with 10 % changed: a table", scans, "promoted", 1.1),
    [
      "Main's UPDATE of 1 % of 5,000,000 rows",
      `read by 1 branch ${updates.one}×, by 100 ${updates.many}× (by none ${updates.noneMs} ms)`,
      "≤ 3×",
      yesNo(Math.max(updates.one, updates.many) <= 3),
    ],
    [
      "ADD COLUMN with a default on a branch, 5,000,000 rows",
      `${alter.newMs} ms; where rows were changed before ${alter.writtenMs} ms`,
      "≤ 20 ms",
      yesNo(alter.met),
    ],
    ["DIFF of 10,000 changed rows in 10,000,000", `${diffMs} ms`, "≤ 500 ms", yesNo(diffMs <= 500)],
  ];
}

/** Of two columns, which is held to the target, and of all columns in groups. */
function scanRow(what, scans, name, most) {
  const shown = `${scans[name]}× main; all columns, in groups ${scans.wide[name]}×`;
  return [what, shown, `≤ ${most}×`, yesNo(scans[name] <= most)];
}

function mergeRows({ rows, changes, conflicts, large, growth, spreadGrowth, copied, ratio, targets }) {
  const [, total] = rows.map((count) => count.toLocaleString("en"));
  const grown = large.growthMb === undefined ? "" : `, memory grew by ${large.growthMb} MB`;
  return [
    [
      `Merge of ${changes.toLocaleString("en")} changed rows on each side of ${total}, ${conflicts} on both`,
      `EXPLAIN ${large.explainMs} ms, MERGE ${large.mergeMs} ms${grown}`,
      "≤ 1,500 ms each, ≤ 500 MB",
      yesNo(targets.cost),
    ],
    [
      "The same rows changed beside a table of a tenth",
      `EXPLAIN ${growth.explain}×, MERGE ${growth.merge}×`,
      "≤ 1.3×",
      yesNo(targets.growth),
    ],
    [
      "As many rows, spread over all of either table",
      `EXPLAIN ${spreadGrowth.explain}×, MERGE ${spreadGrowth.merge}×`,
      "",
      "",
    ],
    [
      "The same by copying and comparing in DuckDB",
      `${ratio}× (${copied.totalMs} ms)`,
      "≥ 10×",
      yesNo(targets.ratio),
    ],
  ];
}

function treeRows({ bytesWritten, depth, treeSearch, cycles }) {
  return [
    [
      "Bytes written by a first one-row write",
      `${(bytesWritten.medianBytes / 1024).toFixed(1)} KB`,
      "≤ 3× the row + 256 KB",
      yesNo(bytesWritten.met),
    ],
    [
      "Read at depth 25 beside depth 1",
      `scan ${depth.deep.scan}×, point ${depth.deep.point}× (depth 1,000: ${depth.deepest.scan}×, ${depth.deepest.point}×)`,
      "≤ 1.2×",
      yesNo(depth.met),
    ],
    [
      `Tree search, step at node ${treeSearch.nodes.toLocaleString("en")} beside node 10`,
      `${treeSearch.growth}× (${treeSearch.firstMs} ms)`,
      "≤ 1.3×",
      yesNo(treeSearch.met),
    ],
    [
      `${cycles.cycles.toLocaleString("en")} branches made, written, merged or discarded`,
      `${cycles.firstMs} → ${cycles.lastMs} ms each, file ${cycles.kb[0]} → ${cycles.kb[1]} KB, time to open it ${cycles.growth.opening}×`,
      "within 20 %",
      yesNo(cycles.met),
    ],
  ];
}

function streamingRow({ rows, ...byFormat }, format, target) {
  const { megabytes, wireMs, postgresMs, ratio, met } = byFormat[format];
  const what = `Stream ${rows.toLocaleString("en")} rows × 8 columns, ${format} (${megabytes} MB)`;
  if (postgresMs === undefined)
    return [what, `${wireMs} ms; PostgreSQL 15 is not installed here`, target, ""];
  return [what, `${wireMs} ms, ${ratio}× PostgreSQL 15 (${postgresMs} ms)`, target, yesNo(met)];
}

/** One line per format, and one for memory. */
/** Results of older runs have no such part. */
function catalogRows(catalog) {
  if (catalog === undefined) return [];
  const { tables, firstMs, listMs, changedMs, jdbcMs, met } = catalog;
  return [
    [
      `\`\\d\` of ${tables.toLocaleString("en")} tables, a new session`,
      `${listMs} ms; behind a change ${changedMs} ms; the first of all ${firstMs} ms`,
      "≤ 300 ms",
      yesNo(met),
    ],
    ["JDBC: connect, list their tables and columns", `${jdbcMs} ms`, "≤ 2 s", yesNo(met)],
  ];
}

function copyRows({ formats, memory }) {
  const rows = Object.entries(formats).map(([name, rates]) => [
    `COPY ${name}, 5 columns, in and out`,
    `in ${thousands(rates.inMain)} rows/s (branch ${thousands(rates.inBranch)}${besidePostgres(rates.inRatio)}), ` +
      `out ${thousands(rates.outMain)} rows/s (branch ${thousands(rates.outBranch)}${besidePostgres(rates.outRatio)})`,
    "in ≥ 200,000 rows/s",
    yesNo(Math.min(rates.inMain, rates.inBranch) >= 200_000),
  ]);
  if (memory === undefined) return rows;
  const { rows: count, growthMb } = memory;
  return [
    ...rows,
    [
      `COPY of ${count.toLocaleString("en")} rows in`,
      `memory grew by ${growthMb} MB`,
      "≤ 200 MB",
      yesNo(memory.met),
    ],
  ];
}

/** Results of older runs have no such part. */
function referenceRows(results) {
  if (results === undefined) return [];
  const { rows, main, branch, postgres } = results;
  const row = (what, name) => {
    const beside = postgres === undefined ? "" : `; PostgreSQL 15 ${postgres[name]} ms`;
    return [what, `${main[name]} ms (branch ${branch[name]} ms${beside})`, "", ""];
  };
  return [
    row(`${rows.toLocaleString("en")} rows that refer to as many others`, "children"),
    row("One row that refers to another", "child"),
    row("One row deleted with the one that refers to it", "parent"),
    row(`${(rows / 10).toLocaleString("en")} rows deleted with those that refer to them`, "parents"),
  ];
}

function thousands(rows) {
  return Math.round(rows).toLocaleString("en");
}

function besidePostgres(value) {
  return value === undefined ? "" : `; ${value}× PostgreSQL 15`;
}

function line(cells) {
  return `| ${cells.join(" | ")} |`;
}

function yesNo(met) {
  return met ? "yes" : "**no**";
}

/** Replaces what stands between the markers; leaves a README without markers alone. */
export function updateReadme(path, table, machine) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) return false;
  const block = `${BEGIN}\n\n${table}\n\nMeasured on ${machine}.\n\n`;
  writeFileSync(path, text.slice(0, begin) + block + text.slice(end));
  return true;
}
