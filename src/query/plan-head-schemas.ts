/** Plans for schemas made and dropped on a branch: names in the registry. Its tables are in the branch's own schema anyway. */
import { OBJECT_KINDS, type HeadObject } from "../branch/head-objects.js";
import type { Version } from "../branch/model.js";
import { isInternalSchema } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import type { NameScope } from "./relation-names.js";
import { freeSequencesOf } from "./plan-head-sequences.js";
import { createdName } from "./write-targets.js";
import { othersDepend } from "./dependents.js";

/** CREATE SCHEMA. Errors: 42P06 for one that is there, 42939 for names that are the server's own */
export async function planBranchSchema(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const { scope } = context;
  const name = createdName(statement).parts.at(-1) ?? "";
  await transaction.lock({ schema: "schema", name }, scope.head);
  const object = { kind: "schema", schema: "", name } as const;
  if (RESERVED.has(normaliseName(name)) || isInternalSchema(name))
    throw new SqlError(SQLSTATE.duplicateSchema, `schema "${name}" is reserved`);
  if (scope.state.findObject(scope.head, object) !== undefined) {
    const message = `schema "${name}" already exists`;
    if (!statement.ifNotExists) throw new SqlError(SQLSTATE.duplicateSchema, message);
    context.notice("NOTICE", SQLSTATE.duplicateSchema, `${message}, skipping`);
    return [NOTHING_TO_RUN];
  }
  return [{ ...NOTHING_TO_RUN, afterwards: () => transaction.objects.make(scope.head, object) }];
}

const RESERVED: ReadonlySet<string> = new Set([
  "main",
  "public",
  "pg_catalog",
  "information_schema",
  "temp",
  "pg_temp",
]);

/** DROP SCHEMA; `dropTable` plans for its tables and views. Errors: 2BP01 for one with something in it, without CASCADE */
export async function planDropSchema(
  context: PlanContext,
  transaction: Transaction,
  { cascade, ifExists }: RelationalStatement,
  { parts }: NameReference,
  dropTable: (version: Version) => Promise<PlannedStatement[]>,
): Promise<PlannedStatement[]> {
  const { scope, notice } = context;
  const name = parts.at(-1) ?? "";
  const found = scope.state.findObject(scope.head, { kind: "schema", schema: "", name });
  if (found === undefined) {
    const message = `schema "${name}" does not exist`;
    if (!ifExists) throw new SqlError(SQLSTATE.invalidSchemaName, message);
    notice("NOTICE", SQLSTATE.successfulCompletion, `${message}, skipping`);
    return [];
  }
  const { relations, objects } = contentsOf(scope, found);
  if (!cascade && relations.length + objects.length > 0) {
    const things = [...relations, ...objects].map(
      ({ kind, name: own }) => `${kind} ${name}.${own} depends on schema ${name}`,
    );
    throw othersDepend(`schema ${name}`, things);
  }
  const planned = [...(await freeSequencesOf(context, transaction, objects))];
  for (const relation of relations) planned.push(...(await dropTable(relation)));
  const afterwards = (): void => {
    for (const object of [...objects, found]) transaction.objects.drop(scope.head, object);
  };
  return [...planned, { ...NOTHING_TO_RUN, afterwards }];
}

interface Contents {
  readonly relations: readonly Version[];
  readonly objects: readonly HeadObject[];
}

function contentsOf({ state, head }: NameScope, { name }: HeadObject): Contents {
  const isIn = ({ schema }: { readonly schema: string }): boolean =>
    normaliseName(schema) === normaliseName(name);
  return {
    relations: state.visible(head).filter(isIn),
    objects: OBJECT_KINDS.flatMap((kind) =>
      kind === "comment" ? [] : state.visibleObjects(head, kind),
    ).filter(isIn),
  };
}
