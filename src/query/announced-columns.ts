/**
 * What a client is told of a result's columns beyond DuckDB's own types: PostgreSQL's type and modifier, and the table and
 * column one shows as it is. Found out before a statement starts, for then the session's connection is free, and
 * remembered while nothing its names could mean has changed.
 */
import { announcedType, withCatalogTypes } from "../catalog/column-types.js";
import { typeNamed } from "../catalog/type-names.js";
import { describeType, elementOidOf } from "../pgtypes/oids.js";
import { paddedType } from "../pgtypes/padded-text.js";
import { asRow } from "../pgtypes/user-types.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { RelationalStatement } from "../sql/analysis.js";
import type { QuerySources, WrittenType } from "../sql/result-sources.js";
import { normaliseName } from "../sql/names.js";
import { readSources, tablesRead, type SourceColumn, type SourceReading } from "../sql/source-types.js";
import type { UnitedLiteral } from "../sql/union-types.js";
import { relationColumns, rowIdentity } from "./known-relations.js";
import { namedColumns } from "./results.js";
import type { SessionCore } from "./session-core.js";
import type { ResultColumn } from "./types.js";

interface Found {
  readonly definitions: number;
  readonly changes: number;
  readonly head: string;
  readonly searchPath: readonly string[];
  /** By what the reader of the statement found. */
  readonly readings: WeakMap<QuerySources, SourceReading>;
  /** By name as written: texts come and go, the tables they read stay. */
  readonly relations: Map<string, Relation>;
  /** What DuckDB's columns were announced as last: a prepared statement's are the same each time. */
  readonly last: WeakMap<QuerySources, { readonly given: Columns; readonly shown: Columns }>;
}

type Columns = readonly ResultColumn[];
type Relation = readonly SourceColumn[] | undefined;

/** Relations a session remembers the columns of. */
const MAX_RELATIONS = 512;

const FOUND = new WeakMap<SessionCore, Found>();

/** To be called before a statement whose columns `announced` is asked for. No result of the session may be open. */
export async function findSources(core: SessionCore, sources: QuerySources | undefined): Promise<void> {
  if (sources === undefined) return;
  const { readings, relations } = foundNow(core);
  if (!readings.has(sources)) readings.set(sources, await readingOf(core, relations, sources));
}

/** The types of a query's columns as far as they are known, remembered like those of a statement. */
export async function typesOfSources(
  core: SessionCore,
  sources: QuerySources,
): Promise<readonly (WrittenType | undefined)[] | undefined> {
  await findSources(core, sources);
  return FOUND.get(core)
    ?.readings.get(sources)
    ?.columns?.map(({ type }) => type);
}

/** Strings of a statement that `findSources` was asked about which a set operation puts beside values of another type. */
export function unitedIn(core: SessionCore, sources: QuerySources): readonly UnitedLiteral[] {
  return FOUND.get(core)?.readings.get(sources)?.literals ?? [];
}

/** The types of a query's columns as far as they are known; undefined where not even their number is. */
export async function writtenTypes(
  core: SessionCore,
  query: QuerySources,
): Promise<readonly (WrittenType | undefined)[] | undefined> {
  const { relations } = foundNow(core);
  const { columns } = await readingOf(core, relations, query);
  return columns?.map(({ type }) => type);
}

/** The columns of a relation of the session, by name as written; undefined where they are not known. */
export async function columnsOfRelation(core: SessionCore, parts: readonly string[]): Promise<Relation> {
  return await relationNamed(core, foundNow(core).relations, parts);
}

async function readingOf(
  core: SessionCore,
  relations: Map<string, Relation>,
  query: QuerySources,
): Promise<SourceReading> {
  const known = new Map<string, Relation>();
  for (const parts of tablesRead(query))
    known.set(JSON.stringify(parts), await relationNamed(core, relations, parts));
  return readSources(query, (parts) => known.get(JSON.stringify(parts)));
}

async function relationNamed(
  core: SessionCore,
  relations: Map<string, Relation>,
  parts: readonly string[],
): Promise<Relation> {
  const key = JSON.stringify(parts);
  if (relations.has(key)) return relations.get(key);
  const columns = await relationColumns(core, parts);
  if (relations.size >= MAX_RELATIONS) relations.clear();
  relations.set(key, columns);
  return columns;
}

function foundNow(core: SessionCore): Found {
  const { definitions, head, searchPath } = core;
  const { changes } = core.types;
  const found = FOUND.get(core);
  if (
    found !== undefined &&
    found.definitions === definitions &&
    found.changes === changes &&
    found.head === head &&
    found.searchPath === searchPath
  )
    return found;
  const fresh = {
    definitions,
    changes,
    head,
    searchPath,
    readings: new WeakMap(),
    relations: new Map<string, Relation>(),
    last: new WeakMap(),
  };
  FOUND.set(core, fresh);
  return fresh;
}

/** A statement's columns as PostgreSQL would name and announce them. */
export async function announced(
  core: SessionCore,
  given: Columns,
  { sources, columnNames, names }: RelationalStatement,
  declaredOids: readonly number[],
): Promise<Columns> {
  const last = sources === undefined || declaredOids.length > 0 ? undefined : FOUND.get(core)?.last;
  const before = sources === undefined ? undefined : last?.get(sources);
  if (before !== undefined && areAlike(before.given, given)) return before.shown;
  const columns = namedColumns(given, columnNames);
  const known = await withDeclared(core, knownOf(core, columns, sources), declaredOids);
  const typed =
    known === undefined
      ? withCatalogTypes(columns, names)
      : columns.map((column, i) => announcedColumn(column, known[i]));
  const shown = await core.types.identify(typed, known?.map(({ type }) => type?.name) ?? []);
  if (sources !== undefined) last?.set(sources, { given, shown });
  return shown;
}

/** Parameters that are shown as they are have the types they were declared with. */
async function withDeclared(
  core: SessionCore,
  known: readonly SourceColumn[] | undefined,
  declaredOids: readonly number[],
): Promise<readonly SourceColumn[] | undefined> {
  if (!known?.some(({ parameter }) => parameter !== undefined && declaredOids[parameter])) return known;
  const types = await core.types.all();
  return known.map((column) => {
    const oid = column.parameter === undefined ? 0 : (declaredOids[column.parameter] ?? 0);
    const element = elementOidOf(oid);
    const name = typeNamed(element ?? oid) ?? types.enums.nameOf(oid);
    if (oid === 0 || name === undefined) return column;
    return { ...column, type: { name, typmod: -1, isArray: element !== undefined } };
  });
}

function areAlike(one: Columns, other: Columns): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, type }, index) => {
      const column = other[index];
      return name === column?.name && isAlike(type, column.type);
    })
  );
}

/** Equal, as far as that is seen at a glance. */
function isAlike(one: EngineType | null, other: EngineType | null): boolean {
  if (one === other) return true;
  if (one?.typeId !== other?.typeId || one?.alias !== other?.alias) return false;
  if (one?.typeId === EngineTypeId.DECIMAL && other?.typeId === EngineTypeId.DECIMAL)
    return one.width === other.width && one.scale === other.scale;
  return one?.typeId === EngineTypeId.VARCHAR;
}

function knownOf(
  core: SessionCore,
  columns: Columns,
  sources: QuerySources | undefined,
): readonly SourceColumn[] | undefined {
  const known = sources === undefined ? undefined : FOUND.get(core)?.readings.get(sources)?.columns;
  if (known?.length !== columns.length) return undefined;
  return columns.every(({ name }, index) => isSame(name, known[index]?.name)) ? known : undefined;
}

function isSame(name: string, other: string | undefined): boolean {
  return other !== undefined && (name === other || normaliseName(name) === normaliseName(other));
}

function announcedColumn(column: ResultColumn, known: SourceColumn | undefined): ResultColumn {
  if (column.type === null || known === undefined) return column;
  const { type: written, origin, row } = known;
  if (row !== undefined) return { ...column, type: asRow(column.type, rowIdentity(row)), typmod: -1, origin };
  if (written === undefined) {
    // What is computed has no modifier, whatever DuckDB makes of its digits.
    return origin === undefined ? { ...column, typmod: -1 } : { ...column, origin };
  }
  const type = announcedType(column.type, written) ?? column.type;
  // A modifier is the type's own: where DuckDB has made another type of it, it means nothing.
  const { oid } = describeType(type);
  const isMeant = typeNamed(elementOidOf(oid) ?? oid) === written.name;
  const typmod = isMeant ? written.typmod : -1;
  return { ...column, type: paddedType(type, typmod), typmod, origin };
}
