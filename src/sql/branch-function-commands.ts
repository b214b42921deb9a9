/** Which arguments each branch function takes, and the command they make. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Argument, BranchCommand, BranchOption, Page } from "./branch-command.js";
import { TokenReader } from "./token-reader.js";

export interface FunctionArguments {
  readonly positional: readonly Argument[];
  /** Lower-case names. */
  readonly named: ReadonlyMap<string, Argument>;
}

type FunctionVerb = Exclude<BranchCommand["verb"], "alterSet" | "unprotect" | "show">;
/** A command without the two fields that say how it was called. */
type BareCommand = BranchCommand extends infer Command
  ? Command extends BranchCommand
    ? Omit<Command, "shape" | "functionName">
    : never
  : never;

const VERBS: ReadonlyMap<string, FunctionVerb> = new Map<string, FunctionVerb>([
  ["branch_create", "create"],
  ["hati_branch_create", "create"],
  ["branch_use", "use"],
  ["use_branch", "use"],
  ["branch_list", "list"],
  ["hati_branch_list", "list"],
  ["branch_describe", "describe"],
  ["branch_get", "describe"],
  ["current_branch", "current"],
  ["branch_diff", "diff"],
  ["branch_merge", "merge"],
  ["hati_branch_merge", "merge"],
  ["branch_merge_explain", "explainMerge"],
  ["branch_resolve", "resolve"],
  ["branch_abandon", "abandon"],
  ["branch_undo", "undo"],
  ["branch_discard", "drop"],
  ["branch_drop", "drop"],
  ["hati_branch_discard", "drop"],
  ["branch_undelete", "undelete"],
  ["branch_expiring", "expiring"],
  ["branch_keep", "keep"],
  ["branch_rename", "rename"],
  ["branch_protect", "protect"],
  ["branch_grant", "grant"],
  ["branch_revoke", "revoke"],
]);

/** Only to tell the two meanings of branch_merge's second argument apart. */
const STRATEGIES: readonly string[] = ["branch_wins", "main_wins", "manual", "abort"];

const SIGNATURES: Readonly<Record<FunctionVerb, readonly string[]>> = {
  create: ["name", "description", "agent", "ttl"],
  use: ["name"],
  list: [],
  describe: ["name"],
  current: [],
  diff: ["name", "against", "table"],
  merge: ["name", "target", "strategy"],
  explainMerge: ["name", "target", "strategy"],
  resolve: ["merge_id", "resolutions"],
  abandon: ["merge_id"],
  undo: ["merge_id", "strategy"],
  drop: ["name"],
  undelete: ["name", "new_name", "ttl"],
  expiring: ["within"],
  keep: ["new_name"],
  rename: ["name", "new_name"],
  protect: ["name"],
  grant: ["name", "privilege", "grantee"],
  revoke: ["name", "privilege", "grantee"],
};

const NAMED_OPTIONS = [
  "ttl_hours",
  "ttl_seconds",
  "idle_ttl",
  "max_rows",
  "max_bytes",
  "max_seconds",
  "isolation",
  "access",
];

const MERGE_OPTIONS = ["granularity", "keyless", "token", "retry", "merge_id"];

const PAGE = ["limit", "offset"];

const NAMED_ONLY: Partial<Readonly<Record<FunctionVerb, readonly string[]>>> = {
  create: ["parent", ...NAMED_OPTIONS, "if_not_exists"],
  merge: ["into", ...MERGE_OPTIONS],
  explainMerge: ["into", "granularity", "keyless"],
  list: PAGE,
  expiring: PAGE,
  drop: ["immediate", "cascade"],
  undelete: ["ttl_hours", "ttl_seconds"],
};

const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["agent_id", "agent"],
  ["from", "parent"],
  ["branch", "name"],
  ["branch_id", "name"],
]);

export function functionVerb(name: string): FunctionVerb | undefined {
  return VERBS.get(name);
}

/** Throws 42883 for arguments the function does not take, 22023 for a missing or NULL one it needs. */
export function commandOf(verb: FunctionVerb, given: FunctionArguments, calledAs: string): BareCommand {
  const bound = bindArguments(verb, given, calledAs);
  const name = (): Argument => need(bound, "name", calledAs);
  switch (verb) {
    case "create": {
      const ifNotExists = isTrue(bound, "if_not_exists");
      const options = optionsOf(bound, ["description", "agent", "ttl", ...NAMED_OPTIONS]);
      return { verb, name: name(), parent: optional(bound, "parent"), ifNotExists, options };
    }
    case "list":
      return { verb, page: pageOf(bound) };
    case "current":
      return { verb };
    case "diff": {
      const table = optional(bound, "table");
      return { verb, name: name(), against: optional(bound, "against"), table: tableName(table, calledAs) };
    }
    case "merge":
    case "explainMerge":
      return {
        verb,
        name: name(),
        ...mergeTarget(bound, calledAs),
        exceptions: [],
        options: optionsOf(bound, verb === "merge" ? MERGE_OPTIONS : ["granularity", "keyless"]),
      };
    case "resolve": {
      const resolutionsJson = need(bound, "resolutions", calledAs);
      return { verb, mergeId: need(bound, "merge_id", calledAs), resolutions: [], resolutionsJson };
    }
    case "abandon":
      return { verb, mergeId: need(bound, "merge_id", calledAs) };
    case "undo":
      return { verb, mergeId: need(bound, "merge_id", calledAs), strategy: optional(bound, "strategy") };
    case "expiring":
      return { verb, within: optional(bound, "within"), page: pageOf(bound) };
    case "keep":
      return { verb, newName: optional(bound, "new_name") };
    case "rename":
      return { verb, name: name(), newName: need(bound, "new_name", calledAs) };
    case "drop":
      return {
        verb,
        name: name(),
        ifExists: false,
        cascade: isTrue(bound, "cascade"),
        immediate: isTrue(bound, "immediate"),
      };
    case "undelete": {
      const options = optionsOf(bound, ["ttl", "ttl_hours", "ttl_seconds"]);
      return { verb, name: name(), newName: optional(bound, "new_name"), options };
    }
    case "grant":
    case "revoke":
      return {
        verb,
        name: name(),
        privilege: privilegeOf(need(bound, "privilege", calledAs)),
        grantee: need(bound, "grantee", calledAs),
      };
    case "use":
    case "describe":
    case "protect":
      break;
  }
  return { verb, name: name() };
}

function bindArguments(
  verb: FunctionVerb,
  given: FunctionArguments,
  calledAs: string,
): ReadonlyMap<string, Argument> {
  const names = SIGNATURES[verb];
  const bound = new Map<string, Argument>();
  given.positional.forEach((argument, index) => {
    const name = names[index];
    if (name === undefined) throw unknownFunction(`${calledAs}() takes at most ${names.length} arguments`);
    bound.set(name, argument);
  });
  for (const [written, argument] of given.named) {
    const name = SYNONYMS.get(written) ?? written;
    const isKnown = names.includes(name) || (NAMED_ONLY[verb] ?? []).includes(name);
    if (!isKnown || bound.has(name))
      throw unknownFunction(`${calledAs}() does not take the argument "${written}"`);
    bound.set(name, argument);
  }
  return bound;
}

/** branch_merge('x', 'main') and branch_merge('x', 'branch_wins') are both published; a parameter could be either. */
function mergeTarget(
  bound: ReadonlyMap<string, Argument>,
  calledAs: string,
): { into: Argument | undefined; strategy: Argument | undefined } {
  const second = optional(bound, "target");
  const into = optional(bound, "into");
  const strategy = optional(bound, "strategy");
  if (second === undefined) return { into, strategy };
  const isStrategy = second.kind === "value" && STRATEGIES.includes(second.value?.toLowerCase() ?? "");
  if (second.kind === "parameter" && into === undefined && strategy === undefined) {
    throw unknownFunction(`the second argument of ${calledAs}() must be named: strategy => or into =>`);
  }
  const takesInto = second.kind === "parameter" ? into === undefined : !isStrategy;
  if (takesInto ? into !== undefined : strategy !== undefined) {
    throw unknownFunction(`${calledAs}() was given the same argument twice`);
  }
  return takesInto ? { into: second, strategy } : { into, strategy: second };
}

function tableName(argument: Argument | undefined, calledAs: string): readonly string[] | undefined {
  if (argument === undefined) return undefined;
  if (argument.kind === "parameter" || argument.value === null) {
    throw unknownFunction(`the table of ${calledAs}() must be a string literal`);
  }
  const reader = new TokenReader(argument.value);
  const { parts } = reader.qualifiedName();
  reader.expectEnd();
  return parts;
}

/** NULL for an optional argument is the same as leaving it out. */
function optional(bound: ReadonlyMap<string, Argument>, name: string): Argument | undefined {
  const argument = bound.get(name);
  return argument?.kind === "value" && argument.value === null ? undefined : argument;
}

function pageOf(bound: ReadonlyMap<string, Argument>): Page {
  return { limit: optional(bound, "limit"), offset: optional(bound, "offset") };
}

function privilegeOf(argument: Argument): "read" | "write" {
  const word = argument.kind === "value" ? argument.value?.toLowerCase() : undefined;
  if (word === "read" || word === "write") return word;
  throw new SqlError(SQLSTATE.invalidParameterValue, "the privilege must be 'read' or 'write'");
}

/** A flag that is not written out counts as not given. */
function isTrue(bound: ReadonlyMap<string, Argument>, name: string): boolean {
  const flag = optional(bound, name);
  return flag?.kind === "value" && flag.value === "true";
}

function need(bound: ReadonlyMap<string, Argument>, name: string, calledAs: string): Argument {
  const argument = optional(bound, name);
  if (argument !== undefined) return argument;
  throw new SqlError(SQLSTATE.invalidParameterValue, `${calledAs}() needs the argument "${name}"`);
}

function optionsOf(bound: ReadonlyMap<string, Argument>, names: readonly string[]): BranchOption[] {
  return names.flatMap((name) => {
    const argument = optional(bound, name);
    return argument === undefined ? [] : [{ name, value: argument }];
  });
}

function unknownFunction(message: string): SqlError {
  return new SqlError(SQLSTATE.undefinedFunction, message);
}
