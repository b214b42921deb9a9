/** Branches chosen by search_path, as HatiData's tools do: `branch_0123456789ab, main`, or all of it in one text. */
import type { Settings } from "./settings.js";

/** Where sessions went by search_path, by their settings: they leave it by another one, unless they were told to be there otherwise. */
const BY_PATH = new WeakMap<Settings, string>();

/** Id of the branch whose schema comes first. */
export function branchOfPath(values: readonly string[]): string | undefined {
  return /^\s*"?branch_([\da-f]{12})"?\s*(?:,|$)/i.exec(values.join(","))?.[1]?.toLowerCase();
}

/** `branch` is the name of the head that search_path led to. */
export function rememberPath(settings: Settings, branch: string): void {
  BY_PATH.set(settings, branch);
}

/** Somebody said where the session is to be. */
export function forgetPath(settings: Settings): void {
  BY_PATH.delete(settings);
}

/** Whether it is search_path that the session's head comes from. */
export function leavesPath(settings: Settings, branch: string): boolean {
  return BY_PATH.get(settings) === branch;
}
