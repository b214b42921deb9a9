/**
 * Which reads give few rows for certain. DuckDB gives those whole in one step where a stream takes three, each a way to
 * another thread and back: see docs/decisions/0017-point-queries.md. Wrong here would cost memory, never rows.
 */
import { constraintsOf } from "../branch/constraint-names.js";
import type { TableDefinition } from "../branch/table-definition.js";
import type { PreparedStatement } from "../engine/connection.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { tableBehind } from "./table-behind.js";
import type { SessionCore } from "./session-core.js";

/** A table's keys are asked for when it is read by one so often: a session of one query never asks the catalogue. */
const ASKED_AT = 3;
const MAX_TABLES = 256;

/** What was found out of statements; they live as long as the definitions it was found out by. */
const known = new WeakMap<PreparedStatement, boolean>();
const reads = new WeakMap<SessionCore, Map<string, number>>();
const keys = new WeakMap<TableDefinition, readonly (readonly string[])[]>();

/** `prepared`: the statement as DuckDB has it, if it is one that is run again. */
export async function givesFewRows(
  core: SessionCore,
  { rowBound, names }: RelationalStatement,
  prepared: PreparedStatement | undefined,
): Promise<boolean> {
  if (rowBound === undefined) return false;
  if (rowBound.kind === "few") return true;
  const before = prepared && known.get(prepared);
  if (before !== undefined) return before;
  const [name] = names;
  if (name === undefined || names.length > 1) return false;
  if (!isReadOften(core, name.parts)) return false;
  const table = await tableBehind(core, name.parts);
  const held = new Set(rowBound.columns.map(normaliseName));
  const few = table !== undefined && keysOf(table).some((key) => key.every((column) => held.has(column)));
  if (prepared !== undefined) known.set(prepared, few);
  return few;
}

function isReadOften(core: SessionCore, parts: readonly string[]): boolean {
  const before = reads.get(core);
  const counts = before === undefined || before.size >= MAX_TABLES ? new Map<string, number>() : before;
  reads.set(core, counts);
  const table = parts.join("\0");
  const count = (counts.get(table) ?? 0) + 1;
  counts.set(table, count);
  return count >= ASKED_AT;
}

function keysOf(table: TableDefinition): readonly (readonly string[])[] {
  const found =
    keys.get(table) ??
    constraintsOf(table, "")
      .filter(({ type }) => type === "primary" || type === "unique")
      .map(({ columns }) => columns.map(normaliseName));
  keys.set(table, found);
  return found;
}
