/** The dialect passes in their order, and the edits they make together. */
import type { NameReference, TextEdit } from "../analysis.js";
import { sortEdits } from "../splice.js";
import { arrowsPass } from "./arrows.js";
import { arrayLiteralsPass } from "./array-literals.js";
import { bitLiteralsPass } from "./bit-literals.js";
import { booleanOperandsPass } from "./boolean-operands.js";
import { byteaLiteralsPass } from "./bytea-literals.js";
import { catalogCastsPass } from "./catalog-casts.js";
import { catalogColumnsPass } from "./catalog-columns.js";
import { collationsPass } from "./collations.js";
import { concatenationsPass } from "./concatenations.js";
import { continuousPercentilesPass } from "./continuous-percentiles.js";
import { dateFormatsPass } from "./date-formats.js";
import { defaultLiteralsPass } from "./default-literals.js";
import { distinctNullsPass } from "./distinct-nulls.js";
import { divisionsPass } from "./divisions.js";
import { emptyListsPass } from "./empty-lists.js";
import { extractFieldsPass } from "./extract-fields.js";
import { formatCallsPass } from "./format-calls.js";
import { foldNamesPass } from "./fold-names.js";
import { functionAliasesPass } from "./function-aliases.js";
import { groupedParametersPass } from "./grouped-parameters.js";
import { indexMethodsPass } from "./index-methods.js";
import { jsonValuesPass } from "./json-values.js";
import { jsonLiteralsPass } from "./json-literals.js";
import { intervalComparisonsPass } from "./interval-comparisons.js";
import { joinedValuesPass } from "./joined-values.js";
import { keywordCallsPass } from "./keyword-calls.js";
import { lengthCastsPass } from "./length-casts.js";
import { lockingClausesPass } from "./locking-clauses.js";
import { momentModifiersPass } from "./moment-modifiers.js";
import { negativeSubscriptsPass } from "./negative-subscripts.js";
import { nestedArraysPass } from "./nested-arrays.js";
import { numberLiteralsPass } from "./number-literals.js";
import { numericTypesPass } from "./numeric-types.js";
import { operatorNamesPass } from "./operator-names.js";
import { operatorsPass } from "./operators.js";
import type { DialectEdit, DialectPass, PassInput } from "./pass.js";
import { overlapsPass } from "./overlaps.js";
import { quantifiedArraysPass } from "./quantified-arrays.js";
import { quantifiedPatternsPass } from "./quantified-patterns.js";
import { quantifiedChecksPass } from "./quantified-checks.js";
import { regclassLiteralsPass } from "./regclass-literals.js";
import { reservedAliasesPass } from "./reserved-aliases.js";
import { rowTestsPass } from "./row-tests.js";
import { scalarSourcesPass } from "./scalar-sources.js";
import { sessionWordsPass } from "./session-words.js";
import { setFunctionsPass } from "./set-functions.js";
import { setReturningPass } from "./set-returning.js";
import { similarPatternsPass } from "./similar-patterns.js";
import { storageParametersPass } from "./storage-parameters.js";
import { sumArgumentsPass, sumsPass } from "./sums.js";
import { switchCastsPass } from "./switch-casts.js";
import { checkedCastsPass } from "./checked-casts.js";
import { textParametersPass } from "./text-parameters.js";
import { typeNamesPass } from "./type-names.js";
import { typedLiteralsPass } from "./typed-literals.js";
import { unicodeLiteralsPass } from "./unicode-literals.js";
import { unnestRowsPass } from "./unnest-rows.js";
import { valuesColumnsPass } from "./values-columns.js";
import { vectorBoundsPass } from "./vector-bounds.js";
import { wrappedCallsPass } from "./wrapped-calls.js";
import { zonesPass } from "./zones.js";

/** The order matters only where two passes insert at one place: what the earlier one opens is outermost. */
const PASSES: readonly DialectPass[] = [
  booleanOperandsPass,
  sumArgumentsPass,
  scalarSourcesPass,
  formatCallsPass,
  operatorsPass,
  operatorNamesPass,
  arrowsPass,
  divisionsPass,
  concatenationsPass,
  similarPatternsPass,
  jsonLiteralsPass,
  rowTestsPass,
  groupedParametersPass,
  textParametersPass,
  intervalComparisonsPass,
  negativeSubscriptsPass,
  typedLiteralsPass,
  numberLiteralsPass,
  numericTypesPass,
  momentModifiersPass,
  lengthCastsPass,
  joinedValuesPass,
  jsonValuesPass,
  checkedCastsPass,
  switchCastsPass,
  catalogCastsPass,
  catalogColumnsPass,
  vectorBoundsPass,
  quantifiedArraysPass,
  quantifiedChecksPass,
  quantifiedPatternsPass,
  arrayLiteralsPass,
  nestedArraysPass,
  defaultLiteralsPass,
  bitLiteralsPass,
  extractFieldsPass,
  keywordCallsPass,
  overlapsPass,
  zonesPass,
  dateFormatsPass,
  wrappedCallsPass,
  setFunctionsPass,
  byteaLiteralsPass,
  sessionWordsPass,
  setReturningPass,
  valuesColumnsPass,
  functionAliasesPass,
  reservedAliasesPass,
  collationsPass,
  typeNamesPass,
  regclassLiteralsPass,
  unicodeLiteralsPass,
  lockingClausesPass,
  indexMethodsPass,
  distinctNullsPass,
  storageParametersPass,
  unnestRowsPass,
  emptyListsPass,
  continuousPercentilesPass,
  // What it puts in front of a name must stay there.
  sumsPass,
];

/**
 * All edits, sorted, none overlapping another or a name: a name is replaced as a whole by whoever resolves it. `given`
 * are edits decided before: the passes give way to them.
 */
export function dialectEdits(
  input: PassInput,
  names: readonly NameReference[],
  given: readonly TextEdit[] = [],
): TextEdit[] {
  const found = withWiderOutside(nested(PASSES.flatMap((pass) => pass(input))));
  const edits = withoutOverlaps(
    [...given, ...found.filter((edit) => !given.some((other) => overlaps(edit, other)))],
    names,
  );
  const folds = foldNamesPass(input).filter((fold) => !edits.some((edit) => overlaps(fold, edit)));
  return folds.length === 0 ? edits : sortEdits([...edits, ...withoutOverlaps(folds, names)]);
}

/** What a pass puts behind an operand to close what it opened in front of it. */
const CLOSING = /^(?:\)| AS DECIMAL|, \d| \|\|)/;

function closes({ start, end, text }: TextEdit): boolean {
  return start === end && CLOSING.test(text);
}

/** Of casts behind one another the last is outermost, whatever passes they are of. */
function withWiderOutside(edits: readonly DialectEdit[]): TextEdit[] {
  const wider = edits
    .filter(({ reach }) => reach !== undefined)
    .toSorted((one, other) => one.start - other.start || (other.reach ?? 0) - (one.reach ?? 0));
  return edits.map((edit) => (edit.reach === undefined ? edit : (wider.shift() ?? edit)));
}

/** Passes that wrap the same operand: who opens first closes last. */
function nested(edits: readonly DialectEdit[]): DialectEdit[] {
  return [...edits.filter(closes).toReversed(), ...edits.filter((edit) => !closes(edit))];
}

function withoutOverlaps(found: readonly TextEdit[], names: readonly NameReference[]): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const edit of sortEdits(found)) {
    const isInName = names.some((name) => overlaps(edit, name));
    const previous = edits.at(-1);
    const isInEdit = previous !== undefined && edit.start < previous.end;
    if (!isInName && !isInEdit) edits.push(edit);
  }
  return edits;
}

function overlaps(
  one: { readonly start: number; readonly end: number },
  other: { readonly start: number; readonly end: number },
): boolean {
  return one.start < other.end && other.start < one.end;
}
