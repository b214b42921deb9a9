/** What a command says to whoever sits before it: questions before it destroys something, and that it is still at work. */
import { createInterface } from "node:readline/promises";
import { OperatorError } from "../core/operator-error.js";
import { printable } from "./rendering.js";

const PATIENCE_MS = 1000;

/** Asks before something is destroyed. Without a terminal `--yes` has to say so. Errors: when the answer is not yes */
export async function confirm(question: string, isSure: boolean): Promise<void> {
  if (isSure) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new OperatorError(`${question} Say --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${printable(question)} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new OperatorError("nothing was changed");
  } finally {
    terminal.close();
  }
}

/** The terminal's last line says so. */
let showsProgress = false;

/** Shows on a terminal how long the work takes, once that is long. What it prints itself comes behind `clearProgress`. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return await work();
  const since = Date.now();
  const timer = setInterval(() => {
    process.stderr.write(`\r${printable(what)} … ${Math.round((Date.now() - since) / 1000)} s`);
    showsProgress = true;
  }, PATIENCE_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    clearProgress();
  }
}

/** Gives the terminal's line back to what is to be printed there. */
export function clearProgress(): void {
  if (showsProgress) process.stderr.write("\r\u001B[K");
  showsProgress = false;
}
