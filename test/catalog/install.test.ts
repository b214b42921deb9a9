import { expect, test } from "vitest";
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
});
