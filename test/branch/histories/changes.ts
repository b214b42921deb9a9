/** Statements that change a table of a head, each with what it does to the model's rows. */
import * as fc from "fast-check";
import { TABLES, type TableModel, type TableName } from "./head-model.js";
import { KEYS } from "./model.js";

export interface Change {
  readonly table: TableName;
  /** By the rows there are; undefined where the statement would make no sense. `number` is a new one. */
  readonly sql: (rows: ReadonlyMap<number, number> | undefined, number: number) => string | undefined;
  readonly apply: (rows: TableModel) => void;
  readonly text: string;
}

const table = fc.constantFrom(...TABLES);
const id = fc.nat(KEYS - 1);
const value = fc.nat(9);

/** A row is updated if it is there, otherwise inserted. */
function write(name: TableName, key: number, v: number): Change {
  return {
    table: name,
    sql: (rows) =>
      rows?.has(key) === true
        ? `UPDATE ${name} SET v = ${v} WHERE id = ${key}`
        : `INSERT INTO ${name} (id, v) VALUES (${key}, ${v})`,
    apply: (rows) => rows.set(key, v),
    text: `write ${name} ${key} = ${v}`,
  };
}

function moveKey(key: number): Change {
  return {
    table: "keyed",
    sql: (rows) =>
      rows?.has(key) === true && !rows.has(key + KEYS)
        ? `UPDATE keyed SET id = id + ${KEYS} WHERE id = ${key}`
        : undefined,
    apply: (rows) => {
      const v = rows.get(key);
      if (v !== undefined) rows.set(key + KEYS, v);
      rows.delete(key);
    },
    text: `move key ${key}`,
  };
}

function fixed(name: TableName, sql: string, apply: (rows: TableModel) => void): Change {
  return { table: name, sql: () => sql, apply, text: sql };
}

function writeMany(name: TableName, key: number, v: number): Change {
  return fixed(name, `UPDATE ${name} SET v = ${v} WHERE id <= ${key}`, (rows) => {
    for (const each of rows.keys()) if (each <= key) rows.set(each, v);
  });
}

function upsert(key: number, v: number): Change {
  const sql = `INSERT INTO keyed (id, v) VALUES (${key}, ${v}) ON CONFLICT (id) DO UPDATE SET v = excluded.v`;
  return fixed("keyed", sql, (rows) => rows.set(key, v));
}

function remove(name: TableName, key: number): Change {
  return fixed(name, `DELETE FROM ${name} WHERE id = ${key}`, (rows) => rows.delete(key));
}

/** MERGE INTO from two rows: an even key that is there goes, an odd one gets the value, one that is not there is made. */
function mergeInto(name: TableName, key: number, v: number): Change {
  const keys = [key, (key + 1) % KEYS];
  const sql = `MERGE INTO ${name} AS t USING (VALUES (${keys[0]}, ${v}), (${keys[1]}, ${v})) AS s (id, v) ON t.id = s.id
    WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v
    WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)`;
  return fixed(name, sql, (rows) => {
    for (const each of keys) {
      if (rows.has(each) && each % 2 === 0) rows.delete(each);
      else rows.set(each, v);
    }
  });
}

/** Every row, without a condition. */
function writeAll(name: TableName, v: number): Change {
  return fixed(name, `UPDATE ${name} SET v = ${v}`, (rows) => {
    for (const each of rows.keys()) rows.set(each, v);
  });
}

function removeAll(name: TableName): Change {
  return fixed(name, `DELETE FROM ${name}`, (rows) => rows.clear());
}

function truncate(name: TableName): Change {
  return fixed(name, `TRUNCATE ${name}`, (rows) => rows.clear());
}

function addColumn(name: TableName): Change {
  return {
    table: name,
    sql: (_, number) => `ALTER TABLE ${name} ADD COLUMN c${number} int DEFAULT 3`,
    apply: (rows) => {
      rows.columnsAdded++;
    },
    text: `add a column to ${name}`,
  };
}

export const rowChanges = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(table, id, value).map((args) => write(...args)) },
  { weight: 3, arbitrary: fc.tuple(table, id, value).map((args) => writeMany(...args)) },
  { weight: 3, arbitrary: fc.tuple(id, value).map((args) => upsert(...args)) },
  { weight: 2, arbitrary: id.map(moveKey) },
  { weight: 3, arbitrary: fc.tuple(table, id).map((args) => remove(...args)) },
  { weight: 3, arbitrary: fc.tuple(table, id, value).map((args) => mergeInto(...args)) },
  { weight: 1, arbitrary: fc.tuple(table, value).map((args) => writeAll(...args)) },
);

export const changes = fc.oneof(
  { weight: 19, arbitrary: rowChanges },
  { weight: 1, arbitrary: table.map(truncate) },
  { weight: 1, arbitrary: table.map(removeAll) },
  { weight: 1, arbitrary: table.map(addColumn) },
);
