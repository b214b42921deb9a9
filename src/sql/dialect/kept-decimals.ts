/** Literals that a numeric without a scale would round: see docs/decisions/0014. */
import { notSupported } from "../../core/errors.js";
import { UNBOUNDED_NUMERIC } from "../../core/unbounded-numeric.js";

const NUMBER = /^\s*[+-]?\d*\.?(\d*?)0*(?:e([+-]?\d{1,4}))?\s*$/i;

/** Errors  0A000 for a number with a digit behind the ninth decimal; what is no number is left to fail */
export function requireKeptDecimals(value: string): void {
  const [, fraction, exponent = "0"] = NUMBER.exec(value) ?? [];
  if (fraction === undefined || fraction.length - Number(exponent) <= UNBOUNDED_NUMERIC.scale) return;
  if (Number(value) === 0) return;
  throw notSupported(
    `numeric without a scale keeps ${UNBOUNDED_NUMERIC.scale} decimals: the value would be rounded`,
    "give it a precision and a scale, numeric(38, 20)",
  );
}
