/**
 * Network addresses: inet, cidr, macaddr, macaddr8.
 *
 * Shape   binary of inet and cidr: family u8 (2, 3) · bits u8 · is-cidr u8 · bytes u8 · the address; of macaddr its bytes
 * Source  https://www.postgresql.org/docs/15/datatype-net-types.html
 */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import { badBinary, invalidSyntax } from "../input-errors.js";
import { readWhole, type ValueReader } from "../value-reader.js";
import type { KeyedType, KeyedValue } from "./keyed-type.js";

interface Network {
  readonly address: Uint8Array;
  readonly bits: number;
}

const [FAMILY_4, FAMILY_6] = [2, 3];

export function networkType(name: "inet" | "cidr"): KeyedType {
  const isCidr = name === "cidr";
  return {
    read: (text) => stored(readNetwork(text.trim(), name), isCidr),
    readBinary: (bytes) => stored(fromBytes(bytes, name), isCidr),
    writeBinary: (text) => {
      const { address, bits } = readNetwork(text, name);
      const family = address.length === 4 ? FAMILY_4 : FAMILY_6;
      return Uint8Array.of(family ?? 0, bits, isCidr ? 1 : 0, address.length, ...address);
    },
  };
}

function stored(network: Network, isCidr: boolean): KeyedValue {
  return { key: networkKey(network), text: networkText(network, isCidr) };
}

/** PostgreSQL's order: family, the network's bits, how many they are, the whole address. */
function networkKey({ address, bits }: Network): string {
  const digits = Array.from(address, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return `${address.length === 4 ? 4 : 6}${digits.slice(0, bits)}!${Buffer.from(address).toString("hex")}`;
}

function networkText({ address, bits }: Network, isCidr: boolean): string {
  const host = address.length === 4 ? address.join(".") : shortIPv6(address);
  return bits === address.length * 8 && !isCidr ? host : `${host}/${bits}`;
}

function readNetwork(text: string, name: "inet" | "cidr"): Network {
  const [, host = "", width] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = addressBytes(name === "cidr" && width !== undefined ? padded(host) : host);
  if (address === undefined) throw invalidSyntax(name, text);
  const most = address.length * 8;
  const bits = width === undefined ? most : Number(width);
  if (bits > most) throw invalidSyntax(name, text);
  if (name === "cidr" && hasHostBits(address, bits)) throw hostBits(text);
  return { address, bits };
}

/** `10.1/16` names a network in short. */
function padded(host: string): string {
  if (!/^\d+(?:\.\d+){0,2}$/.test(host)) return host;
  return [...host.split("."), "0", "0", "0"].slice(0, 4).join(".");
}

const HOST_BITS = "Value has bits set to right of mask.";

function hostBits(text: string): SqlError {
  return new SqlError(SQLSTATE.invalidTextRepresentation, `invalid cidr value: "${text}"`, {
    detail: HOST_BITS,
  });
}

const DOTTED = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const GROUPS = /^(?:[\da-f]{1,4}(?::[\da-f]{1,4})*)?$/i;

/** Undefined for a text that is no address. */
function addressBytes(host: string): Uint8Array | undefined {
  if (DOTTED.test(host)) return dottedBytes(host);
  const [plain, dotted] = withoutIPv4(host);
  const tail = dotted === undefined ? new Uint8Array(0) : dottedBytes(dotted);
  const [front = "", back, ...more] = plain.split("::");
  if (tail === undefined || more.length > 0 || !GROUPS.test(front) || !GROUPS.test(back ?? ""))
    return undefined;
  const [head, rest] = [groups(front), groups(back ?? "")];
  const zeros = 8 - tail.length / 2 - head.length - rest.length;
  if (back === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const words = [...head, ...Array.from({ length: zeros }, () => 0), ...rest];
  return Uint8Array.from([...words.flatMap((word) => [word >> 8, word & 255]), ...tail]);
}

function dottedBytes(text: string): Uint8Array | undefined {
  const bytes = text.split(".").map(Number);
  return bytes.length === 4 && bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined;
}

/** `::ffff:1.2.3.4`: its last four bytes apart. */
function withoutIPv4(host: string): readonly [plain: string, dotted: string | undefined] {
  const [, plain = "", dotted] = /^(.*:)(\d[\d.]*\.\d+)$/.exec(host) ?? [];
  if (dotted === undefined) return [host, undefined];
  return [plain.endsWith("::") ? plain : plain.slice(0, -1), dotted];
}

function groups(text: string): number[] {
  return text.split(":").flatMap((word) => (word === "" ? [] : [Number.parseInt(word, 16)]));
}

function hasHostBits(address: Uint8Array, bits: number): boolean {
  return address.some((byte, index) => {
    const network = Math.min(Math.max(bits - 8 * index, 0), 8);
    return (byte & (0xff >> network)) !== 0;
  });
}

/** The longest run of two or more zeros is `::`; addresses that hold an IPv4 one end in it. */
function shortIPv6(address: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0));
  const run = longestZeros(words);
  const holdsIPv4 = run.start === 0 && (run.length === 6 || (run.length === 5 && words[5] === 0xffff));
  const shown = words.map((word) => word.toString(16));
  if (holdsIPv4) shown.splice(6, 2, address.subarray(12).join("."));
  if (run.length < 2) return shown.join(":");
  return `${shown.slice(0, run.start).join(":")}::${shown.slice(run.start + run.length).join(":")}`;
}

function longestZeros(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < words.length; start++) {
    let end = start;
    while (words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end);
  }
  return best;
}

function fromBytes(bytes: Uint8Array, name: "inet" | "cidr"): Network {
  return readWhole(bytes, (reader) => {
    const family = reader.uint8();
    if (family !== FAMILY_4 && family !== FAMILY_6)
      throw badBinary(`invalid address family in external "${name}" value`);
    const most = family === FAMILY_4 ? 4 : 16;
    const bits = reader.uint8();
    if (bits > most * 8) throw badBinary(`invalid bits in external "${name}" value`);
    reader.uint8();
    const size = reader.uint8();
    if (size !== most) throw badBinary(`invalid length in external "${name}" value`);
    const address = reader.bytes(size).slice();
    if (name === "cidr" && hasHostBits(address, bits))
      throw new SqlError(SQLSTATE.invalidBinaryRepresentation, 'invalid external "cidr" value', {
        detail: HOST_BITS,
      });
    return { address, bits };
  });
}

export function hardwareType(name: "macaddr" | "macaddr8"): KeyedType {
  const size = name === "macaddr" ? 6 : 8;
  return {
    read: (text) => storedHardware(hardwareBytes(text, name)),
    readBinary: (bytes) => storedHardware(readWhole(bytes, (reader) => eachByte(reader, size))),
    writeBinary: (text) => hardwareBytes(text, name),
  };
}

/** One by one, as PostgreSQL reads them: a value that is cut short has another text then. */
function eachByte(reader: ValueReader, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => reader.uint8());
}

function storedHardware(bytes: Uint8Array): KeyedValue {
  const hex = Buffer.from(bytes).toString("hex");
  return { key: hex, text: hex.replaceAll(/..(?!$)/g, "$&:") };
}

/** Pairs of digits, or groups of them, between one kind of separator; six bytes become eight by ff:fe in their middle. */
function hardwareBytes(text: string, name: "macaddr" | "macaddr8"): Uint8Array {
  const trimmed = text.trim();
  const separators = new Set(trimmed.match(/[^0-9a-f]/gi) ?? []);
  const digits = trimmed.replaceAll(/[:.-]/g, "");
  const isForm =
    separators.size <= 1 && /^(?:[0-9a-f]{2})+$/i.test(digits) && !/^[:.-]|[:.-]{2}|[:.-]$/.test(trimmed);
  const bytes = isForm ? Buffer.from(digits, "hex") : Buffer.alloc(0);
  if (bytes.length === 6 && name === "macaddr8")
    return Buffer.concat([bytes.subarray(0, 3), Uint8Array.of(0xff, 0xfe), bytes.subarray(3)]);
  if (bytes.length !== (name === "macaddr" ? 6 : 8)) throw invalidSyntax(name, text);
  return bytes;
}
