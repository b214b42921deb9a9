/** A branch's row in a commit of its own, on a connection of its own: what no client asked for, and no history tells. */
import type { Branch, Sequence } from "./model.js";
import { rollbackQuietly } from "./preserve.js";
import type { Registry } from "./registry.js";
import type { RegistryState } from "./registry-state.js";

/** `change` sees the newest state, and the number that the commit would have. Nothing is done where it gives no branch. */
export async function commitBranch(
  registry: Registry,
  change: (state: RegistryState, sequence: Sequence) => Branch | undefined,
): Promise<void> {
  await registry.database.onSpare(async (connection) => {
    await registry.begin(connection);
    try {
      const committed = await registry.commit(connection, (state, sequence) => {
        const branch = change(state, sequence);
        return branch && { changes: [{ change: "putBranch", branch }], written: [] };
      });
      if (committed === undefined) await rollbackQuietly(connection);
    } catch (error) {
      await rollbackQuietly(connection);
      throw error;
    }
  });
}
