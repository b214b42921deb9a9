/** What CREATE DOMAIN and CREATE FUNCTION say. */
import type { TextSpan } from "./analysis.js";

/** What CREATE DOMAIN says. */
export interface DomainForm {
  /** The type's text. */
  readonly base: TextSpan;
  readonly checks: readonly {
    readonly name: string | undefined;
    readonly expression: TextSpan;
    /** As written. */
    readonly source: string;
  }[];
  readonly notNull: boolean;
  readonly default: TextSpan | undefined;
}

/** What CREATE FUNCTION says; built-in types by PostgreSQL's names. */
export interface FunctionForm {
  readonly arguments: readonly {
    readonly name: string | undefined;
    readonly type: { readonly name: string; readonly isArray: boolean };
    /** A constant. */
    readonly default: string | undefined;
  }[];
  readonly returns: { readonly name: string; readonly isArray: boolean };
  /** A statement of its own. */
  readonly body: string;
  readonly strict: boolean;
  readonly volatility: string;
}

/** ALTER TYPE … ADD VALUE and RENAME VALUE. */
export type EnumAlteration =
  | {
      readonly kind: "addLabel";
      readonly label: string;
      readonly ifNotExists: boolean;
      /** BEFORE or AFTER this label; undefined for the end. */
      readonly neighbour: string | undefined;
      readonly isBehind: boolean;
    }
  | { readonly kind: "renameLabel"; readonly label: string; readonly to: string };
