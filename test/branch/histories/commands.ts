/** The steps of a history as fast-check's commands: done to the program and to the model, which are then compared. */
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { changes, rowChanges, type Change } from "./changes.js";
import {
  changesSameRow,
  copyOf,
  mergedTable,
  TABLES,
  TableModel,
  type MergedStates,
  type TableName,
} from "./head-model.js";
import { KEYS, MOST_HEADS, type Head, type Model } from "./model.js";
import { definition, type Program } from "./program.js";

type Step = fc.AsyncCommand<Model, Program>;

/** `run` gives the heads that have changed, or may have. */
function step(
  text: string,
  check: (model: Readonly<Model>) => boolean,
  run: (model: Model, program: Program) => Promise<readonly Head[]>,
): Step {
  return {
    check,
    run: async (model, program) => await program.verifyStep(model, await run(model, program)),
    toString: () => text,
  };
}

function requireOutcome(outcome: string, required: string): void {
  if (outcome !== required) throw new Error(`${outcome} instead of ${required}`);
}

/** What a statement must answer when it did not succeed: beside an open block on main it may lose against it. */
function requireFailure(model: Model, head: Head, isThere: boolean, outcome: string): void {
  if (isThere) requireOutcome(outcome, model.open !== undefined && head === model.main ? "40001" : "ok");
  else requireOutcome(outcome, "42P01");
}

function change(choice: number, { table, sql, apply, text }: Change): Step {
  return step(
    `${choice}: ${text}`,
    (model) => sql(model.head(choice).rows.get(table), 0) !== undefined,
    async (model, program) => {
      const head = model.head(choice);
      const rows = head.rows.get(table);
      const session = await program.session(head.name);
      const outcome = await session.outcome(sql(rows, model.newNumber()) ?? "");
      if (outcome !== "ok" || rows === undefined) requireFailure(model, head, rows !== undefined, outcome);
      else {
        apply(rows);
        noteGone(model, head, table, rows);
      }
      return [head];
    },
  );
}

function noteGone(model: Model, head: Head, table: TableName, rows: ReadonlyMap<number, number>): void {
  const { open } = model;
  if (open !== undefined && head === model.main && open.table === table && !rows.has(open.id))
    open.isGone = true;
}

/** Several statements in one block: all of them, or none. */
function block(choice: number, parts: readonly Change[], commits: boolean): Step {
  const end = commits ? "COMMIT" : "ROLLBACK";
  return step(
    `${choice}: BEGIN; ${parts.map(({ text }) => text).join("; ")}; ${end}`,
    (model) => parts.every(({ table }) => model.head(choice).rows.get(table) !== undefined),
    async (model, program) => {
      const head = model.head(choice);
      const rows = copyOf(head.rows);
      const gone: (() => void)[] = [];
      const statements = parts.flatMap(({ table, sql, apply }) => {
        const part = rows.get(table) ?? new TableModel();
        const text = sql(part, model.newNumber());
        if (text === undefined) return [];
        apply(part);
        const now = new Set(part.keys());
        gone.push(() => noteGone(model, head, table, new Map([...now].map((key) => [key, 0]))));
        return [text];
      });
      const session = await program.session(head.name);
      const outcome = await session.outcome(`BEGIN; ${[...statements, end].join("; ")}`);
      if (outcome !== "ok") {
        requireFailure(model, head, true, outcome);
        await session.query("ROLLBACK");
      } else if (commits) {
        for (const [table, part] of rows) head.rows.set(table, part);
        for (const note of gone) note();
      }
      return [head];
    },
  );
}

function recreate(choice: number, table: TableName): Step {
  return step(
    `${choice}: drop or create ${table}`,
    (model) => model.open === undefined || model.head(choice) !== model.main,
    async (model, program) => {
      const head = model.head(choice);
      const session = await program.session(head.name);
      const isThere = head.rows.get(table) !== undefined;
      await session.query(isThere ? `DROP TABLE ${table}` : definition(table));
      head.rows.set(table, isThere ? undefined : new TableModel(undefined, model.newNumber()));
      return [head];
    },
  );
}

function fork(choice: number): Step {
  return step(
    `${choice}: CREATE BRANCH`,
    (model) => model.heads.length < MOST_HEADS,
    async (model, program) => {
      const parent = model.head(choice);
      const name = `b${model.newNumber()}`;
      const session = await program.session(parent.name);
      await session.query(`CREATE BRANCH ${name}`);
      return [model.addBranch(parent, name)];
    },
  );
}

function discard(choice: number): Step {
  return step(
    `${choice}: DROP BRANCH`,
    (model) => model.head(choice) !== model.main && !model.isParent(model.head(choice)),
    async (model, program) => {
      await dropBranch(model, program, model.head(choice));
      return [];
    },
  );
}

async function dropBranch(model: Model, program: Program, head: Head): Promise<void> {
  await program.closeSession(head.name);
  const main = await program.session("main");
  await main.query(`DROP BRANCH ${head.name}`);
  model.remove(head);
}

/**
 * Tables that mean something else on either side are in conflict (40002), and what cannot be told is refused: then nothing has
 * happened.
 */
async function isMerged(
  program: Program,
  source: Head,
  target: Head,
  branchWins: boolean,
  mergeId = "",
): Promise<boolean> {
  const id = mergeId === "" ? "" : `WITH (merge_id '${mergeId}')`;
  return await isDone(
    program,
    `MERGE BRANCH ${source.name} INTO ${target.name} USING ${winner(branchWins)} ${id}`,
  );
}

function winner(branchWins: boolean): string {
  return branchWins ? "branch_wins" : "main_wins";
}

async function isDone(program: Program, sql: string): Promise<boolean> {
  const main = await program.session("main");
  const outcome = await main.outcome(sql);
  if (outcome === "ok") return true;
  if (outcome !== "40002") requireOutcome(outcome, "0A000");
  return false;
}

function merge(choice: number, branchWins: boolean): Step {
  return step(
    `${choice}: MERGE BRANCH, ${branchWins ? "it" : "its parent"} wins`,
    (model) => model.open === undefined && isMergeable(model, model.head(choice)),
    async (model, program) => {
      const head = model.head(choice);
      const parent = head.parent ?? model.main;
      if (!(await isMerged(program, head, parent, branchWins))) return [head, parent];
      for (const table of TABLES) {
        const states = statesOf(head, parent, table);
        if (!isDeepStrictEqual(states.base, states.source))
          parent.rows.set(table, mergedTable(states, branchWins, model.newNumber()));
      }
      await dropBranch(model, program, head);
      return [parent];
    },
  );
}

/** The parent into the branch. */
function sync(choice: number, branchWins: boolean): Step {
  return step(
    `${choice}: MERGE BRANCH of its parent INTO it, ${branchWins ? "it" : "its parent"} wins`,
    (model) => isSyncable(model.head(choice)),
    async (model, program) => {
      const head = model.head(choice);
      const parent = head.parent ?? model.main;
      const mergeId = `sync_${model.newNumber()}`;
      const [before, base] = [copyOf(head.rows), copyOf(head.base)];
      if (!(await isMerged(program, parent, head, branchWins, mergeId))) return [head];
      for (const table of TABLES) {
        const states = statesOf(head, parent, table);
        head.rows.set(table, mergedTable(states, branchWins, model.newNumber()));
      }
      const main = await program.session("main");
      const recorded = await main.query(`SELECT 1 FROM duckbranch.merges WHERE merge_id = '${mergeId}'`);
      // Where nothing was to be done the branch is as it was the last time.
      if (recorded.length > 0) head.synced = { mergeId, before, base, behind: copyOf(head.rows) };
      for (const [table, rows] of copyOf(parent.rows)) head.base.set(table, rows);
      return [head, ...model.childrenOf(head)];
    },
  );
}

/** What the branch changed since is merged into what it was. */
function undoSync(choice: number, branchWins: boolean): Step {
  return step(
    `${choice}: UNDO MERGE of its parent into it, ${branchWins ? "what it was" : "what it is"} wins`,
    (model) => model.head(choice).synced !== undefined,
    async (model, program) => {
      const head = model.head(choice);
      const { synced } = head;
      if (synced === undefined) return [];
      const sql = `UNDO MERGE '${synced.mergeId}' USING ${winner(branchWins)}`;
      if (!(await isDone(program, sql))) return [head];
      for (const table of TABLES) {
        const states = {
          base: synced.behind.get(table),
          source: head.rows.get(table),
          target: synced.before.get(table),
        };
        head.rows.set(table, mergedTable(states, !branchWins, model.newNumber()));
      }
      for (const [table, rows] of synced.base) head.base.set(table, rows);
      head.synced = undefined;
      return [head, ...model.childrenOf(head)];
    },
  );
}

/** As for merges. */
function isSyncable(head: Head): boolean {
  return head.parent !== undefined && !changesSameRow(statesOf(head, head.parent, "plain"));
}

function statesOf(head: Head, parent: Head, table: TableName): MergedStates {
  return { base: head.base.get(table), source: head.rows.get(table), target: parent.rows.get(table) };
}

/** Both may have changed a table without a key, but no row of it: what that leads to is asked elsewhere. */
function isMergeable(model: Readonly<Model>, head: Head): boolean {
  const { parent } = head;
  if (parent === undefined || model.isParent(head)) return false;
  return !changesSameRow(statesOf(head, parent, "plain"));
}

/** A block on main that stays open while other steps are done. */
function beginOnMain(table: TableName, id: number, value: number): Step {
  return step(
    `main: BEGIN, ${table} ${id} = ${value}`,
    ({ open, main }) => open === undefined && main.rows.get(table)?.has(id) === true,
    async (model, program) => {
      program.block = await program.newSession("main");
      await program.block.query(`BEGIN; UPDATE ${table} SET v = ${value} WHERE id = ${id}`);
      model.open = { table, id, value, isGone: false };
      return [model.main];
    },
  );
}

/** A block that lost against another statement has changed nothing. */
function endOnMain(commits: boolean): Step {
  const end = commits ? "COMMIT" : "ROLLBACK";
  return step(
    `main: ${end}`,
    ({ open }) => open !== undefined,
    async (model, program) => {
      const { open } = model;
      const outcome = (await program.block?.outcome(end)) ?? "";
      await program.block?.[Symbol.asyncDispose]();
      program.block = undefined;
      model.open = undefined;
      if (outcome !== "ok") requireOutcome(outcome, "40001");
      else if (commits && open?.isGone === false) model.main.rows.get(open.table)?.set(open.id, open.value);
      return [model.main];
    },
  );
}

/** The program ends, in order or not; a block that was open is gone. */
function ending(text: "restart" | "crash"): Step {
  return step(
    text,
    () => true,
    async (model, program) => {
      await program[text]();
      model.open = undefined;
      return model.heads;
    },
  );
}

const checkpoint = step(
  "checkpoint",
  () => true,
  async (model, program) => {
    await program.checkpoint();
    return [model.main];
  },
);

const head = fc.nat();
const table = fc.constantFrom(...TABLES);
const id = fc.nat(KEYS - 1);
const parts = fc.array(rowChanges, { minLength: 2, maxLength: 4 });

/** A step kind as often as its number says: `fc.commands` takes any of a list as often as another. */
function often<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T>[] {
  return Array.from({ length: times }, () => arbitrary);
}

export const steps: fc.Arbitrary<Step>[] = [
  ...often(
    42,
    fc.tuple(head, changes).map((args) => change(...args)),
  ),
  ...often(
    4,
    fc.tuple(head, parts, fc.boolean()).map((args) => block(...args)),
  ),
  ...often(8, head.map(fork)),
  ...often(4, head.map(discard)),
  ...often(
    4,
    fc.tuple(head, fc.boolean()).map((args) => merge(...args)),
  ),
  ...often(
    4,
    fc.tuple(head, fc.boolean()).map((args) => sync(...args)),
  ),
  ...often(
    3,
    fc.tuple(head, fc.boolean()).map((args) => undoSync(...args)),
  ),
  ...often(
    4,
    fc.tuple(table, id, fc.nat(9)).map((args) => beginOnMain(...args)),
  ),
  ...often(4, fc.boolean().map(endOnMain)),
  ...often(
    2,
    fc.tuple(head, table).map((args) => recreate(...args)),
  ),
  ...often(2, fc.constant(checkpoint)),
  fc.constantFrom("restart" as const, "crash" as const).map(ending),
];
