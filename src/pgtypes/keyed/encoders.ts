/** Keyed types to clients: the stored text, or the binary form made of it. */
import { Cells, NULL_LENGTH } from "../../engine/vector-cells.js";
import { VARCHAR } from "../../engine/vector-values.js";
import type { ColumnEncoder, EncodingOptions } from "../cell-writer.js";
import { varcharText } from "../text-bytes.js";
import type { NamedKeyedType } from "./registry.js";

/** Field of the STRUCT that holds the text. */
const TEXT_INDEX = 1;

export function keyedText(type: NamedKeyedType, options: EncodingOptions): ColumnEncoder {
  const { show } = type;
  // Stored texts are those of UTC.
  if (show === undefined || options.timeZone === "UTC") return storedText;
  return rewritten((text) => Buffer.from(show(text, options)));
}

export function keyedBinary({ writeBinary }: NamedKeyedType): ColumnEncoder {
  return rewritten(writeBinary);
}

const storedText: ColumnEncoder = (vector, first, count, cells) => {
  varcharText(vector.structChild(TEXT_INDEX, VARCHAR), first, count, cells);
};

function rewritten(rewrite: (text: string) => Uint8Array): ColumnEncoder {
  const texts = new Cells();
  return (vector, first, count, cells) => {
    texts.reset(count);
    storedText(vector, first, count, texts);
    for (let i = 0; i < count; i++) {
      const [start, length] = [texts.start(i), texts.length(i)];
      if (length === NULL_LENGTH) cells.putNull(i);
      else cells.put(i, rewrite(Buffer.from(texts.bytes.subarray(start, start + length)).toString("utf8")));
    }
  };
}
