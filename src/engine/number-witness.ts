/** Functions of this program that SQL calls beside a number: they see it and hand it on unchanged. */
import { BIGINT, DuckDBScalarFunction, VARCHAR } from "@duckdb/node-api";

/** Told once per vector, of its last row. The name is what was called for; the key says for whom. */
export type NumberWitness = (key: string, name: string, value: bigint) => void;

/** `name(key, label, number)` is the number. NULL as the key tells nobody. Once per vector, not per row: 0.1 µs a row. */
export function numberWitness(name: string, tell: NumberWitness): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    returnType: BIGINT,
    parameterTypes: [VARCHAR, VARCHAR, BIGINT],
    volatile: true,
    specialHandling: true,
    mainFunction: (_, input, output) => {
      const numbers = input.getColumnVector(2);
      const last = input.rowCount - 1;
      for (let row = 0; row <= last; row++) output.setItem(row, numbers.getItem(row));
      output.flush();
      const [key, label] = [input.getColumnVector(0).getItem(last), input.getColumnVector(1).getItem(last)];
      const value = numbers.getItem(last);
      if (typeof key === "string" && typeof label === "string" && typeof value === "bigint")
        tell(key, label, value);
    },
  });
}
