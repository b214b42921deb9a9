/** Who a session is: fixed when the client connects. */
import type { Principal } from "../core/scopes.js";
import type { HeadId } from "../branch/model.js";
import type { SessionControl } from "./types.js";

/** Setting by which HatiData's clients say which agent they work for. */
export const AGENT_PARAMETER = "hatidata_agent_id";

export interface SessionIdentity {
  readonly user: string;
  readonly principal: Principal;
  /** Database name as the client gave it, without the branch. */
  readonly database: string;
  /** With the branch, where it was given so: current_database(), and what tools look for as the catalogue of tables. */
  readonly databaseName: string;
  /** The head chosen at connect. */
  readonly head: HeadId;
  /** The session's own branch, made by `branch=new`: discarded at its end. */
  readonly ownsHead: boolean;
  /** What BackendKeyData says. */
  readonly processId: number;
  /** How others stop or end this session. */
  readonly control: SessionControl | undefined;
}
