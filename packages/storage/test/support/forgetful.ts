import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { builtProgram } from "@agent-assembly/test-programs";
import { expect, onTestFinished } from "vitest";
import { openStorage, type StorageOptions } from "../../src/index.js";

/** The program that forgets to close its store, built; for the whole file. */
export function builtForgetful(): Promise<string> {
  return builtProgram(new URL("../fixtures/forgetful.mjs", import.meta.url));
}

interface Answers {
  readonly stored: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly made: number;
}

async function run(program: string, options: StorageOptions, how: "work" | "term") {
  const child = spawn(process.execPath, [program, JSON.stringify(options), how], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let last = "";
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line === "begun") child.kill("SIGTERM");
  }
  return { exitCode: await closed, answers: JSON.parse(last) as Answers };
}

async function storedBy(options: StorageOptions): Promise<number> {
  await using storage = await openStorage(options);
  return await storage.audit.count({ agentId: "forgetful" });
}

/** A program without `close()` ends by itself, and everything it appended is stored. */
export async function expectEndsByItself(program: string, options: StorageOptions): Promise<void> {
  const { exitCode, answers } = await run(program, options, "work");
  expect([exitCode, answers]).toEqual([0, { stored: 52, refused: {} }]);
  expect(await storedBy(options)).toBe(52);
}

/** Each append of a program that is asked to stop is answered, and those that were acknowledged are stored. */
export async function expectAnswersAll(program: string, options: StorageOptions): Promise<void> {
  const before = await storedBy(options);
  const { exitCode, answers } = await run(program, options, "term");
  expect(exitCode).toBe(0);
  const { stored, refused, made } = answers;
  expect(refused).toEqual({ closed: 1 });
  expect(stored).toBe(made - 1);
  expect((await storedBy(options)) - before).toBe(stored);
}
