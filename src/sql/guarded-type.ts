/** The DO block by which Sequelize, Drizzle and others make an enum unless there is one: it has a plain statement's meaning. */
import { TokenReader } from "./token-reader.js";

/**
 * DO $$ BEGIN CREATE TYPE t AS ENUM (…); EXCEPTION WHEN duplicate_object THEN null; END $$
 *
 *   ⇒  CREATE TYPE IF NOT EXISTS t AS ENUM (…)
 *
 * Undefined for any other statement.
 */
export function guardedType(tokens: TokenReader): string | undefined {
  const [first, second, third, last] = [0, 1, 2, 3].map((ahead) => tokens.peek(ahead));
  const isLanguage = second?.value === "language" && third?.value === "plpgsql";
  const body = isLanguage ? last : second;
  const end = isLanguage ? 4 : 2;
  if (first?.value !== "do" || body?.kind !== "string" || tokens.peek(end) !== undefined) return undefined;
  const reader = new TokenReader(body.value);
  if (!reader.accept("begin", "create", "type")) return undefined;
  const start = reader.peek()?.start ?? 0;
  while (!reader.atEnd && !reader.isAtSymbol(";")) reader.next();
  const definition = body.value.slice(start, reader.peek()?.start);
  const isGuarded =
    reader.acceptSymbol(";") && reader.accept("exception", "when", "duplicate_object", "then", "null");
  if (!isGuarded || !reader.acceptSymbol(";") || !reader.accept("end")) return undefined;
  reader.acceptSymbol(";");
  return reader.atEnd ? `CREATE TYPE IF NOT EXISTS ${definition}` : undefined;
}
