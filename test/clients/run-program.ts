/** Runs another program to its end. The server is in this process, so it must not be waited for synchronously. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Ending {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly environment?: Record<string, string>;
    readonly directory?: string;
  } = {},
): Promise<Ending> {
  const env = { ...process.env, ...options.environment };
  const child = spawn(program, args, { env, cwd: options.directory });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  // A program that ends early does not read its input: what it says about that is in `errors`.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, errors };
}
