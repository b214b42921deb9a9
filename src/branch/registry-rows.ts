/** Branches and versions as rows of the registry's logs, and back. */
import { asBrand } from "../core/brand.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import {
  numberCell,
  optionalNumberCell,
  optionalTextCell,
  textCell,
  type Row,
} from "../engine/connection.js";
import type { RecordOf } from "../engine/record-writer.js";
import {
  BRANCH_STATUSES,
  headId,
  MAIN,
  type Branch,
  type BranchGrants,
  type BranchStatus,
  type EarlierPin,
  type HeldBranch,
  type Layer,
  type Lineage,
  type RelationKey,
  type Sequence,
  type Version,
} from "./model.js";
import { newLineage } from "./column-lineage.js";
import type { RegistryChange } from "./registry-state.js";
import { readTerms, termsText } from "./terms.js";
import { systemTable } from "./system-names.js";

export const BRANCH_LOG = systemTable("branch_log", {
  seq: "BIGINT NOT NULL",
  branch_id: "VARCHAR NOT NULL",
  name: "VARCHAR NOT NULL",
  schema_name: "VARCHAR NOT NULL",
  parent_id: "VARCHAR NOT NULL",
  pin: "BIGINT NOT NULL",
  owner: "VARCHAR NOT NULL",
  agent_id: "VARCHAR",
  description: "VARCHAR",
  created_at: "TIMESTAMPTZ NOT NULL",
  expires_at: "TIMESTAMPTZ",
  status: "VARCHAR NOT NULL",
  protected: "BOOLEAN NOT NULL",
  released: "BOOLEAN NOT NULL",
  isolation: "VARCHAR",
  table_pins: "JSON",
  earlier_pins: "JSON",
  held: "JSON",
  terms: "JSON",
  grants: "JSON",
});

export const VERSION_LOG = systemTable("version_log", {
  seq: "BIGINT NOT NULL",
  version_id: "BIGINT NOT NULL",
  removed: "BOOLEAN NOT NULL",
  head_id: "VARCHAR NOT NULL",
  schema_name: "VARCHAR NOT NULL",
  name: "VARCHAR NOT NULL",
  kind: "VARCHAR NOT NULL",
  object_id: "BIGINT NOT NULL",
  from_seq: "BIGINT NOT NULL",
  to_seq: "BIGINT",
  physical_schema: "VARCHAR",
  physical_name: "VARCHAR",
  definition: "VARCHAR",
  layer: "JSON",
  lineage: "JSON",
});

export function versionRecord(
  seq: Sequence,
  { change, version }: Extract<RegistryChange, { readonly version: Version }>,
): RecordOf<keyof typeof VERSION_LOG.columns> {
  return {
    seq,
    version_id: version.id,
    removed: change === "removeVersion",
    head_id: version.head,
    schema_name: version.schema,
    name: version.name,
    kind: version.kind,
    object_id: version.objectId,
    from_seq: version.from,
    to_seq: version.to,
    physical_schema: version.physical?.schema ?? null,
    physical_name: version.physical?.name ?? null,
    definition: version.definition,
    layer: version.layer === null ? null : JSON.stringify(version.layer),
    lineage: version.lineage === null ? null : JSON.stringify(version.lineage),
  };
}

export function branchRecord(seq: Sequence, branch: Branch): RecordOf<keyof typeof BRANCH_LOG.columns> {
  const { name, pin, owner, description, status, released, isolation } = branch;
  return {
    seq,
    branch_id: branch.id,
    name,
    schema_name: branch.schemaName,
    parent_id: branch.parent,
    pin,
    owner,
    agent_id: branch.agent,
    description,
    created_at: branch.createdAtMs,
    expires_at: branch.expiresAtMs,
    status,
    protected: branch.protected,
    released,
    isolation,
    table_pins: tablePinsText(branch),
    earlier_pins: branch.earlierPins.length === 0 ? null : JSON.stringify(branch.earlierPins),
    held: branch.held === null ? null : JSON.stringify(branch.held),
    terms: termsText(branch.terms),
    grants: branch.grants === null ? null : JSON.stringify(branch.grants),
  };
}

function tablePinsText({ tablePins }: Branch): string | null {
  if (tablePins.size === 0) return null;
  return JSON.stringify(Object.fromEntries(tablePins));
}

export function readBranch(row: Row): Branch {
  return {
    id: headId(textCell(row, "branch_id")),
    name: textCell(row, "name"),
    schemaName: textCell(row, "schema_name"),
    parent: headId(textCell(row, "parent_id")),
    pin: numberCell(row, "pin"),
    owner: textCell(row, "owner"),
    agent: optionalTextCell(row, "agent_id"),
    description: optionalTextCell(row, "description"),
    createdAtMs: numberCell(row, "created_at"),
    expiresAtMs: optionalNumberCell(row, "expires_at"),
    status: readStatus(textCell(row, "status")),
    protected: row["protected"] === true,
    released: row["released"] === true,
    isolation: optionalTextCell(row, "isolation") === "live" ? "live" : "snapshot",
    tablePins: readTablePins(optionalTextCell(row, "table_pins")),
    earlierPins: readEarlierPins(optionalTextCell(row, "earlier_pins")),
    comingPin: null,
    held: readHeld(optionalTextCell(row, "held")),
    terms: readTerms(optionalTextCell(row, "terms")),
    grants: readGrants(optionalTextCell(row, "grants")),
  };
}

/** What cannot be read must not open a branch to everybody. */
function readGrants(text: string | null): BranchGrants | null {
  const grants: unknown = text === null ? null : JSON.parse(text);
  if (grants === null || isGrants(grants)) return grants;
  throw new SqlError(SQLSTATE.internalError, `unknown grants ${text} in the registry`);
}

function isGrants(value: unknown): value is BranchGrants {
  if (typeof value !== "object" || value === null || !("read" in value) || !("write" in value)) return false;
  return [value.read, value.write].every(
    (names) => Array.isArray(names) && names.every((name) => typeof name === "string"),
  );
}

function readHeld(text: string | null): HeldBranch | null {
  if (text === null) return null;
  const held: unknown = JSON.parse(text);
  if (isHeld(held)) return held;
  throw new SqlError(SQLSTATE.internalError, `unknown time ${text} in the registry`);
}

function isHeld(value: unknown): value is HeldBranch {
  return typeof value === "object" && value !== null && "sinceMs" in value && "untilMs" in value;
}

function readEarlierPins(text: string | null): readonly EarlierPin[] {
  const pins: unknown = text === null ? [] : JSON.parse(text);
  if (!Array.isArray(pins) || !pins.every(isEarlierPin))
    throw new SqlError(SQLSTATE.internalError, `unknown pins ${text} in the registry`);
  return pins;
}

function isEarlierPin(value: unknown): value is EarlierPin {
  return typeof value === "object" && value !== null && "pin" in value && "until" in value;
}

function readTablePins(text: string | null): ReadonlyMap<RelationKey, Sequence> {
  const pins: unknown = text === null ? {} : JSON.parse(text);
  if (typeof pins !== "object" || pins === null)
    throw new SqlError(SQLSTATE.internalError, `unknown pins ${text} in the registry`);
  return new Map(Object.entries(pins).map(([key, pin]) => [asBrand(key), Number(pin)]));
}

function readStatus(text: string): BranchStatus {
  const status = BRANCH_STATUSES.find((candidate) => candidate === text);
  if (status === undefined)
    throw new SqlError(SQLSTATE.internalError, `unknown branch status "${text}" in the registry`);
  return status;
}

export function readVersion(row: Row): Version {
  const physicalSchema = optionalTextCell(row, "physical_schema");
  const physicalTable = optionalTextCell(row, "physical_name");
  const kind = textCell(row, "kind");
  if (kind !== "table" && kind !== "view" && kind !== "dropped") {
    throw new SqlError(SQLSTATE.internalError, `unknown version kind "${kind}" in the registry`);
  }
  const [id, head, to] = [
    numberCell(row, "version_id"),
    headId(textCell(row, "head_id")),
    optionalNumberCell(row, "to_seq"),
  ];
  const lineage = readLineage(optionalTextCell(row, "lineage"));
  return {
    id,
    head,
    schema: textCell(row, "schema_name"),
    name: textCell(row, "name"),
    kind,
    objectId: numberCell(row, "object_id"),
    from: numberCell(row, "from_seq"),
    to,
    physical:
      physicalSchema === null || physicalTable === null
        ? null
        : { schema: physicalSchema, name: physicalTable },
    definition: optionalTextCell(row, "definition"),
    layer: readLayer(optionalTextCell(row, "layer")),
    // In a file of an older format what becomes of main's columns is written down from now on.
    lineage: lineage ?? (head === MAIN && to === null ? newLineage(id) : null),
  };
}

function readLineage(text: string | null): Lineage | null {
  const lineage: unknown = text === null ? null : JSON.parse(text);
  if (lineage === null || isLineage(lineage)) return lineage;
  throw new SqlError(SQLSTATE.internalError, `unknown lineage ${text} in the registry`);
}

function isLineage(value: unknown): value is Lineage {
  return (
    typeof value === "object" &&
    value !== null &&
    "since" in value &&
    "columns" in value &&
    Array.isArray(value.columns)
  );
}

function readLayer(text: string | null): Layer | null {
  if (text === null) return null;
  const layer: unknown = JSON.parse(text);
  if (isLayer(layer)) return layer;
  throw new SqlError(SQLSTATE.internalError, `unknown layer ${text} in the registry`);
}

/** Written by this program alone; its kind says whether this version of it knows the form. */
function isLayer(value: unknown): value is Layer {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    (value.kind === "overlay" || value.kind === "kept" || value.kind === "logged")
  );
}
