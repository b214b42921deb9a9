/**
 * The one place that reads DuckDB's error texts. DuckDB reports failures as plain `Error`s whose text begins with the
 * kind; this file turns them into `SqlError` with PostgreSQL's SQLSTATE and wording where they differ.
 */
import { SQLSTATE, SqlError, type SqlErrorFields } from "../core/errors.js";
import { text, typeName, type Rule } from "./failure-rule.js";
import { VALUE_RULES } from "./failure-values.js";

const DUPLICATE_KEY = "duplicate key value violates unique constraint";

/** First match wins; patterns are tried on the whole text, which starts with DuckDB's kind. */
const RULES: readonly Rule[] = [
  {
    // From here on DuckDB refuses everything, on every connection, until the file is opened anew.
    // A COMMIT may say so, too: what it committed is durable then.
    pattern:
      /^FATAL Error|^\w+ Error: (?:Transaction COMMIT succeeded and is durable, but|Database "\w+" has been invalidated)/,
    code: SQLSTATE.crashShutdown,
    message: () => "terminating connection because of a fatal error of the database engine",
    hint: "In a moment you should be able to reconnect to the database and repeat your command.",
  },
  {
    pattern: /^INTERRUPT Error|^Interrupted/,
    code: SQLSTATE.queryCanceled,
    message: () => "canceling statement due to user request",
  },
  {
    pattern: /^Parser Error: syntax error at end of input/,
    code: SQLSTATE.syntaxError,
    message: () => "syntax error at end of input",
  },
  { pattern: /^Parser Error: (.*)/, code: SQLSTATE.syntaxError, message: (m) => text(m[1]) },
  {
    pattern: /^Constraint Error: (?:.*: )?Duplicate key "(.*)" violates (?:primary key|unique) constraint/s,
    code: SQLSTATE.uniqueViolation,
    message: () => DUPLICATE_KEY,
    detail: (m) => existingKey(text(m[1])),
  },
  {
    pattern:
      /^(?:Constraint|TransactionContext) Error: .*PRIMARY KEY or UNIQUE constraint violat\w*(?:: duplicate key "(.*)")?/s,
    code: SQLSTATE.uniqueViolation,
    message: () => DUPLICATE_KEY,
    detail: (m) => (m[1] === undefined ? "The key already exists." : existingKey(m[1])),
  },
  {
    pattern: /^Constraint Error: Data contains duplicates on indexed column/,
    code: SQLSTATE.uniqueViolation,
    message: () => "could not create unique index",
    detail: () => "Some rows have the same key.",
  },
  {
    pattern: /^Constraint Error: NOT NULL constraint failed: (.*)\.([^.\n]*)/,
    code: SQLSTATE.notNullViolation,
    message: (m) =>
      `null value in column "${text(m[2])}" of relation "${text(m[1])}" violates not-null constraint`,
  },
  // A column of a domain: see core/domain-checks.ts.
  {
    pattern:
      /^Constraint Error: CHECK constraint failed .*\('domain \{"domain":"(.*?)","constraint":null\}'(?:\)| IS NOT NULL)/s,
    code: SQLSTATE.notNullViolation,
    message: (m) => `domain ${labelText(m[1])} does not allow null values`,
  },
  {
    pattern:
      /^Constraint Error: CHECK constraint failed .*\('domain \{"domain":"(.*?)","constraint":"(.*?)"\}'(?:\)| IS NOT NULL)/s,
    code: SQLSTATE.checkViolation,
    message: (m) => `value for domain ${labelText(m[1])} violates check constraint "${labelText(m[2])}"`,
  },
  // A column's length: see sql/held-types.ts.
  {
    pattern:
      /^Constraint Error: CHECK constraint failed .*\('type (character(?: varying)?\(\d+\))'(?:\)| IS NOT NULL)/s,
    code: SQLSTATE.stringDataRightTruncation,
    message: (m) => `value too long for type ${text(m[1])}`,
  },
  {
    pattern:
      /^Constraint Error: CHECK constraint failed .*\('type ((?:time|timestamp|interval)\(.*?)'(?:\)| IS NOT NULL)/s,
    code: SQLSTATE.featureNotSupported,
    message: (m) => `this statement cannot round a value to type ${text(m[1])}`,
    hint: "cast the value to the column's type",
  },
  {
    pattern: /^Constraint Error: CHECK constraint failed on table (.*) with expression (.*)/,
    code: SQLSTATE.checkViolation,
    message: (m) => `new row for relation "${text(m[1])}" violates check constraint: ${text(m[2])}`,
  },
  { pattern: /^Constraint Error: .*foreign key/is, code: SQLSTATE.foreignKeyViolation },
  { pattern: /^Constraint Error: /, code: SQLSTATE.integrityConstraintViolation },
  {
    pattern:
      /^TransactionContext Error: Failed to commit: .*(?:No space left|File too large|Could not write)/s,
    code: SQLSTATE.diskFull,
    message: () => "could not commit: the database file cannot be written",
  },
  {
    pattern: /^TransactionContext Error: .*(?:unique constraint|primary key|[Dd]uplicate key)/s,
    code: SQLSTATE.uniqueViolation,
  },
  {
    pattern: /^TransactionContext Error: .*[Cc]onflict/s,
    code: SQLSTATE.serializationFailure,
    message: () => "could not serialize access due to concurrent update",
  },
  { pattern: /^TransactionContext Error: .*(?:altered|dropped)/s, code: SQLSTATE.serializationFailure },
  {
    pattern: /^TransactionContext Error: .*aborted/s,
    code: SQLSTATE.inFailedSqlTransaction,
    message: () => "current transaction is aborted, commands ignored until end of transaction block",
  },
  { pattern: /^TransactionContext Error: /, code: SQLSTATE.serializationFailure },
  {
    pattern: /^Catalog Error: (?:Table|View|Sequence) with name "?(.*?)"? does not exist/,
    code: SQLSTATE.undefinedTable,
    message: (m) => `relation "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Catalog Error: (?:Table|View|Index|Sequence) with name "?(.*?)"? already exists/,
    code: SQLSTATE.duplicateTable,
    message: (m) => `relation "${text(m[1])}" already exists`,
  },
  {
    pattern: /^Catalog Error: Schema with name "?(.*?)"? already exists/,
    code: SQLSTATE.duplicateSchema,
    message: (m) => `schema "${text(m[1])}" already exists`,
  },
  {
    pattern: /^(?:Catalog|Binder) Error: Schema with name "?(.*?)"? does not exist/,
    code: SQLSTATE.invalidSchemaName,
    message: (m) => `schema "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Catalog Error: Column with name "?(.*?)"? already exists/,
    code: SQLSTATE.duplicateColumn,
    message: (m) => `column "${text(m[1])}" already exists`,
  },
  {
    pattern: /^Binder Error: Duplicate column name "?(.*?)"? in INSERT/,
    code: SQLSTATE.duplicateColumn,
    message: (m) => `column "${text(m[1])}" specified more than once`,
  },
  {
    pattern: /^Catalog Error: \w[\w ]* Function with name "?(?:lo_\w+|loread|lowrite)"? does not exist/,
    code: SQLSTATE.featureNotSupported,
    message: () => "large object functions stand alone in their statement",
    hint: "Write SELECT lo_get(...) with nothing beside it.",
  },
  {
    pattern:
      /^Catalog Error: (?:Scalar|Aggregate|Table|Macro)? ?(?:Macro )?Function with name "?(.*?)"? (?:does not exist|is not in the catalog)/i,
    code: SQLSTATE.undefinedFunction,
    message: (m) => `function ${text(m[1])} does not exist`,
  },
  {
    pattern: /^Catalog Error: Type with name "?(.*?)"? does not exist/,
    code: SQLSTATE.undefinedObject,
    message: (m) => `type "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Catalog Error: Type with name "?(.*?)"? already exists/,
    code: SQLSTATE.duplicateObject,
    message: (m) => `type "${text(m[1])}" already exists`,
  },
  {
    pattern:
      /^Catalog Error: Could not drop the table because this table is main key table of the table "(.*?)"/,
    code: SQLSTATE.dependentObjectsStillExist,
    message: () => "cannot drop table because other objects depend on it",
    detail: (m) => `a foreign key of table ${text(m[1])} depends on it`,
  },
  { pattern: /^Catalog Error: .*already exists/, code: SQLSTATE.duplicateObject },
  { pattern: /^Catalog Error: .*does not exist/, code: SQLSTATE.undefinedObject },
  { pattern: /^(?:Catalog|Dependency) Error: .*depend/s, code: SQLSTATE.dependentObjectsStillExist },
  {
    pattern: /^Binder Error: Referenced column "(.*?)" (?:was )?not found/,
    code: SQLSTATE.undefinedColumn,
    message: (m) => `column "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Binder Error: (?:Table|Values list) "(.*?)" does not have a column named "(.*?)"/,
    code: SQLSTATE.undefinedColumn,
    message: (m) => `column ${text(m[1])}.${text(m[2])} does not exist`,
  },
  {
    pattern: /^Binder Error: .*does not have a column (?:named|with name) "?([^"\n]*)"?/,
    code: SQLSTATE.undefinedColumn,
    message: (m) => `column "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Binder Error: Referenced table "(.*?)" not found/,
    code: SQLSTATE.undefinedTable,
    message: (m) => `missing FROM-clause entry for table "${text(m[1])}"`,
  },
  {
    pattern: /^Binder Error: Referenced update column (.*?) not found/,
    code: SQLSTATE.undefinedColumn,
    message: (m) => `column "${text(m[1])}" does not exist`,
  },
  {
    pattern: /^Binder Error: Ambiguous reference to column name "(.*?)"/,
    code: SQLSTATE.ambiguousColumn,
    message: (m) => `column reference "${text(m[1])}" is ambiguous`,
  },
  {
    // What DuckDB offers instead may be the name of a branch's own table.
    pattern: /^Binder Error: Ambiguous reference to table "(?:[^"]*\.)?([^".]*)"/,
    code: SQLSTATE.duplicateAlias,
    message: (m) => `table name "${text(m[1])}" specified more than once`,
  },
  {
    pattern: /^Binder Error: column "?(.*?)"? must appear in the GROUP BY/,
    code: SQLSTATE.groupingError,
    message: (m) =>
      `column "${text(m[1])}" must appear in the GROUP BY clause or be used in an aggregate function`,
  },
  {
    // PostgreSQL compares some types that are not the same, bigint with integer among them.
    pattern:
      /^Binder Error: Failed to create foreign key: incompatible types between column "(.*)" \("(.*)"\) and column "(.*)" \("(.*)"\)/,
    code: (m) =>
      /INT|DECIMAL/.test(text(m[2])) && /INT|DECIMAL/.test(text(m[4]))
        ? SQLSTATE.featureNotSupported
        : SQLSTATE.datatypeMismatch,
    message: () => "foreign key constraint cannot be implemented",
    detail: (m) =>
      `Key columns "${text(m[3])}" and "${text(m[1])}" are of incompatible types: ${typeName(text(m[4]))} and ${typeName(text(m[2]))}.`,
  },
  { pattern: /^Binder Error: Cannot compare values of type/, code: SQLSTATE.datatypeMismatch },
  {
    pattern: /^Binder Error: SUBQUERY is not supported in returning statements/,
    code: SQLSTATE.featureNotSupported,
    message: () => "a sub-query in RETURNING is not supported",
    hint: "ask for it behind: WITH changed AS (… RETURNING *) SELECT …, (SELECT …) FROM changed",
  },
  {
    pattern: /^Binder Error: .*(?:has|expected) (\d+) columns but (\d+) values/,
    code: SQLSTATE.syntaxError,
    message: (m) =>
      Number(m[2]) > Number(m[1])
        ? "INSERT has more expressions than target columns"
        : "INSERT has more target columns than expressions",
    hint: "name the columns that are given: INSERT INTO table (column, …); the others get their defaults",
  },
  {
    pattern: /^Catalog Error: (.*) is not an table/,
    code: SQLSTATE.wrongObjectType,
    message: (m) => `cannot change view "${text(m[1])}"`,
  },
  { pattern: /^Binder Error: Can only update base table/, code: SQLSTATE.wrongObjectType },
  {
    pattern: /^Sequence Error: (nextval: reached m\w+ value of sequence .*)$/s,
    code: SQLSTATE.sequenceLimitExceeded,
  },
  ...VALUE_RULES,
  { pattern: /^Binder Error: /, code: SQLSTATE.syntaxError },
  { pattern: /^Conversion Error: .*out of range/s, code: SQLSTATE.numericValueOutOfRange },
  {
    pattern: /^Conversion Error: .*(?:date|timestamp|time|interval) (?:field|format)/is,
    code: SQLSTATE.invalidDatetimeFormat,
  },
  { pattern: /^Conversion Error: /, code: SQLSTATE.invalidTextRepresentation },
  {
    pattern: /^(?:Out of Range|OutOfRange) Error: .*[Dd]ivision by zero/s,
    code: SQLSTATE.divisionByZero,
    message: () => "division by zero",
  },
  { pattern: /^(?:Out of Range|OutOfRange) Error: /, code: SQLSTATE.numericValueOutOfRange },
  { pattern: /^Out of Memory Error: /, code: SQLSTATE.outOfMemory },
  { pattern: /^Permission Error: /, code: SQLSTATE.insufficientPrivilege },
  { pattern: /^Not implemented Error: /i, code: SQLSTATE.featureNotSupported },
  {
    pattern: /^Invalid Input Error: More than one row returned by a subquery/,
    code: SQLSTATE.cardinalityViolation,
    message: () => "more than one row returned by a subquery used as an expression",
  },
  // Raised by the query of an INSERT: see query/conflict-rows.ts.
  {
    pattern: /^Invalid Input Error: (ON CONFLICT DO UPDATE command cannot affect row a second time)/,
    code: SQLSTATE.cardinalityViolation,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Invalid Input Error: (ON CONFLICT over several rows[^\n]*)/,
    code: SQLSTATE.featureNotSupported,
    message: (m) => text(m[1]),
  },
  // Raised by the catalogue's casts: '…'::regclass, ::regtype, ::regproc, ::regnamespace, ::regrole.
  {
    pattern: /^Invalid Input Error: (relation "[^\n]*" does not exist)/,
    code: SQLSTATE.undefinedTable,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Invalid Input Error: ((?:type|role) "[^\n]*" does not exist)/,
    code: SQLSTATE.undefinedObject,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Invalid Input Error: (function "[^\n]*" does not exist)/,
    code: SQLSTATE.undefinedFunction,
    message: (m) => text(m[1]),
  },
  {
    pattern: /^Invalid Input Error: (schema "[^\n]*" does not exist)/,
    code: SQLSTATE.invalidSchemaName,
    message: (m) => text(m[1]),
  },
  { pattern: /^Invalid Input Error: Expected \d+ parameters/, code: SQLSTATE.undefinedParameter },
  {
    pattern: /^Invalid (?:Input )?Error: .*(?:prepared statement|parameter)/is,
    code: SQLSTATE.undefinedParameter,
  },
  { pattern: /^Invalid Input Error: /, code: SQLSTATE.dataException },
  { pattern: /^IO Error: /, code: SQLSTATE.ioError },
];

/** What stands between quotes in JSON that stands in a text of SQL. */
function labelText(json: string | undefined): string {
  return text(json)
    .replaceAll("''", "'")
    .replaceAll(/\\(["\\])/g, "$1");
}

/** A function of this program failed inside DuckDB: the text carries the SQLSTATE through it. */
const RAISED =
  /^(?:Invalid Input Error: |Conversion Error: Could not convert string '|Constraint Error: Incorrect value for generated column .*: Could not convert string ')duckbranch raised ([0-9A-Z]{5}): (.*?)(?:' to (?:U?INT\d+|FLOAT|DOUBLE|DECIMAL)\b.*)?$/s;

/** The text to raise in DuckDB so that `classifyFailure` gives this error again. */
export function raisedText(error: SqlError): string {
  return `duckbranch raised ${error.code}: ${error.message}`;
}

function raisedError(full: string): SqlError | undefined {
  const match = RAISED.exec(full);
  const code = Object.values(SQLSTATE).find((state) => state === match?.[1]);
  return code === undefined ? undefined : new SqlError(code, text(match?.[2]));
}

/**
 * Turns anything thrown by the binding into an SqlError; an SqlError passes through unchanged.
 *
 * Errors  a text no rule knows becomes XX000 with DuckDB's first line, so nothing is swallowed
 */
export function classifyFailure(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const full = error instanceof Error ? error.message : String(error);
  const raised = raisedError(full);
  if (raised !== undefined) return raised;
  const { body, hint } = splitMessage(full);
  const fields: SqlErrorFields = { hint, cause: error };
  for (const rule of RULES) {
    const match = rule.pattern.exec(full);
    if (match === null) continue;
    return new SqlError(
      typeof rule.code === "string" ? rule.code : rule.code(match),
      rule.message?.(match) ?? withoutKind(body),
      {
        ...fields,
        detail: rule.detail?.(match),
        hint: rule.hint ?? hint,
      },
    );
  }
  return new SqlError(SQLSTATE.internalError, withoutKind(body), fields);
}

/** `id: 1, part: a`, or the values alone, as PostgreSQL's detail. */
function existingKey(key: string): string {
  const single = /^([^:,]+): ([^:,]*)$/.exec(key);
  return single === null
    ? `Key "${key}" already exists.`
    : `Key (${text(single[1])})=(${text(single[2])}) already exists.`;
}

/**
 * DuckDB appends hints ("Did you mean …", "Candidate bindings: …") and a "LINE n:" excerpt behind the first line. It knows the tables of all
 * branches, and of the server itself: hints that name those are no help.
 */
function splitMessage(full: string): { body: string; hint: string | undefined } {
  const [excerptFree = full] = full.split(/\n\nLINE \d+:/);
  const [body = excerptFree, ...rest] = excerptFree.split("\n");
  const hint = rest
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== "" && !/pg_enum|pg_catalog|branch_[0-9a-f]{12}|\bduckbranch[_.]|\bmemory\.main\b/.test(line),
    )
    .join(" ");
  return { body, hint: hint === "" ? undefined : hint };
}

function withoutKind(body: string): string {
  const stripped = body.replace(/^[A-Z][\w ]* Error: /, "");
  return /^[A-Z][a-z]/.test(stripped) ? stripped.charAt(0).toLowerCase() + stripped.slice(1) : stripped;
}
