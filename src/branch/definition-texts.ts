/** What a merge asks of the layer that reads SQL: a definition is kept as the text a client wrote, or as DuckDB prints it. */
import { notSupported } from "../core/errors.js";
import type { HeadObject } from "./head-objects.js";
import type { AnyView, HeadId, RelationName } from "./model.js";
import type { Transaction } from "./transaction.js";

/** A view as it is defined, under the name it has or gets. */
export interface DefinedView extends RelationName {
  readonly definition: string;
  /** The head that has the text: `main` in one of main is a schema. */
  readonly head: HeadId;
}

/** All columns of a table: what each is called before, and afterwards. */
export type RenamedColumns = readonly (readonly [was: string, is: string])[];

/** A relation of a head that gets another name, or has columns that do. */
export interface NewName {
  readonly from: RelationName;
  readonly to: RelationName;
  readonly columns?: RenamedColumns;
}

/** To be called once the names are the new ones. */
export type Follow = () => Promise<void>;

/** A function's CREATE MACRO, under the name it has or gets. */
interface DefinedFunction extends RelationName {
  readonly definition: string;
}

export interface DefinitionTexts {
  /** Equal for views that say the same, whoever wrote them down; names are read as on the head. */
  canonicalView(transaction: Transaction, head: HeadId, view: DefinedView): Promise<string>;
  /** Makes the views of a head that read what gets another name go on reading it. Errors: 0A000 for one that may */
  followingViews(
    transaction: Transaction,
    head: HeadId,
    renamed: readonly NewName[],
    /** Those that the head has itself: what it inherits follows by itself where the names are its parent's. */
    which?: "own",
  ): Promise<Follow | undefined>;
  /** Its text as a branch may have it for its own. */
  ownText(view: Pick<DefinedView, "definition" | "head">): Promise<string>;
  /** The CREATE VIEW by which DuckDB makes it on main. Errors: 0A000 for one that means nothing there */
  viewOnMain(transaction: Transaction, view: DefinedView): Promise<string>;
  /** Its rows on a branch, as SQL that stands where a table name may stand. */
  viewRows(transaction: Transaction, head: HeadId, view: AnyView): Promise<string>;
  /** A call of it on a branch with nothing in its arguments, as SQL that stands where a table name may stand. */
  functionCalls(transaction: Transaction, head: HeadId, object: HeadObject): Promise<string>;
  /** The CREATE MACRO by which DuckDB makes it on main. Errors: 0A000 for one that means nothing there */
  functionOnMain(transaction: Transaction, definition: DefinedFunction): Promise<string>;
  /** Errors: 2BP01 for a type of the transaction's head that columns or other types have */
  refuseUsedType(transaction: Transaction, type: RelationName): Promise<void>;
  /** What drops a sequence of the transaction's head; those who read it as it was keep it. Errors: 2BP01 */
  sequenceDrop(transaction: Transaction, head: HeadId, sequence: HeadObject): Promise<readonly string[]>;
}

/** Where nobody reads SQL. */
export const NO_TEXTS: DefinitionTexts = {
  canonicalView: refuse,
  ownText: refuse,
  followingViews: refuse,
  viewOnMain: refuse,
  viewRows: refuse,
  functionCalls: refuse,
  functionOnMain: refuse,
  refuseUsedType: refuse,
  sequenceDrop: refuse,
};

async function refuse(): Promise<never> {
  return await Promise.reject(notSupported("definitions cannot be merged here"));
}
