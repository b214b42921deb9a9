/**
 * The errors a client may see. Everything a client is told goes through `SqlError`; any other thrown value is a broken
 * invariant and reaches the client only as XX000 with a neutral text.
 */

/** SQLSTATEs this server raises, by PostgreSQL's condition names. Source: PostgreSQL 15, Appendix A. */
export const SQLSTATE = {
  successfulCompletion: "00000",
  warning: "01000",
  connectionFailure: "08006",
  protocolViolation: "08P01",
  featureNotSupported: "0A000",
  cardinalityViolation: "21000",
  dataException: "22000",
  stringDataRightTruncation: "22001",
  numericValueOutOfRange: "22003",
  invalidDatetimeFormat: "22007",
  datetimeFieldOverflow: "22008",
  nullValueNotAllowed: "22004",
  invalidTimeZoneDisplacement: "22009",
  substringError: "22011",
  divisionByZero: "22012",
  intervalFieldOverflow: "22015",
  sequenceLimitExceeded: "2200H",
  invalidArgumentForLogarithm: "2201E",
  invalidArgumentForPowerFunction: "2201F",
  invalidRegularExpression: "2201B",
  invalidRowCountInLimitClause: "2201W",
  arraySubscriptError: "2202E",
  characterNotInRepertoire: "22021",
  invalidParameterValue: "22023",
  invalidEscapeSequence: "22025",
  invalidSqlJsonSubscript: "22033",
  nonNumericSqlJsonItem: "22036",
  singletonSqlJsonItemRequired: "22038",
  sqlJsonArrayNotFound: "22039",
  sqlJsonMemberNotFound: "2203A",
  sqlJsonNumberNotFound: "2203B",
  sqlJsonObjectNotFound: "2203C",
  invalidTextRepresentation: "22P02",
  invalidBinaryRepresentation: "22P03",
  badCopyFileFormat: "22P04",
  untranslatableCharacter: "22P05",
  integrityConstraintViolation: "23000",
  notNullViolation: "23502",
  foreignKeyViolation: "23503",
  uniqueViolation: "23505",
  checkViolation: "23514",
  invalidCursorState: "24000",
  invalidTransactionState: "25000",
  activeSqlTransaction: "25001",
  readOnlySqlTransaction: "25006",
  noActiveSqlTransaction: "25P01",
  inFailedSqlTransaction: "25P02",
  idleInTransactionTimeout: "25P03",
  invalidSqlStatementName: "26000",
  invalidAuthorization: "28000",
  invalidPassword: "28P01",
  dependentObjectsStillExist: "2BP01",
  invalidCursorName: "34000",
  invalidSavepointSpecification: "3B001",
  invalidCatalogName: "3D000",
  invalidSchemaName: "3F000",
  serializationFailure: "40001",
  transactionIntegrityConstraintViolation: "40002",
  deadlockDetected: "40P01",
  insufficientPrivilege: "42501",
  invalidForeignKey: "42830",
  syntaxError: "42601",
  invalidName: "42602",
  undefinedColumn: "42703",
  ambiguousColumn: "42702",
  undefinedObject: "42704",
  duplicateColumn: "42701",
  duplicateObject: "42710",
  duplicateAlias: "42712",
  duplicateTable: "42P07",
  duplicateSchema: "42P06",
  reservedName: "42939",
  duplicatePreparedStatement: "42P05",
  duplicateCursor: "42P03",
  invalidColumnReference: "42P10",
  groupingError: "42803",
  windowingError: "42P20",
  generatedAlways: "428C9",
  invalidTableDefinition: "42P16",
  invalidObjectDefinition: "42P17",
  invalidFunctionDefinition: "42P13",
  duplicateFunction: "42723",
  datatypeMismatch: "42804",
  wrongObjectType: "42809",
  cannotCoerce: "42846",
  undefinedFunction: "42883",
  undefinedTable: "42P01",
  undefinedParameter: "42P02",
  indeterminateDatatype: "42P18",
  tooManyConnections: "53300",
  diskFull: "53100",
  outOfMemory: "53200",
  configurationLimitExceeded: "53400",
  invalidArgumentForWidthBucket: "2201G",
  programLimitExceeded: "54000",
  statementTooComplex: "54001",
  objectNotInPrerequisiteState: "55000",
  objectInUse: "55006",
  cannotChangeRuntimeParameter: "55P02",
  lockNotAvailable: "55P03",
  queryCanceled: "57014",
  adminShutdown: "57P01",
  crashShutdown: "57P02",
  cannotConnectNow: "57P03",
  idleSessionTimeout: "57P05",
  ioError: "58030",
  raiseException: "P0001",
  internalError: "XX000",
} as const;

export type SqlState = (typeof SQLSTATE)[keyof typeof SQLSTATE];

/** The object a failure is about, for drivers that ask for it by name. */
export interface ErrorObject {
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
}

export interface SqlErrorFields {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based character position in the client's query text. */
  readonly position?: number | undefined;
  /** Where in the data the failure lies: `COPY t, line 3, column a: "x"`. */
  readonly where?: string | undefined;
  readonly object?: ErrorObject | undefined;
  /** The function of PostgreSQL's source that says this, where drivers act on it. */
  readonly routine?: string | undefined;
  readonly cause?: unknown;
}

/** A failure the client is told about, in PostgreSQL's style: lower case, no full stop, names in double quotes. */
export class SqlError extends Error {
  readonly code: SqlState;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: number | undefined;
  readonly where: string | undefined;
  readonly object: ErrorObject | undefined;
  readonly routine: string | undefined;

  constructor(code: SqlState, message: string, fields: SqlErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = "SqlError";
    this.code = code;
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.position = fields.position;
    this.where = fields.where;
    this.object = fields.object;
    this.routine = fields.routine;
  }

  /** The same error with some fields changed. */
  with(fields: SqlErrorFields & { readonly message?: string }): SqlError {
    const { detail, hint, position, where, object, routine, cause } = this;
    const { message = this.message, ...changed } = fields;
    const kept = { detail, hint, position, where, object, routine, cause };
    return new SqlError(this.code, message, { ...kept, ...changed });
  }
}

/** A refusal: what was asked for cannot be done, or not safely. SQLSTATE 0A000. */
export function notSupported(message: string, hint?: string): SqlError {
  return new SqlError(SQLSTATE.featureNotSupported, message, { hint });
}
