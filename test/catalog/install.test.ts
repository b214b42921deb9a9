import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { SQLSTATE, SqlError } from "../../src/core/errors.js";
import { CATALOG_FUNCTIONS } from "../../src/catalog/functions.js";
import { copiesReadBy } from "../../src/catalog/needed-copies.js";
import { COPIED, OWN_PLACE, placeStatement } from "../../src/catalog/snapshot.js";
import type { Connection } from "../../src/engine/connection.js";
import { Database } from "../../src/engine/database.js";
import { Registry } from "../../src/branch/registry.js";
import { catalogStatements } from "../../src/catalog/install.js";
import { definePrinting } from "../../src/catalog/printing/functions-of-sql.js";
import { PG_CATALOG, INFORMATION_SCHEMA } from "../../src/catalog/shapes.js";
import { INFORMATION, PG, SESSION_CALL } from "../../src/catalog/names.js";

test("every catalogue relation can be read whole, with PostgreSQL's columns", async () => {
  await using database = await Database.open({ path: ":memory:" });
  await Registry.open(database);
  using connection = await database.connect("void");
  // What a session is asked for is nothing here.
  connection.defineFunction(SESSION_CALL, 5, ([, call]) => (call === "held_privilege" ? "true" : "[]"));
  definePrinting(connection);
  for (const statement of catalogStatements([])) await connection.run(statement);
  const relations = [
    ...[...PG_CATALOG.values()].map((shape) => [PG, shape] as const),
    ...[...INFORMATION_SCHEMA.values()].map((shape) => [INFORMATION, shape] as const),
  ];
  expect(relations.length).toBeGreaterThan(180);
  for (const [schema, shape] of relations) {
    const stream = await connection.stream(`SELECT * FROM ${schema}."${shape.name}"`);
    await stream.next();
    expect(stream.columns.map((column) => column.name)).toEqual(shape.columns.map((column) => column.name));
  }
  const calls = [...CATALOG_FUNCTIONS].flatMap((name) =>
    ["", "NULL", "NULL, NULL", "NULL, NULL, NULL"].map((values) => `${PG}."${name}"(${values})`),
  );
  const bound = await bindOverCopiesRead(connection, [
    ...relations.map(([schema, shape]) => `SELECT * FROM ${schema}."${shape.name}"`),
    ...calls.flatMap((call) => [`SELECT ${call}`, `SELECT * FROM ${call}`]),
  ]);
  expect(bound).toBeGreaterThan(relations.length + CATALOG_FUNCTIONS.size);
});

test("its statements are the same in every process: what they make is kept from one to the next", () => {
  const module = new URL("../../dist/catalog/install.js", import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ catalogStatements }) => process.stdout.write(catalogStatements([]).join(";")))`;
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  expect(execFileSync(process.execPath, ["-e", script], options)).toBe(catalogStatements([]).join(";"));
});

/**
 * Says how many of the texts DuckDB can bind, each where the copies that it is said to read are there and no others. Fails where
 * one is missed.
 */
async function bindOverCopiesRead(connection: Connection, texts: readonly string[]): Promise<number> {
  const bySet = new Map<string, string[]>();
  for (const text of texts) {
    const names = copiesReadBy(text).join(" ");
    bySet.set(names, [...(bySet.get(names) ?? []), text]);
  }
  let bound = 0;
  for (const [nth, [names, group]] of [...bySet].entries()) {
    const place = `temp.main.only${nth}_`;
    for (const name of names.split(" ").filter((one) => COPIED.includes(one)))
      await connection.run(`CREATE TEMP VIEW ${place}${name.slice(1)} AS FROM ${OWN_PLACE}${name.slice(1)}`);
    await connection.run(placeStatement(place));
    for (const text of group) if (await canBeBound(connection, text)) bound++;
  }
  return bound;
}

/** False for a macro that takes another number of arguments, or stands at another place. */
async function canBeBound(connection: Connection, text: string): Promise<boolean> {
  try {
    (await connection.prepare(text)).close();
    return true;
  } catch (error) {
    if (error instanceof SqlError && error.code !== SQLSTATE.undefinedTable) return false;
    throw error;
  }
}
