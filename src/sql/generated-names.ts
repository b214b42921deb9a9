/** Names PostgreSQL makes itself: of sequences behind columns, of constraints and indexes nobody named. */

/** PostgreSQL cuts names to this length. */
const MAX_NAME_BYTES = 63;

/** `first_second_label`, the longer of both parts cut first. An empty part is left out. */
export function generatedName(first: string, second: string, label: string): string {
  let [one, other] = [Buffer.from(first), Buffer.from(second)];
  const separators = second === "" ? 1 : 2;
  const room = MAX_NAME_BYTES - Buffer.byteLength(label) - separators;
  while (one.length + other.length > room) {
    if (one.length > other.length) one = one.subarray(0, -1);
    else other = other.subarray(0, -1);
  }
  return [wholeCharacters(one), wholeCharacters(other), label].filter((part) => part !== "").join("_");
}

/** Names of an index's columns, no two equal: of several that are, those behind the first get a number. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const name of names) {
    let own = name;
    for (let n = 1; found.includes(own); n++) own = `${name}${n}`;
    found.push(own);
  }
  return found;
}

/** A cut inside a character takes the rest of it away too. */
function wholeCharacters(bytes: Buffer): string {
  return bytes.toString().replace(/\uFFFD+$/, "");
}
