/** What a branch's catalogue lists beside relations. Pure. */
import { objectKey, type HeadObject } from "../branch/head-objects.js";
import { commentName, commentsOn, PUBLIC } from "../branch/object-comments.js";
import type { HeadId } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { CatalogContents, ListedObject } from "../catalog/session-catalog.js";
import { labelsOf } from "../catalog/type-definition.js";
import { tokenise } from "../sql/lexer.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../sql/token-reader.js";

const KINDS = ["function", "type", "sequence", "schema"] as const;

export function listedObjects(state: RegistryState, head: HeadId): readonly ListedObject[] {
  const comments = new Map(commentsOn(state, head).map((one) => [objectKey(commentName(one)), one.comment]));
  const visible = KINDS.flatMap((kind) =>
    state.visibleObjects(head, kind).map((object) => ({ ...object, kind })),
  );
  const seen = new Set(visible.map(({ id }) => id));
  return [
    ...visible.map((object) => {
      const { kind, schema, name } = object;
      const said = kind === "schema" ? undefined : commentName({ kind, schema, name, column: null });
      return { ...listed(object), comment: (said && comments.get(objectKey(said))) ?? null };
    }),
    ...otherSequences(state, head, seen).map((object) => ({
      ...listed({ ...object, kind: "sequence" as const }),
      is_dropped: true,
    })),
  ];
}

const SCHEMA_COMMENTS = new WeakMap<RegistryState, Map<HeadId, CatalogContents["schemaComments"]>>();

/** What a head says of its schemas; asked for by each statement that reads the catalogue. */
export function schemaComments(state: RegistryState, head: HeadId): CatalogContents["schemaComments"] {
  const known = SCHEMA_COMMENTS.get(state) ?? new Map<HeadId, CatalogContents["schemaComments"]>();
  SCHEMA_COMMENTS.set(state, known);
  const before = known.get(head);
  if (before !== undefined) return before;
  const found = commentsOn(state, head).flatMap(({ kind, name, comment }) =>
    kind === "schema" ? [{ name: name === PUBLIC ? "public" : name, comment }] : [],
  );
  known.set(head, found);
  return found;
}

/** Sequences in the schemas of the branch and its ancestors that mean nothing to it, or under another name. */
function otherSequences(
  state: RegistryState,
  head: HeadId,
  visible: ReadonlySet<number>,
): readonly HeadObject[] {
  const others: HeadObject[] = [];
  for (
    let branch = state.branches.get(head);
    branch !== undefined;
    branch = state.branches.get(branch.parent)
  )
    others.push(
      ...state.objectsOf(branch.id).filter(({ id, physical }) => physical !== null && !visible.has(id)),
    );
  return others;
}

function listed(object: HeadObject & Pick<ListedObject, "kind">): ListedObject {
  const { kind, schema, name, definition, physical } = object;
  const labels = kind === "type" ? labelsOf(object) : undefined;
  const macro = kind === "function" ? macroForm(definition ?? "") : undefined;
  return {
    kind,
    duck_schema: schema,
    name,
    definition: macro?.body ?? definition,
    logical_type: kind === "type" ? (/^\w+/.exec(definition ?? "")?.[0] ?? "") : null,
    labels: labels ?? null,
    parameters: macro?.parameters ?? null,
    is_table: macro?.isTable ?? false,
    physical_schema: physical?.schema ?? null,
    physical_name: physical?.name ?? null,
    is_dropped: false,
    comment: null,
  };
}

/** CREATE MACRO taken apart; of several overloads the first. */
function macroForm(text: string): {
  readonly parameters: readonly string[];
  readonly body: string;
  readonly isTable: boolean;
} {
  const tokens = tokenise(text);
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const close = closingBracket(tokens, open) ?? open;
  const as = tokens[close + 1];
  const isTable = isWord(tokens[close + 2], "table");
  return {
    parameters: splitAtCommas(tokens, open + 1, close).map(([first]) => tokens[first]?.value ?? ""),
    body: text.slice((isTable ? tokens[close + 2] : as)?.end ?? 0).trim(),
    isTable,
  };
}
