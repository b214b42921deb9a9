/** A float in JSON: DuckDB writes all of them as doubles, and what is no number bare. */

/** Digits before the point beyond which a float is written with an exponent, and how many tell any two apart. */
const KINDS = {
  DOUBLE: { fixed: 15, digits: 17, nearest: (value: number): number => value },
  FLOAT: { fixed: 6, digits: 9, nearest: Math.fround },
} as const;

/** `1.100000023841858` of a FLOAT ⇒ 1.1, `1.0` ⇒ 1, `NaN` ⇒ "NaN", `1e-7` ⇒ 1e-07 */
export function floatJson(raw: string, type: keyof typeof KINDS): string {
  const { fixed, digits, nearest } = KINDS[type];
  const value = Number(raw);
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  let precision = 1;
  while (precision < digits && nearest(Number(value.toExponential(precision - 1))) !== value) precision += 1;
  return laidOut(value, precision - 1, fixed);
}

/** Plain where the exponent is from -4 to what the type has of digits. */
function laidOut(value: number, fraction: number, fixed: number): string {
  const [mantissa = "", power = "0"] = value.toExponential(fraction).split("e");
  const sign = Object.is(value, -0) ? "-" : "";
  const exponent = Number(power);
  if (exponent >= -4 && exponent < fixed) return sign + value.toFixed(Math.max(fraction - exponent, 0));
  return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
