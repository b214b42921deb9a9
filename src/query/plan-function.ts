/**
 * Plans CREATE FUNCTION … LANGUAGE sql: a macro that evaluates each argument once.
 *
 *   f(a int, b int) … 'SELECT $1 + b'  ⇒  f(a INTEGER, b INTEGER) AS CAST(list_transform(
 *     [{'label': …, 'a1': CAST(a AS INTEGER), …}], lambda args: args.a1 + args.a2)[1] AS INTEGER)
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN } from "../branch/model.js";
import { commentOn, commentOnMain } from "../branch/object-comments.js";
import type { Transaction } from "../branch/transaction.js";
import { functionLabel } from "../catalog/function-catalog.js";
import { OWN_MACROS } from "../catalog/names.js";
import { FUNCTIONS_SCHEMA } from "../engine/database.js";
import { describeType } from "../pgtypes/oids.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import type { FunctionForm } from "../sql/definition-forms.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import { functionsOfMain } from "./branch-functions.js";
import { withPrepared } from "./deferred-columns.js";
import { narrowedBody } from "./narrow-operands.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { resolvedSlices } from "./resolve.js";
import { creatableName, createdName, mainObjectName } from "./write-targets.js";

const ARGUMENTS = `"duckbranch_arguments"`;

/** Errors: 0A000 for bodies that are more than one expression, 42723 for a name that is taken. */
export async function planCreateFunction(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  form: FunctionForm,
): Promise<PlannedStatement[]> {
  const created = createdName(statement);
  const target = mainObjectName(context.scope, created);
  await refuseBuiltIn(transaction, created);
  const functions = await functionsOfMain(transaction.state, transaction);
  if (functions.named(created.parts, context.scope.searchPath.slice(0, 1)) !== undefined)
    refuseTaken(statement);
  const body = await functionText(context, transaction, form);
  const { schema, name } = creatableName(context.scope, created);
  transaction.objects.noteFunction(
    { kind: "function", schema, name },
    `CREATE MACRO ${quoteIdentifier(name)}${body}`,
  );
  const head = statement.orReplace ? "CREATE OR REPLACE MACRO" : "CREATE MACRO";
  const made = step(`${head} ${target}${body}`);
  const commented = { kind: "function", schema, name, column: null } as const;
  const comment = statement.orReplace ? commentOn(transaction.state, MAIN, commented) : null;
  if (comment === null) return [made];
  // DuckDB forgets it, PostgreSQL does not.
  const guard = async (): Promise<void> => await commentOnMain(transaction.connection, commented, comment);
  return [made, { ...NOTHING_TO_RUN, guard }];
}

/** What stands behind the name in CREATE MACRO. */
export async function functionText(
  context: PlanContext,
  transaction: Transaction,
  form: FunctionForm,
): Promise<string> {
  const types = form.arguments.map(({ type }) => engineType(type));
  const returns = engineType(form.returns);
  const expression = await bodyExpression(context, form);
  const strict = form.arguments.map((_, index) => `${ARGUMENTS}.a${index + 1} IS NULL`).join(" OR ");
  const value =
    form.strict && strict !== ""
      ? `CASE WHEN ${strict} THEN NULL ELSE (${expression}) END`
      : `(${expression})`;
  const [returnsOid = 0, ...argumentOids] = await oidsOf(transaction, [returns, ...types]);
  const label = functionLabel({
    arguments: form.arguments.map(({ type }) => shown(type)),
    argumentOids,
    ...(form.arguments.some((one) => one.default !== undefined)
      ? { defaults: form.arguments.map((one) => one.default ?? null) }
      : {}),
    returns: shown(form.returns),
    returnsOid,
    strict: form.strict,
    volatility: form.volatility,
    source: form.body,
  });
  const body = (names: readonly string[]): string => {
    const fields = types.map((type, index) => `, 'a${index + 1}': CAST(${names[index]} AS ${type})`);
    return `CAST(list_transform([{'label': ${quoteLiteral(label)}${fields.join("")}}], lambda ${ARGUMENTS}: ${value})[1] AS ${returns})`;
  };
  await withPrepared(transaction.connection, `SELECT ${body(types.map(() => "NULL"))}`, () => undefined);
  const names = form.arguments.map(({ name }, index) => quoteIdentifier(name ?? `$${index + 1}`));
  const parameters = form.arguments.map(
    ({ default: byDefault }, index) =>
      `${names[index]} ${types[index]}${byDefault === undefined ? "" : ` := ${byDefault}`}`,
  );
  return `(${parameters.join(", ")}) AS ${body(names)}`;
}

async function oidsOf({ connection }: Transaction, types: readonly string[]): Promise<readonly number[]> {
  const sql = `SELECT ${types.map((type) => `CAST(NULL AS ${type})`).join(", ")}`;
  return await withPrepared(connection, sql, ({ columns }) =>
    columns.map(({ type }) => describeType(type).oid),
  );
}

/** DuckDB's functions that PostgreSQL has none of the name of, and no statement of this program calls. */
const FREE_NAMES: ReadonlySet<string> = new Set(
  `add alias bar century dayname decade entropy epoch era even gamma hamming instr jaccard last_day levenshtein lgamma
   median monthname multiply ord prefix product signum subtract today weekday`.split(/\s+/),
);

/** A function of another built-in's name would be called by this program's own statements as well. */
export async function refuseBuiltIn({ connection }: Transaction, { parts }: NameReference): Promise<void> {
  const name = parts.at(-1) ?? "";
  if (FREE_NAMES.has(name.toLowerCase())) return;
  const rows = await connection.rows(
    `SELECT 1 AS found FROM ${OWN_MACROS} WHERE lower(nam) = lower($1) AND sch = '${FUNCTIONS_SCHEMA}'
     UNION ALL SELECT 1 FROM duckdb_functions() WHERE lower(function_name) = lower($1) AND internal LIMIT 1`,
    [name],
  );
  if (rows.length > 0)
    throw notSupported(`a function with the name of a built-in one, ${name}, is not supported`);
}

/** Errors: 42723 unless it is to be replaced */
export function refuseTaken(statement: RelationalStatement): void {
  if (statement.orReplace) return;
  const name = createdName(statement).parts.at(-1) ?? "";
  throw new SqlError(
    SQLSTATE.duplicateFunction,
    `function "${name}" already exists with same argument types`,
  );
}

async function bodyExpression({ services, scope }: PlanContext, form: FunctionForm): Promise<string> {
  const [written, ...more] = await services.analyse(form.body);
  const narrow = written?.kind === "relational" ? narrowedBody(written, form) : undefined;
  const [body] = narrow === undefined ? [written] : await services.analyse(narrow);
  const isPlain = body?.kind === "relational" && body.verb === "select" && body.certain && more.length === 0;
  if (tokenise(form.body).length === 0)
    throw new SqlError(
      SQLSTATE.invalidFunctionDefinition,
      `return type mismatch in function declared to return ${shown(form.returns)}`,
      { detail: "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING." },
    );
  if (!isPlain || body.names.some(({ role }) => role !== "function"))
    throw notSupported("functions whose body is more than SELECT of an expression are not supported");
  const tokens = tokenise(body.text);
  refuseClauses(tokens);
  const edits = tokens.flatMap((token, at): TextEdit[] => {
    const index = argumentAt(tokens, at, form);
    if (index === undefined) return [];
    return [{ start: token.start, end: token.end, text: `${ARGUMENTS}.a${index + 1}` }];
  });
  const isHidden = body.edits.some((edit) =>
    edits.some((own) => own.start < edit.end && edit.start < own.end),
  );
  if (isHidden) throw notSupported("an argument stands where it cannot be followed in the function's body");
  const [first, last] = [tokens[1], tokens.at(-1)];
  if (first === undefined || last === undefined)
    throw notSupported("functions whose body is more than SELECT of an expression are not supported");
  const read = { ...body, edits: sortEdits([...body.edits, ...edits]) };
  const slice = await resolvedSlices(services, scope, read, new Map());
  return slice({ start: first.start, end: isSymbol(last, ";") ? last.start : last.end });
}

const CLAUSES = "from where group having order limit offset union intersect except into as window".split(" ");

function refuseClauses(tokens: readonly Token[]): void {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (isSymbol(token, "(") || isSymbol(token, "[")) depth++;
    else if (isSymbol(token, ")") || isSymbol(token, "]")) depth--;
    const isInner = isWord(token, "select") && at > 0;
    const isClause =
      depth === 0 && (isSymbol(token, ",") || (token.kind === "word" && CLAUSES.includes(token.value)));
    if (isInner || isClause)
      throw notSupported("functions whose body is more than SELECT of an expression are not supported");
  }
}

/** Which argument a token names: `$n`, or its name where no function, type or field can stand. */
function argumentAt(tokens: readonly Token[], at: number, form: FunctionForm): number | undefined {
  const token = tokens[at];
  if (token?.kind === "parameter") return Number(token.value) - 1;
  if (token?.kind !== "word" && token?.kind !== "quoted") return undefined;
  const [before, behind] = [tokens[at - 1], tokens[at + 1]];
  if (isSymbol(before, ".") || isSymbol(before, "::") || isSymbol(behind, "(") || isSymbol(behind, "."))
    return undefined;
  const index = form.arguments.findIndex(
    ({ name }) => name !== undefined && normaliseName(name) === normaliseName(token.value),
  );
  return index < 0 ? undefined : index;
}

function shown({ name, isArray }: FunctionForm["returns"]): string {
  return isArray ? `${name}[]` : name;
}

function engineType(type: FunctionForm["returns"]): string {
  const found = ENGINE_TYPES.get(type.name);
  if (found === undefined) throw notSupported(`functions over type ${shown(type)} are not supported`);
  return type.isArray ? `${found}[]` : found;
}

/** What arguments and results of functions may be. */
const ENGINE_TYPES: ReadonlyMap<string, string> = new Map([
  ["bool", "BOOLEAN"],
  ["int2", "SMALLINT"],
  ["int4", "INTEGER"],
  ["int8", "BIGINT"],
  ["float4", "FLOAT"],
  ["float8", "DOUBLE"],
  ["numeric", "DECIMAL(38, 9)"],
  ["text", "VARCHAR"],
  ["varchar", "VARCHAR"],
  ["bytea", "BLOB"],
  ["uuid", "UUID"],
  ["date", "DATE"],
  ["time", "TIME"],
  ["timestamp", "TIMESTAMP"],
  ["timestamptz", "TIMESTAMPTZ"],
  ["interval", "INTERVAL"],
]);
