/**
 * What one session remembers of sequences. DuckDB keeps one value per sequence for everybody; PostgreSQL's currval() and
 * lastval() are what this session drew or set. nextval() is a macro that tells of the value it gave, in a column's
 * default too; setval() asks for a change, which is made when its statement has run.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import { nameAt } from "../sql/token-reader.js";

/** One call of setval(). */
export interface SequenceRequest {
  readonly parts: readonly string[];
  readonly value: bigint;
  /** The next value is the one behind it. */
  readonly isCalled: boolean;
}

/** A sequence's place: `catalog.schema`, folded. */
type Place = string;

const MAIN_PLACE: Place = `${DATA_CATALOG}.main`;

export class SessionSequences {
  readonly #values = new Map<string, bigint>();
  /** Where a name without a schema, or of `public`, may lead, in order. */
  readonly #places: () => readonly Place[];
  #last: { readonly key: string; readonly value: bigint } | undefined;
  /** By name: of several calls in one statement the last one counts. */
  readonly #requests = new Map<string, SequenceRequest>();

  constructor(places: () => readonly Place[]) {
    this.#places = places;
  }

  /** nextval() gave a value. The resolver writes names in full wherever a short one could mean something else. */
  note(name: string, value: bigint): void {
    const [last = "", schema = "main", catalog = DATA_CATALOG] = partsOf(name).toReversed();
    this.#remember(keyOf(`${catalog}.${schema}`, last), value);
  }

  #remember(key: string, value: bigint): void {
    this.#values.set(key, value);
    this.#last = { key, value };
  }

  currval(name: string): string {
    const parts = partsOf(name);
    const found = this.#keysOf(parts).find((key) => this.#values.has(key));
    const value = found === undefined ? undefined : this.#values.get(found);
    if (value !== undefined) return String(value);
    throw new SqlError(
      SQLSTATE.objectNotInPrerequisiteState,
      `currval of sequence "${parts.at(-1) ?? ""}" is not yet defined in this session`,
    );
  }

  lastval(): string {
    if (this.#last !== undefined) return String(this.#last.value);
    throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, "lastval is not yet defined in this session");
  }

  /** Asks for a change; gives what setval() gives. */
  setval(name: string, value: string, isCalled: boolean): string {
    this.#requests.set(name, { parts: partsOf(name), value: BigInt(value), isCalled });
    return value;
  }

  /** The changes asked for since the last call. */
  takeRequests(): readonly SequenceRequest[] {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    return requests;
  }

  /** setval() was done, of a value that counts as given. Of another currval() says nothing, as in PostgreSQL. */
  noteSet(
    sequence: { readonly catalog: string; readonly schema: string; readonly name: string },
    value: bigint,
  ): void {
    const key = keyOf(`${sequence.catalog}.${sequence.schema}`, sequence.name);
    this.#values.set(key, value);
    if (this.#last?.key === key) this.#last = { key, value };
  }

  /** DISCARD SEQUENCES; of one that was dropped, or of all. */
  forget(): void {
    this.#values.clear();
    this.#last = undefined;
  }

  /** Forgets those that are not there any more: another one of the name is another sequence. */
  keepOnly(existing: ReadonlySet<string>): void {
    for (const key of this.#values.keys()) if (!existing.has(key)) this.#values.delete(key);
    if (this.#last !== undefined && !this.#values.has(this.#last.key)) this.#last = undefined;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  #keysOf(parts: readonly string[]): readonly string[] {
    const [name = "", schema, catalog] = parts.toReversed();
    if (catalog !== undefined) return [keyOf(`${catalog}.${schema ?? ""}`, name)];
    const isHead = schema === undefined || normaliseName(schema) === "public";
    if (!isHead) return [keyOf(`${DATA_CATALOG}.${schema}`, name)];
    const places =
      schema === undefined ? this.#places() : this.#places().filter((place) => place !== "temp.main");
    return [...places, MAIN_PLACE].map((place) => keyOf(place, name));
  }
}

/** The key under which a sequence is remembered. */
export function keyOf(place: Place, name: string): string {
  return `${normaliseName(place)}.${normaliseName(name)}`;
}

function partsOf(text: string): readonly string[] {
  const tokens = tokenise(text);
  const name = nameAt(tokens, 0);
  if (name?.next === tokens.length) return name.parts;
  throw new SqlError(SQLSTATE.invalidName, `invalid name syntax`);
}
