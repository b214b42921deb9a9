/** Branch statements and their function forms, as values. Grammar: README, "Branch statements". */

/** A literal, or the n-th bound parameter (1-based) in the function form. */
export type Argument =
  | { readonly kind: "value"; readonly value: string | null }
  | { readonly kind: "parameter"; readonly index: number };

/** How the answer is shaped: a statement's own rows, `SELECT f(…)` one column named f, `SELECT * FROM f(…)` all columns. */
export type AnswerShape = "statement" | "scalar" | "relation";

export interface BranchOption {
  /** Lower case. */
  readonly name: string;
  readonly value: Argument;
}

/** `TABLE a, b` lists may be schema-qualified: unquoted parts, outermost first. */
export type TableName = readonly string[];

export interface TableStrategy {
  readonly table: TableName;
  readonly strategy: Argument;
}

/** Of a schema, or of a column, whose name is the last part. */
export interface MergeException extends TableStrategy {
  readonly of?: "schema" | "column";
}

/** Of a table, or of its row with this key, as JSON. */
export interface RowStrategy extends TableStrategy {
  readonly key: Argument | undefined;
}

/** Which part of a long list is asked for; all of it where nothing is said. */
export interface Page {
  readonly limit: Argument | undefined;
  readonly offset: Argument | undefined;
}

export type BranchCommand = { readonly shape: AnswerShape; readonly functionName: string | undefined } & (
  | {
      readonly verb: "create";
      readonly name: Argument;
      readonly parent: Argument | undefined;
      readonly ifNotExists: boolean;
      readonly options: readonly BranchOption[];
      /** CREATE SCHEMA: the name is the schema's, and says the branch's id. */
      readonly asSchema?: true;
    }
  /** CREATE VIEW of a table of main in a branch's schema, where it is without one. */
  | { readonly verb: "show"; readonly name: Argument; readonly table: string }
  | { readonly verb: "use"; readonly name: Argument }
  | { readonly verb: "list"; readonly page: Page }
  | { readonly verb: "describe"; readonly name: Argument }
  | { readonly verb: "current" }
  | { readonly verb: "expiring"; readonly within: Argument | undefined; readonly page: Page }
  | { readonly verb: "keep"; readonly newName: Argument | undefined }
  | {
      readonly verb: "diff";
      readonly name: Argument;
      readonly against: Argument | undefined;
      readonly table: TableName | undefined;
    }
  | {
      readonly verb: "merge" | "explainMerge";
      readonly name: Argument;
      readonly into: Argument | undefined;
      readonly strategy: Argument | undefined;
      readonly exceptions: readonly MergeException[];
      readonly options: readonly BranchOption[];
    }
  | {
      readonly verb: "resolve";
      readonly mergeId: Argument;
      readonly resolutions: readonly RowStrategy[];
      readonly resolutionsJson: Argument | undefined;
    }
  | { readonly verb: "abandon"; readonly mergeId: Argument }
  | { readonly verb: "undo"; readonly mergeId: Argument; readonly strategy: Argument | undefined }
  | { readonly verb: "alterSet"; readonly name: Argument; readonly options: readonly BranchOption[] }
  | { readonly verb: "rename"; readonly name: Argument; readonly newName: Argument }
  | { readonly verb: "protect" | "unprotect"; readonly name: Argument }
  | {
      readonly verb: "grant" | "revoke";
      readonly name: Argument;
      readonly privilege: "read" | "write";
      /** A user or a key's holder; `public` is everybody. */
      readonly grantee: Argument;
    }
  | {
      readonly verb: "drop";
      readonly name: Argument;
      readonly ifExists: boolean;
      readonly cascade: boolean;
      readonly immediate: boolean;
      /** DROP SCHEMA. */
      readonly asSchema?: true;
    }
  | {
      readonly verb: "undelete";
      readonly name: Argument;
      readonly newName: Argument | undefined;
      readonly options: readonly BranchOption[];
    }
);
