/**
 * Completes errors about rows and names with what drivers ask for: the constraint's name, schema, table, column and the
 * place in the text. DuckDB tells some of it in its messages; the rest is in the table's definition.
 */
import { definitionOf } from "../branch/catalog-reader.js";
import { constraintsOf } from "../branch/constraint-names.js";
import type { RelationName, Version } from "../branch/model.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { readDomainCheck } from "../core/domain-checks.js";
import { SQLSTATE, SqlError, type ErrorObject } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { readLabel } from "../sql/constraint-labels.js";
import { tokenise } from "../sql/lexer.js";
import { clientSchema } from "../sql/names.js";
import {
  existingKey,
  guess,
  holds,
  namedKeys,
  possibleKeys,
  uniqueKeys,
  type MatchedKey,
  type WrittenRows,
} from "./violated-key.js";

/** The table a failed statement wrote. */
export interface FailedTarget {
  readonly relation: RelationName;
  /** As committed: the failed transaction's own definitions are gone. Undefined for a table it made itself. */
  readonly version: Version | undefined;
  readonly temporary: boolean;
  /** Of a temporary table. */
  readonly definition?: TableDefinition | undefined;
}

/** The error with its object. Reads the catalogue through a connection of its own, after the failure. */
export async function describeViolation(
  error: SqlError,
  target: FailedTarget,
  connect: () => Promise<Connection>,
  written?: WrittenRows,
): Promise<SqlError> {
  if (error.object !== undefined || !error.code.startsWith("23")) return error;
  const cause = error.cause instanceof Error ? error.cause.message : "";
  const domain = readDomainCheck(cause);
  if (domain !== undefined) return error.with({ object: { constraint: domain.constraint ?? undefined } });
  const table = target.relation.name;
  const object: ErrorObject = { schema: shownSchema(target), table };
  if (error.code === SQLSTATE.notNullViolation) return notNull(error, cause, object);
  using connection = await connect();
  const definition = await readDefinition(connection, target);
  switch (error.code) {
    case SQLSTATE.uniqueViolation:
      return await unique(
        error,
        cause,
        object,
        definition,
        written,
        async (key) => await holds(connection, target.version?.physical, key),
      );
    case SQLSTATE.checkViolation:
      return check(error, cause, object, definition);
    case SQLSTATE.foreignKeyViolation:
      return missingReference(error, cause, object, definition);
    default:
      return error;
  }
}

function shownSchema({ relation, temporary }: FailedTarget): string {
  if (temporary) return "pg_temp";
  return clientSchema(relation.schema);
}

async function readDefinition(
  connection: Connection,
  { version, definition }: FailedTarget,
): Promise<TableDefinition | undefined> {
  if (definition !== undefined) return definition;
  if (version?.physical == null) return undefined;
  try {
    return await definitionOf(connection, version);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

function notNull(error: SqlError, cause: string, object: ErrorObject): SqlError {
  const column =
    /NOT NULL constraint failed: .*\.([^.\n]*)/.exec(cause)?.[1] ??
    /^null value in column "(.*)" of relation/s.exec(error.message)?.[1];
  if (column === undefined) return error;
  const message = `null value in column "${column}" of relation "${object.table}" violates not-null constraint`;
  return error.with({ message, object: { ...object, column } });
}

async function unique(
  error: SqlError,
  cause: string,
  object: ErrorObject,
  definition: TableDefinition | undefined,
  written: WrittenRows | undefined,
  isThere: (key: MatchedKey) => Promise<boolean>,
): Promise<SqlError> {
  const table = object.table ?? "";
  const key = /[Dd]uplicate key "(.*)"/s.exec(cause)?.[1];
  if (key === undefined) return error.with({ object });
  const keys = definition === undefined ? [] : uniqueKeys(definition, table);
  const found =
    (await existingKey(namedKeys(key, keys), isThere)) ??
    guess(key, cause, table) ??
    (await existingKey(possibleKeys(key, keys, definition, written), isThere));
  if (found === undefined) return error.with({ object });
  return error.with({
    message: `duplicate key value violates unique constraint "${found.name}"`,
    detail: `Key (${found.parts.map(({ shown }) => shown).join(", ")})=(${found.values.join(", ")}) already exists.`,
    object: { ...object, constraint: found.name },
  });
}

function check(
  error: SqlError,
  cause: string,
  object: ErrorObject,
  definition: TableDefinition | undefined,
): SqlError {
  const table = object.table ?? "";
  const expression = /with expression (.*)$/s.exec(cause)?.[1]?.trim() ?? "";
  const name =
    readLabel(expression)?.name ??
    (definition === undefined
      ? undefined
      : constraintsOf(definition, table).find(
          ({ type, element }) => type === "check" && definition.elements[element]?.text === expression,
        )?.name);
  const message = `new row for relation "${table}" violates check constraint`;
  if (name === undefined) return error.with({ object });
  return error.with({ message: `${message} "${name}"`, object: { ...object, constraint: name } });
}

/** `FOREIGN KEY (t) REFERENCES tk(id)`: the table, and the one column. */
const REFERENCE = /REFERENCES\s+(?:.*\.)?("(?:[^"]|"")+"|[^\s."(]+)\(("(?:[^"]|"")+"|[^"(),]+)\)/i;

function referenceIn(definition: TableDefinition, element: number): readonly string[] {
  const [, ...names] = REFERENCE.exec(definition.elements[element]?.text ?? "") ?? [];
  return names.map((name) => name.replace(/^"(.*)"$/s, "$1").replaceAll('""', '"'));
}

/** Of DuckDB's own foreign keys, which temporary tables have: where only one can be meant. */
function missingReference(
  error: SqlError,
  cause: string,
  object: ErrorObject,
  definition: TableDefinition | undefined,
): SqlError {
  const [, key = "", value = ""] = /because key "([^",]+): ([^"]*)" does not exist/.exec(cause) ?? [];
  if (definition === undefined || key === "") return error.with({ object });
  const [only, ...more] = constraintsOf(definition, object.table ?? "").filter(
    ({ type, columns, element }) =>
      type === "foreign" && columns.length === 1 && referenceIn(definition, element)[1] === key,
  );
  if (only === undefined || more.length > 0) return error.with({ object });
  const [referred] = referenceIn(definition, only.element);
  return error.with({
    message: `insert or update on table "${object.table}" violates foreign key constraint "${only.name}"`,
    detail: `Key (${only.columns.join(", ")})=(${value}) is not present in table "${referred}".`,
    object: { ...object, constraint: only.name },
  });
}

const PLACED_VERBS = new Set(["select", "insert", "update", "delete", "merge", "explain"]);

/** Where in the statement the name stands that does not exist: a relation, or a column that is written. 0-based. */
export function placeOfName(error: SqlError, statement: RelationalStatement): number | undefined {
  if (!PLACED_VERBS.has(statement.verb) || error.position !== undefined) return undefined;
  if (error.code === SQLSTATE.undefinedTable) {
    const shown = /^relation "(.*)" does not exist$/s.exec(error.message)?.[1];
    const found = statement.names.find(
      ({ role, parts }) =>
        (role === "read" || role === "write") && (parts.join(".") === shown || parts.at(-1) === shown),
    );
    return found?.start;
  }
  if (error.code !== SQLSTATE.undefinedColumn) return undefined;
  const column = /^column "(.*)" of relation/s.exec(error.message)?.[1];
  const target = statement.names.find(({ role }) => role === "write");
  if (column === undefined || target === undefined) return undefined;
  return tokenise(statement.text).find((token) => token.start >= target.end && token.value === column)?.start;
}

/** `column "x" of relation "t" does not exist` for a column that INSERT or UPDATE names as a target. */
export function describeColumn(error: SqlError, statement: RelationalStatement): SqlError {
  if (error.code !== SQLSTATE.undefinedColumn || !(error.cause instanceof Error)) return error;
  const target = statement.names.find(({ role }) => role === "write");
  const match =
    statement.verb === "insert"
      ? /does not have a column (?:named|with name) "?([^"\n]*)"?/.exec(error.cause.message)
      : /Referenced update column (.*?) not found/.exec(error.cause.message);
  if (match === null || target === undefined) return error;
  return error.with({
    message: `column "${match[1]}" of relation "${target.parts.at(-1)}" does not exist`,
    position: undefined,
  });
}
