import { chmod, readdir, readFile, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Log } from "../../src/core/log.js";
import { FileCredentials } from "../../src/users/credentials.js";
import { deriveVerifier, isPasswordOf } from "../../src/users/scram-verifier.js";
import { changeUserFile, readUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";

async function addUser(path: string, name: string, password: string): Promise<void> {
  const verifier = await deriveVerifier(password);
  await changeUserFile(path, (list) => ({
    ...list,
    verifiers: new Map([...list.verifiers, [name, verifier]]),
  }));
}

function logTo(lines: string[]): Log {
  return pino({}, { write: (line: string) => void lines.push(line) });
}

describe("the users file", () => {
  it("is its owner's alone, holds no password, and leaves nothing beside it", async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("users");
    await addUser(path, "ann", "hunter-one");
    await addUser(path, "ben", "hunter-two");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain("hunter");
    expect(await readdir(directory.path)).toEqual(["users"]);
    expect([...(await readUserFile(path)).verifiers.keys()]).toEqual(["ann", "ben"]);
  });

  it("stays as it was when a change fails, and so does its secret when one succeeds", async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("users");
    await addUser(path, "ann", "x");
    const { secret } = await readUserFile(path);
    const before = await readFile(path, "utf8");
    const failing = changeUserFile(path, () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await readFile(path, "utf8")).toBe(before);
    await addUser(path, "ben", "y");
    expect((await readUserFile(path)).secret).toEqual(secret);
  });

  it("is not changed by two at a time", async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("users");
    await writeFile(`${path}.new`, "");
    await expect(addUser(path, "ann", "x")).rejects.toThrow(/another change is under way/);
    await unlink(`${path}.new`);
    await addUser(path, "ann", "x");
  });

  it("is changed where a link leads", async () => {
    await using directory = await temporaryDirectory();
    const [path, link] = [directory.file("users"), directory.file("link")];
    await addUser(path, "ann", "x");
    await symlink(path, link);
    await addUser(link, "ben", "y");
    expect((await readUserFile(path)).verifiers.size).toBe(2);
  });

  it("is read again when it changes, not when it is broken, and a warning says that others can read it", async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("users");
    const logged: string[] = [];
    await addUser(path, "ann", "x");
    const credentials = await FileCredentials.open(path, logTo(logged));
    const knows = async (user: string, password: string): Promise<boolean> =>
      await isPasswordOf(await credentials.verifierOf(user), password);
    expect([await knows("ann", "x"), await knows("ben", "y")]).toEqual([true, false]);
    await addUser(path, "ben", "y");
    expect([await knows("ann", "x"), await knows("ben", "y")]).toEqual([true, true]);
    await writeFile(path, "broken");
    expect([await knows("ann", "x"), await knows("ben", "y")]).toEqual([true, true]);
    await unlink(path);
    expect(await knows("ann", "x")).toBe(true);
    expect(logged.filter((line) => line.includes("not read"))).toHaveLength(2);
    await addUser(path, "cy", "z");
    expect([await knows("ann", "x"), await knows("cy", "z")]).toEqual([false, true]);
    expect(logged.join("")).not.toContain("open to others");
    await chmod(path, 0o644);
    expect(await knows("cy", "z")).toBe(true);
    expect(logged.join("")).toContain("open to others");
  });

  it("is taken from its owner's hands alone, and root's from its group's", async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("users");
    await addUser(path, "ann", "x");
    const isRoots = (await stat(path)).uid === 0;
    for (const mode of [0o644, 0o604, 0o620, 0o660, ...(isRoots ? [] : [0o640])]) {
      await chmod(path, mode);
      await expect(FileCredentials.open(path, logTo([]))).rejects.toThrow(/is open to others than its owner/);
    }
    for (const mode of [0o600, 0o400, ...(isRoots ? [0o640] : [])]) {
      await chmod(path, mode);
      expect(await (await FileCredentials.open(path, logTo([]))).principalBy("ann", "x")).toBeDefined();
    }
  });

  it("must be there at the start", async () => {
    await expect(FileCredentials.open("/nonexistent/users", logTo([]))).rejects.toThrow(
      /cannot read users file "\/nonexistent\/users"/,
    );
  });
});
