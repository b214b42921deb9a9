/** The schema of PostgreSQL's functions and operators; see docs/decisions/0014. */
import type { Connection } from "../../engine/connection.js";
import { FUNCTIONS_SCHEMA } from "../../engine/database.js";
import { quoteIdentifier } from "../../sql/names.js";
import type { Definitions, Overload } from "./definition.js";
import { ARRAYS } from "./arrays.js";
import { GROUP_STATES, tellGroups } from "./group-states.js";
import { MOMENT_TEXT, momentText } from "./moment-text.js";
import { NUMBER_TEXT, numberText } from "./number-text.js";
import { DIGITS_OF_INTERVAL, digitsOfInterval, INTERVAL_OF_SUM, intervalOfSum } from "./interval-sums.js";
import { BOOLEANS } from "./conditions.js";
import { changeDocument } from "./document-changes.js";
import { CHANGED_DOCUMENT, DOCUMENTS } from "./documents.js";
import { DOCUMENT_QUERIES, QUERIED_DOCUMENT, queryDocument } from "./document-queries.js";
import { FLOAT_FUNCTIONS } from "./float-functions.js";
import { INPUTS, SINGLE_CASTS } from "./inputs.js";
import { MOMENTS } from "./moments.js";
import { NUMBERS, PICK_DEFINITION, PICK_PLACEHOLDER } from "./numbers.js";
import { OPERATORS } from "./operators.js";
import { OUTPUTS, retell, RETOLD, RETOLD_JSON, retellJson } from "./outputs.js";
import { PATTERNS } from "./patterns.js";
import { PATTERNS_OF_LISTS } from "./patterns-of-lists.js";
import { ROWS } from "./rows.js";
import { TEXTS } from "./texts.js";
import { TYPES } from "./types.js";

/** In an order in which each finds those it calls. */
const ALL: Definitions = {
  ...PICK_PLACEHOLDER,
  ...NUMBERS,
  ...FLOAT_FUNCTIONS,
  ...OUTPUTS,
  ...INPUTS,
  ...SINGLE_CASTS,
  ...OPERATORS,
  ...PATTERNS,
  ...PATTERNS_OF_LISTS,
  ...TEXTS,
  ...ARRAYS,
  ...MOMENTS,
  ...DOCUMENTS,
  ...DOCUMENT_QUERIES,
  ...TYPES,
  ...ROWS,
  ...BOOLEANS,
};

/** Those that are not SQL; once per instance. */
export function defineExpressions(connection: Connection): void {
  connection.defineFunction(RETOLD, 2, retell, "pure");
  connection.defineFunction(RETOLD_JSON, 2, retellJson, "pure");
  connection.defineFunction(GROUP_STATES, 2, tellGroups, "pure");
  connection.defineFunction(INTERVAL_OF_SUM, 1, intervalOfSum, "pure");
  connection.defineFunction(DIGITS_OF_INTERVAL, 1, digitsOfInterval, "pure");
  connection.defineFunction(MOMENT_TEXT, 3, momentText, "pure");
  connection.defineFunction(NUMBER_TEXT, 3, numberText, "pure");
  connection.defineFunction(QUERIED_DOCUMENT, 5, queryDocument, "pure");
  connection.defineFunction(CHANGED_DOCUMENT, 4, changeDocument, "pure");
}

/** What makes the macros. */
export function expressionStatements(): string[] {
  return [...Object.entries(ALL), ...Object.entries(PICK_DEFINITION)].map(
    ([name, overloads]) =>
      `CREATE OR REPLACE MACRO ${FUNCTIONS_SCHEMA}.${quoteIdentifier(name)}${overloads.map(overloadText).join(", ")}`,
  );
}

function overloadText({ parameters, body }: Overload): string {
  return `(${parameters.join(", ")}) AS ${body}`;
}
