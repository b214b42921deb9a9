/** What happens, step by step, whichever way it is asked for. */
import type { Way } from "./way.js";

export interface Step {
  readonly does: (way: Way) => Promise<string>;
  readonly answer: string;
}

function step(answer: string, does: Step["does"]): Step {
  return { does, answer };
}

const NAME = 'Über "b"; --';

export const SCENARIOS: Readonly<Record<string, readonly Step[]>> = {
  "a branch lives, is merged and taken back": [
    step("0", (way) => way.write("main", "CREATE TABLE life (id int PRIMARY KEY, v text)")),
    step("2", (way) => way.write("main", "INSERT INTO life VALUES (1, 'a'), (2, NULL)")),
    step("active", (way) => way.create(NAME, { ttl: "2 hours", agent: "it's" })),
    step("!42710", (way) => way.create(NAME)),
    step("1", (way) => way.write(NAME, "UPDATE life SET v = 'b' WHERE id = 1")),
    step("1", (way) => way.write(NAME, "INSERT INTO life VALUES (3, 'c')")),
    step('[["1","b"],["2",null],["3","c"]]', (way) => way.query(NAME, "SELECT * FROM life ORDER BY id")),
    step('[["1","a"],["2",null]]', (way) => way.query("main", "SELECT * FROM life ORDER BY id")),
    step('life update {"id":1}, life insert {"id":3}', (way) => way.diff(NAME, "life")),
    step("active life", (way) => way.show(NAME)),
    step(NAME, (way) => way.list()),
    step("active life", (way) => way.extend(NAME, "3 hours")),
    step("merged 1 table 2 rows", (way) => way.merge(NAME, "abort")),
    step('[["3"]]', (way) => way.query("main", "SELECT count(*) FROM life")),
    step("undone 1 table 2 rows", (way) => way.undo(NAME)),
    step('[["2"]]', (way) => way.query("main", "SELECT count(*) FROM life")),
    step("discarded", (way) => way.discard(NAME)),
    step("!3D000", (way) => way.query(NAME, "SELECT 1")),
    step("active life", (way) => way.undelete(NAME)),
    step("discarded", (way) => way.discard(NAME)),
    step("", (way) => way.list()),
  ],
  "conflicts are refused, wait, and are resolved": [
    step("0", (way) => way.write("main", "CREATE TABLE c (id int PRIMARY KEY, n int)")),
    step("1", (way) => way.write("main", "INSERT INTO c VALUES (1, 1)")),
    step("active", (way) => way.create("c1")),
    step("1", (way) => way.write("c1", "UPDATE c SET n = 2")),
    step("1", (way) => way.write("main", "UPDATE c SET n = 3")),
    step("!22023", (way) => way.merge("c1", "misspelt")),
    step("!40002", (way) => way.merge("c1", "abort")),
    step("conflicted 0 table 0 rows c: 1", (way) => way.merge("c1", "manual")),
    step("active", (way) => way.abandon("c1")),
    step("conflicted 0 table 0 rows c: 1", (way) => way.merge("c1", "manual")),
    step("!22023", (way) => way.resolve("c1", "c", "misspelt")),
    step("merged 1 table 1 rows", (way) => way.resolve("c1", "c", "branch_wins")),
    step('[["2"]]', (way) => way.query("main", "SELECT n FROM c")),
  ],
  "a branch is brought up to date, and what would expire is told": [
    step("0", (way) => way.write("main", "CREATE TABLE s (id int PRIMARY KEY, n int)")),
    step("1", (way) => way.write("main", "INSERT INTO s VALUES (1, 1)")),
    step("", (way) => way.expiring()),
    step("active", (way) => way.create("s1", { ttl: "2 hours" })),
    step("1", (way) => way.write("s1", "INSERT INTO s VALUES (2, 2)")),
    step("1", (way) => way.write("main", "INSERT INTO s VALUES (3, 3)")),
    step("s1 age 1", (way) => way.expiring()),
    step("merged 1 table 1 rows", (way) => way.sync("s1")),
    step('[["1"],["2"],["3"]]', (way) => way.query("s1", "SELECT id FROM s ORDER BY id")),
    step("up_to_date 0 table 0 rows", (way) => way.sync("s1")),
    step("1", (way) => way.write("s1", "UPDATE s SET n = 7 WHERE id = 1")),
    step("1", (way) => way.write("main", "UPDATE s SET n = 8 WHERE id = 1")),
    step("!40002", (way) => way.sync("s1")),
    step('[["7"]]', (way) => way.query("s1", "SELECT n FROM s WHERE id = 1")),
    step("!3D000", (way) => way.sync("nothing")),
    step("active", (way) => way.create("s2", { ttl: "1 hours" })),
    step("s2 age 0", (way) => way.expiring({ limit: 1, offset: 0 })),
    step("s1 age 2", (way) => way.expiring({ limit: 5, offset: 1 })),
    step("s2", (way) => way.list({ limit: 1, offset: 0 })),
    step("discarded", (way) => way.discard("s2")),
    step("discarded", (way) => way.discard("s1")),
    step("", (way) => way.expiring()),
  ],
  "what is refused is refused by the same code, and nothing happens": [
    step("0", (way) => way.write("main", "CREATE TABLE r (id int PRIMARY KEY)")),
    step("!3D000", (way) => way.create("r1", { from: "nothing" })),
    step("!22023", (way) => way.create("r1", { ttl: "soon" })),
    step("active", (way) => way.create("r1", { max_rows: "1" })),
    step("!42501", (way) => way.write("r1", "INSERT INTO main.r VALUES (1)")),
    step("!53400", (way) => way.write("r1", "INSERT INTO r VALUES (1), (2)")),
    step("1", (way) => way.write("r1", "INSERT INTO r VALUES (1)")),
    step("!23505", (way) => way.write("r1", "INSERT INTO r VALUES (1)")),
    step('[["1"]]', (way) => way.query("r1", "SELECT * FROM r")),
    step("!42P01", (way) => way.query("r1", "SELECT * FROM nothing")),
    step("!42601", (way) => way.query("r1", "SELEC 1")),
    step("!3D000", (way) => way.show("nothing")),
    step("!3D000", (way) => way.merge("nothing", "abort")),
    step("!3D000", (way) => way.discard("nothing")),
    step("[]", (way) => way.query("main", "SELECT * FROM r")),
  ],
  "a branch is renamed, protected and granted": [
    step("active", (way) => way.create("k1")),
    step("active", (way) => way.rename("k1", "k2")),
    step("active", (way) => way.protect("k2", true)),
    step("!55000", (way) => way.discard("k2")),
    step("active", (way) => way.protect("k2", false)),
    step('b "en read', (way) => way.grant("k2", "read", 'b "en')),
    step('ann write, b "en read', (way) => way.grant("k2", "write", "ann")),
    step("ann write", (way) => way.revoke("k2", "read", 'b "en')),
    step("!3D000", (way) => way.grant("nothing", "read", "ann")),
    step("discarded", (way) => way.discard("k2")),
  ],
};
