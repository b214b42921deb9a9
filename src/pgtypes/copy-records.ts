/** Fields of COPY data for columns of composite types: the record as a JSON object, which DuckDB makes the STRUCT of. */
import { notSupported } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { keyedTypeOf } from "./keyed/registry.js";
import { isJson, type RecordType } from "./oids.js";
import { parseRecordLiteral } from "./record-literal.js";
import { isComposite, leafOf } from "./user-types.js";

/** Reads one field that is not NULL. Throws SqlError as PostgreSQL's input functions do. */
type FieldReader = (text: string) => string;

/**
 * `readerOf` gives the reader of a type's own fields.
 *
 * Errors  0A000 for types whose values an object cannot hold as they are
 */
export function recordReader(type: RecordType, readerOf: (type: EngineType) => FieldReader): FieldReader {
  const fields = type.entryTypes.map((entry, index) => {
    refuseUnreadable(entry);
    const read = readerOf(entry);
    const name = JSON.stringify(type.entryNames[index]);
    return (text: string) => `${name}:${isDocument(entry) ? read(text) : JSON.stringify(read(text))}`;
  });
  return (text) => {
    const texts = parseRecordLiteral(text, fields.length);
    const members = texts.flatMap((field, index) => (field === null ? [] : (fields[index]?.(field) ?? [])));
    return `{${members.join(",")}}`;
  };
}

/** Read as JSON already. */
function isDocument(type: EngineType): boolean {
  const isList = type.typeId === EngineTypeId.LIST || type.typeId === EngineTypeId.ARRAY;
  return isList || type.typeId === EngineTypeId.STRUCT || isJson(type);
}

function refuseUnreadable(type: EngineType): void {
  const leaf = leafOf(type);
  const isNested = leaf !== type && (isComposite(leaf) || keyedTypeOf(leaf) !== undefined);
  if (!isNested && leaf.typeId !== EngineTypeId.BLOB) return;
  throw notSupported(
    "COPY FROM into a composite type that holds bytea, or arrays of composite types, is not supported",
    "use INSERT",
  );
}
