/**
 * Large objects as their functions show them: descriptors with a position, open until the transaction ends. Their bytes
 * are `large-object-pages`'.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { blobBytes } from "../engine/vector-values.js";
import { MAX_OBJECT_BYTES, type LargeObjectPages } from "./large-object-pages.js";

/** PostgreSQL's flags of lo_open: who may write may read. */
const INV_WRITE = 0x20000;
const INV_READ = 0x40000;
const MAX_INT4 = 2_147_483_647;
/** What one call reads, as PostgreSQL limits it. */
const MAX_READ_BYTES = 1_073_741_823;
const MAX_DESCRIPTORS = 4096;

interface Descriptor {
  readonly object: number;
  readonly writes: boolean;
  position: number;
}

/** The descriptors of one session's transaction. */
export class LargeObjectDescriptors {
  readonly #open = new Map<number, Descriptor>();

  /** A number that is free, the lowest. */
  add(descriptor: Descriptor): number {
    let free = 0;
    while (this.#open.has(free)) free++;
    if (free >= MAX_DESCRIPTORS)
      throw new SqlError(SQLSTATE.programLimitExceeded, "too many large objects are open");
    this.#open.set(free, descriptor);
    return free;
  }

  /** Errors: 42704 */
  get(number: number): Descriptor {
    const descriptor = this.#open.get(number);
    if (descriptor !== undefined) return descriptor;
    throw new SqlError(SQLSTATE.undefinedObject, `invalid large-object descriptor: ${number}`);
  }

  close(number: number): void {
    this.get(number);
    this.#open.delete(number);
  }

  clear(): void {
    this.#open.clear();
  }

  /** Calling what it gives closes what was opened since. */
  mark(): () => void {
    const before = new Set(this.#open.values());
    return () => {
      for (const [number, descriptor] of this.#open) if (!before.has(descriptor)) this.#open.delete(number);
    };
  }
}

/** Runs one call; `values` are of the types that the function's signature says, none of them NULL. */
export async function callLargeObjects(
  pages: LargeObjectPages,
  open: LargeObjectDescriptors,
  name: string,
  values: readonly unknown[],
): Promise<number | Uint8Array> {
  const [first = 0, second = 0, third = 0] = values.map(Number);
  switch (name) {
    case "lo_creat":
    case "lo_create":
      return await create(pages, name === "lo_creat" ? 0 : first);
    case "lo_from_bytea":
      return await createFrom(pages, first, blobBytes(values[1]));
    case "lo_unlink":
      await requireObject(pages, first);
      await pages.remove(first);
      return 1;
    case "lo_get":
      return await get(pages, first, values.length === 1 ? undefined : { from: second, count: third });
    case "lo_open":
      return await openObject(pages, open, first, second);
    case "lo_close":
      open.close(first);
      return 0;
    case "loread":
      return await read(pages, open.get(first), second);
    case "lowrite":
      return await write(pages, open.get(first), first, blobBytes(values[1]));
    case "lo_lseek":
    case "lo_lseek64":
      return inRange(await seek(pages, open.get(first), second, third), name, first);
    case "lo_tell":
    case "lo_tell64":
      return inRange(open.get(first).position, name, first);
    default:
      return await truncate(pages, open.get(first), first, second);
  }
}

async function create(pages: LargeObjectPages, wanted: number): Promise<number> {
  const object = wanted === 0 ? await pages.freeNumber() : wanted;
  if (wanted !== 0 && (await pages.exists(object)))
    throw new SqlError(
      SQLSTATE.uniqueViolation,
      'duplicate key value violates unique constraint "pg_largeobject_metadata_oid_index"',
      { detail: `Key (oid)=(${object}) already exists.` },
    );
  await pages.create(object);
  return object;
}

async function createFrom(pages: LargeObjectPages, wanted: number, bytes: Uint8Array): Promise<number> {
  const object = await create(pages, wanted);
  await pages.write(object, 0, bytes);
  return object;
}

async function requireObject(pages: LargeObjectPages, object: number): Promise<void> {
  if (!(await pages.exists(object)))
    throw new SqlError(SQLSTATE.undefinedObject, `large object ${object} does not exist`);
}

async function get(
  pages: LargeObjectPages,
  object: number,
  part: { readonly from: number; readonly count: number } | undefined,
): Promise<Uint8Array> {
  await requireObject(pages, object);
  if (part !== undefined && part.count < 0)
    throw new SqlError(SQLSTATE.invalidParameterValue, "requested length cannot be negative");
  requirePlace(part?.from ?? 0, "seek");
  const count = part?.count ?? (await pages.size(object));
  if (count > MAX_READ_BYTES)
    throw new SqlError(SQLSTATE.programLimitExceeded, "large object read request is too large");
  return await pages.read(object, part?.from ?? 0, count);
}

async function openObject(
  pages: LargeObjectPages,
  open: LargeObjectDescriptors,
  object: number,
  mode: number,
): Promise<number> {
  const [reads, writes] = [(mode & INV_READ) !== 0, (mode & INV_WRITE) !== 0];
  if (!reads && !writes)
    throw new SqlError(SQLSTATE.invalidParameterValue, `invalid flags for opening a large object: ${mode}`);
  await requireObject(pages, object);
  return open.add({ object, writes, position: 0 });
}

async function read(pages: LargeObjectPages, descriptor: Descriptor, count: number): Promise<Uint8Array> {
  await requireObject(pages, descriptor.object);
  const bytes = await pages.read(descriptor.object, descriptor.position, Math.max(0, count));
  descriptor.position += bytes.length;
  return bytes;
}

async function write(
  pages: LargeObjectPages,
  descriptor: Descriptor,
  number: number,
  bytes: Uint8Array,
): Promise<number> {
  requireWritable(descriptor, number);
  await requireObject(pages, descriptor.object);
  if (descriptor.position + bytes.length > MAX_OBJECT_BYTES)
    throw new SqlError(
      SQLSTATE.invalidParameterValue,
      `invalid large object write request size: ${bytes.length}`,
    );
  await pages.write(descriptor.object, descriptor.position, bytes);
  descriptor.position += bytes.length;
  return bytes.length;
}

/** `whence`: from the start, from here, from the end. */
async function seek(
  pages: LargeObjectPages,
  descriptor: Descriptor,
  offset: number,
  whence: number,
): Promise<number> {
  const starts = [
    (): number => 0,
    (): number => descriptor.position,
    async (): Promise<number> => await pages.size(descriptor.object),
  ];
  const start = starts[whence];
  if (start === undefined)
    throw new SqlError(SQLSTATE.invalidParameterValue, `invalid whence setting: ${whence}`);
  const position = (await start()) + offset;
  requirePlace(position, "seek");
  descriptor.position = position;
  return position;
}

async function truncate(
  pages: LargeObjectPages,
  descriptor: Descriptor,
  number: number,
  length: number,
): Promise<number> {
  requireWritable(descriptor, number);
  requirePlace(length, "truncation");
  await requireObject(pages, descriptor.object);
  await pages.truncate(descriptor.object, length);
  return 0;
}

function requireWritable({ writes }: Descriptor, number: number): void {
  if (writes) return;
  throw new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `large object descriptor ${number} was not opened for writing`,
  );
}

function requirePlace(place: number, what: "seek" | "truncation"): void {
  if (place >= 0 && place <= MAX_OBJECT_BYTES) return;
  throw new SqlError(SQLSTATE.invalidParameterValue, `invalid large object ${what} target: ${place}`);
}

/** Errors: 22003 where the function's 32 bits do not hold it. */
function inRange(position: number, name: string, number: number): number {
  if (position <= MAX_INT4 || name.endsWith("64")) return position;
  throw new SqlError(
    SQLSTATE.numericValueOutOfRange,
    `${name} result out of range for large-object descriptor ${number}`,
  );
}
