/** Plans CREATE DOMAIN: the definition becomes the label of an ENUM, which is all that DuckDB is told of it. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import { typeOidNamed } from "../catalog/type-names.js";
import { domainLabel, type CatalogDomain, type DomainDefinition } from "../catalog/domain-catalog.js";
import type { EngineType } from "../engine/types.js";
import { arrayOidOf, describeType } from "../pgtypes/oids.js";
import { identified } from "../pgtypes/user-types.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { DomainForm } from "../sql/definition-forms.js";
import { DOMAIN_VALUE } from "../sql/domain-definitions.js";
import { writtenHeldType, writtenTypeOf, type HeldType } from "../sql/held-types.js";
import { quoteLiteral } from "../sql/names.js";
import { withPrepared } from "./deferred-columns.js";
import { step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { resolvedSlices } from "./resolve.js";
import { typeDefinitionsOf, TypeCatalog } from "./type-catalog.js";
import { createdName, mainObjectName } from "./write-targets.js";

export async function planCreateDomain(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  form: DomainForm,
): Promise<PlannedStatement[]> {
  const target = mainObjectName(context.scope, createdName(statement));
  return [step(`CREATE TYPE ${target} AS ${await domainType(context, transaction, statement, form)}`)];
}

/**
 * The type a domain is kept as.
 *
 * Errors  those of DuckDB for a type or an expression that is none; 0A000 for digits of a second and bits, which nobody would hold values to
 */
export async function domainType(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  form: DomainForm,
): Promise<string> {
  const created = createdName(statement);
  const typeText = statement.text.slice(form.base.start, form.base.end);
  const held = writtenTypeOf(typeText);
  if (held?.kind === "moment" || /^\s*(?:bit|varbit)\b/i.test(typeText))
    throw notSupported("domains over this type of limited length are not supported");
  const { head } = context.scope;
  const types = await TypeCatalog.ofHead(transaction.connection, typeDefinitionsOf(transaction.state, head));
  const over = overDomain(context, statement, form, types);
  const written = over === undefined ? statement : without(statement, over.name);
  const slice = await resolvedSlices(
    context.services,
    context.scope,
    written,
    new Map([[created.start, ""]]),
  );
  const type = over?.domain.definition.type ?? slice(form.base);
  const name = created.parts.at(-1) ?? "";
  const checks = [
    ...(over?.domain.definition.checks ?? []),
    ...namedChecks(name, form.checks).map((check) => ({
      name: check.name,
      domain: name,
      check: slice(check.expression),
      source: check.source,
    })),
  ];
  const byDefault =
    form.default === undefined ? (over?.domain.definition.default ?? null) : slice(form.default);
  const engineType = await checkedType(transaction, type, checks, byDefault);
  const pgType = describeType(identified(engineType, (part) => types.identityOf(part)));
  const definition: DomainDefinition = {
    type,
    base: over?.domain.oid ?? heldOid(held) ?? pgType.oid,
    typmod: over !== undefined ? -1 : held?.kind === "text" ? writtenHeldType(held).typmod : pgType.typmod,
    checks,
    notNull: form.notNull ? name : (over?.domain.definition.notNull ?? null),
    default: byDefault,
  };
  return `ENUM(${quoteLiteral(domainLabel(definition))})`;
}

/** Those without a name have the first that is free: d_check, d_check1. */
function namedChecks(domain: string, checks: DomainForm["checks"]) {
  const taken = new Set(checks.flatMap(({ name }) => name ?? []));
  return checks.map((check) => {
    if (check.name !== undefined) return { ...check, name: check.name };
    let [name, nth] = [`${domain}_check`, 0];
    while (taken.has(name)) name = `${domain}_check${++nth}`;
    taken.add(name);
    return { ...check, name };
  });
}

/** DuckDB says text of a varchar. */
function heldOid(held: HeldType | undefined): number | undefined {
  if (held === undefined) return undefined;
  const oid = typeOidNamed(held.name);
  return held.kind === "named" && held.isArray && oid !== undefined ? arrayOidOf(oid) : oid;
}

interface OverDomain {
  readonly name: NameReference;
  readonly domain: CatalogDomain;
}

/** The domain it is made over, if it is one. */
function overDomain(
  { scope }: PlanContext,
  { names }: RelationalStatement,
  { base }: DomainForm,
  types: TypeCatalog,
): OverDomain | undefined {
  const name = names.find(({ role, start }) => role === "type" && start >= base.start && start < base.end);
  const domain = name && types.domains.named(name.parts, scope.searchPath);
  if (name === undefined || domain === undefined) return undefined;
  if (name.end !== base.end) throw notSupported("arrays of domains are not supported");
  return { name, domain };
}

function without(statement: RelationalStatement, name: NameReference): RelationalStatement {
  return { ...statement, names: statement.names.filter((one) => one !== name) };
}

/** Has DuckDB read the type, the checks and the default. */
async function checkedType(
  { connection }: Transaction,
  type: string,
  checks: DomainDefinition["checks"],
  byDefault: string | null,
): Promise<EngineType> {
  const tests = checks.map(({ check }) => `, (${check})`).join("");
  const fallback = byDefault === null ? "" : `, CAST((${byDefault}) AS ${type})`;
  const sql = `SELECT ${DOMAIN_VALUE}${tests}${fallback} FROM (SELECT CAST(NULL AS ${type}) AS ${DOMAIN_VALUE})`;
  const found = await withPrepared(connection, sql, ({ columns }) => columns[0]?.type);
  if (found === undefined || found === null)
    throw new SqlError(SQLSTATE.undefinedObject, `type "${type}" does not exist`);
  return found;
}
