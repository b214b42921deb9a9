/** The two heads of a merge: into main, or into a branch that `source` was made from. */
import type { OpenWorld } from "./open-world.js";
import type { TestSession } from "./world.js";

/** `before` is run on main, before either is made. */
export async function mergeHeads(
  open: OpenWorld,
  before: string,
  onBranch: boolean,
): Promise<{ target: TestSession; source: TestSession }> {
  const main = await open.session();
  await main.query(before);
  if (!onBranch) {
    await main.query("CREATE BRANCH b");
    return { target: main, source: await open.session("main/b") };
  }
  await main.query("CREATE BRANCH parent");
  const target = await open.session("main/parent");
  await target.query("CREATE BRANCH b FROM parent");
  return { target, source: await open.session("main/b") };
}
