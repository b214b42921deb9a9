/** A world with the sessions that a test opens in it: they end together. */
import type { Retention } from "../../src/branch/branch-context.js";
import type { Principal } from "../../src/core/scopes.js";
import { type TestSession, World } from "./world.js";

export class OpenWorld implements AsyncDisposable {
  readonly world: World;
  readonly #sessions: TestSession[] = [];

  private constructor(world: World) {
    this.world = world;
  }

  static async open(path?: string, retention?: Partial<Retention>): Promise<OpenWorld> {
    return new OpenWorld(await World.open(path, retention));
  }

  /** A session on `main`, or on `main/branch`. */
  async session(database = "main", principal?: Principal): Promise<TestSession> {
    const session = await this.world.connect(database, principal);
    this.#sessions.push(session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}
