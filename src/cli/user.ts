/** `duckbranch user`: who may log in. Passwords come from a prompt or standard input, never from the command line. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { OperatorError } from "../core/operator-error.js";
import { deriveVerifier } from "../users/scram-verifier.js";
import { changeUserFile, readUserFile } from "../users/user-file.js";
import { requireUserName } from "../users/user-list.js";

interface UserOptions {
  readonly users: string;
}

/** Adds a user, or gives one a new password. */
export async function addUser(name: string, { users }: UserOptions): Promise<void> {
  requireUserName(name);
  const verifier = await deriveVerifier(await readPassword());
  await changeUserFile(users, ({ secret, verifiers }) => ({
    secret,
    verifiers: new Map([...verifiers, [name, verifier]]),
  }));
}

export async function removeUser(name: string, { users }: UserOptions): Promise<void> {
  await changeUserFile(users, ({ secret, verifiers }) => {
    if (!verifiers.has(name)) throw new OperatorError(`there is no user "${name}"`);
    return { secret, verifiers: new Map([...verifiers].filter(([other]) => other !== name)) };
  });
}

export async function listUsers({ users }: UserOptions): Promise<void> {
  const { verifiers } = await readUserFile(users);
  for (const name of [...verifiers.keys()].toSorted()) process.stdout.write(`${name}\n`);
}

/** Twice from a terminal, without showing it; the first line of anything else. */
async function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY;
  const password = isTerminal ? await readTwice() : await readFirstLine();
  if (password === "") throw new OperatorError("the password is empty");
  return password;
}

async function readTwice(): Promise<string> {
  // The terminal shows what is written here: nothing.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const interrupted = new Promise<never>((_, reject) => {
    terminal.once("SIGINT", () => reject(new OperatorError("nothing was changed")));
  });
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt);
    const answer = await Promise.race([terminal.question(""), interrupted]);
    process.stderr.write("\n");
    return answer;
  };
  try {
    const password = await ask("Password: ");
    if (password !== (await ask("Again: "))) throw new OperatorError("the passwords differ");
    return password;
  } finally {
    terminal.close();
  }
}

async function readFirstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}
