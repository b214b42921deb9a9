/** Analyses on their way between threads: plain data as it is, errors as their fields. */
import { SqlError, type SqlErrorFields, type SqlState } from "../core/errors.js";
import type { StatementAnalysis } from "./analysis.js";

interface PackedError extends SqlErrorFields {
  readonly code: SqlState;
  readonly message: string;
}

type Plain = Exclude<StatementAnalysis, { readonly kind: "refused" }>;
type Packed = Plain | { readonly kind: "refused"; readonly text: string; readonly error: PackedError };

/** What reading a text came to: its statements, or the error that refuses all of it. */
export type PackedReading = { readonly statements: readonly Packed[] } | { readonly error: PackedError };

/** Reads a text and packs the outcome. Anything but a SqlError is thrown on. */
export async function packReading(read: () => Promise<readonly StatementAnalysis[]>): Promise<PackedReading> {
  try {
    const statements = await read();
    return {
      statements: statements.map((statement) =>
        statement.kind === "refused" ? { ...statement, error: packError(statement.error) } : statement,
      ),
    };
  } catch (error) {
    if (error instanceof SqlError) return { error: packError(error) };
    throw error;
  }
}

/** Throws the SqlError of a refused text. */
export function unpackReading(packed: PackedReading): readonly StatementAnalysis[] {
  if ("error" in packed) throw unpackError(packed.error);
  return packed.statements.map((statement) =>
    statement.kind === "refused" ? { ...statement, error: unpackError(statement.error) } : statement,
  );
}

function packError({ code, message, detail, hint, position }: SqlError): PackedError {
  return { code, message, detail, hint, position };
}

function unpackError({ code, message, ...fields }: PackedError): SqlError {
  return new SqlError(code, message, fields);
}
