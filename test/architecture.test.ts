/** The shape of the house: who may import whom, who owns which package, and how long a file may be. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../src/", import.meta.url));
const MAX_LINES = 400;

/**
 * What each component may import, lowest first: nothing reaches downwards past its list, nothing at all upwards. A
 * component is a folder of src/ or a file in it. `type` entries may be used for types only.
 */
const ALLOWED = {
  client: [],
  core: [],
  wire: ["core"],
  users: ["core"],
  engine: ["core"],
  sql: ["core"],
  pgtypes: ["core", "engine"],
  branch: ["core", "engine", "sql"],
  catalog: ["core", "engine", "sql", "branch"],
  query: ["core", "engine", "sql", "pgtypes", "branch", "catalog"],
  session: ["core", "wire", "users", "pgtypes", "type query"],
  net: ["core", "wire", "users", "session", "type query"],
  http: ["core", "users", "pgtypes", "session", "type query"],
  telemetry: ["core", "type query"],
  "config.ts": ["core"],
  "prepare.ts": ["query"],
  "app.ts": [
    "core",
    "engine",
    "sql",
    "branch",
    "catalog",
    "query",
    "net",
    "http",
    "telemetry",
    "type config.ts",
  ],
  cli: ["core", "users", "config.ts", "app.ts"],
} as const satisfies Record<string, readonly string[]>;

/** Packages that one component knows, or those named together. */
const OWNED_PACKAGES = new Map<string, readonly string[]>([
  ["@duckdb/node-api", ["engine"]],
  ["@duckdb/node-bindings", ["engine"]],
  ["libpg-query", ["sql"]],
  ["node:net", ["net"]],
  ["node:tls", ["net", "http"]],
  ["zod", ["config.ts", "http"]],
  ["fastify", ["http"]],
  ["prom-client", ["http"]],
  ["apache-arrow", ["pgtypes"]],
  ["@opentelemetry/api", ["telemetry"]],
  ["@opentelemetry/sdk-trace", ["telemetry"]],
  ["commander", ["cli"]],
  ["pg", ["cli"]],
]);

interface SourceFile {
  readonly path: string;
  readonly component: string;
  readonly text: string;
}

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const FILES: readonly SourceFile[] = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, component: componentOf(path), text: readFileSync(join(SOURCE, path), "utf8") }));

const IMPORTS: readonly Import[] = FILES.flatMap((file) =>
  [...file.text.matchAll(/^(?:import|export)(\s+type)?\b[^;"']*["'](\.[^"']+)["']/gm)]
    .map(([, type, target = ""]) => ({
      file: file.path,
      from: file.component,
      to: componentOf(posix.join(dirname(file.path), target)),
      typeOnly: type !== undefined,
    }))
    .filter(({ from, to }) => from !== to),
);

function componentOf(path: string): string {
  const [first = "", ...rest] = relative(".", path).split("/");
  return rest.length > 0 ? first : first.replace(/\.js$/, ".ts");
}

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const list: readonly string[] = new Map<string, readonly string[]>(Object.entries(ALLOWED)).get(from) ?? [];
  return list.includes(to) || (typeOnly && list.includes(`type ${to}`));
}

describe("the source", () => {
  test("consists of the components of the table", () => {
    expect(new Set(FILES.map(({ component }) => component))).toEqual(new Set(Object.keys(ALLOWED)));
    expect(IMPORTS.length).toBeGreaterThan(100);
  });

  test("has a table that leads one way only", () => {
    const order = Object.keys(ALLOWED);
    const backwards = Object.entries(ALLOWED).flatMap(([from, list]) =>
      list
        .map((entry) => entry.replace("type ", ""))
        .filter((to) => !order.slice(0, order.indexOf(from)).includes(to))
        .map((to) => `${from} → ${to}`),
    );
    expect(backwards).toEqual([]);
  });

  test("imports along the table only", () => {
    const forbidden = IMPORTS.filter((entry) => !isAllowed(entry));
    expect(forbidden.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
  });

  test("knows each of these packages in one place, by import or by name", () => {
    const elsewhere = FILES.flatMap(({ path, component, text }) =>
      [...OWNED_PACKAGES]
        .filter(([name, owners]) => !owners.includes(component) && new RegExp(`["']${name}["'/]`).test(text))
        .map(([name]) => `${path} knows ${name}`),
    );
    expect(elsewhere).toEqual([]);
    const knows = (owner: string, name: string): boolean =>
      FILES.some(({ component, text }) => component === owner && text.includes(`"${name}"`));
    const unused = [...OWNED_PACKAGES].filter(([name, owners]) => !owners.every((one) => knows(one, name)));
    expect(unused).toEqual([]);
  });

  test(`has no file of more than ${MAX_LINES} lines`, () => {
    const long = FILES.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 })).filter(
      ({ lines }) => lines > MAX_LINES,
    );
    expect(long).toEqual([]);
  });
});

describe("the package", () => {
  test("holds the built program and the client's types, and nothing else", () => {
    const cwd = fileURLToPath(new URL("../", import.meta.url));
    const listed = execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd, encoding: "utf8" });
    const [{ files = [] } = {}]: { readonly files?: readonly { readonly path: string }[] }[] =
      JSON.parse(listed);
    const paths = files.map(({ path }) => path);
    const built = paths.filter((path) => /^dist\/.*\.c?js$/.test(path));
    const sources = FILES.filter(({ path }) => !path.startsWith("cli/demo"));
    const modules = sources.map(({ path }) => `dist/${path.replace(/\.(c?)ts$/, ".$1js")}`);
    expect(built).toEqual(expect.arrayContaining([...modules, "dist/cli/duckbranch.cjs"]));
    const others = paths.filter((path) => !built.includes(path) && !/^dist\/client\/\w+\.d\.ts$/.test(path));
    expect(others.toSorted()).toEqual([
      "LICENSE",
      "README.md",
      expect.stringMatching(/^dist\/void-[0-9a-f]+\.duckdb$/),
      "package.json",
    ]);
    expect(paths).toContain("dist/client/index.d.ts");
    expect(built.filter((path) => path.includes("demo"))).toEqual([]);
  });
});
