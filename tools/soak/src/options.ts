import { randomInt } from "node:crypto";
import { ServiceUnavailable } from "@agent-assembly/test-services";

const SEEDS = 2 ** 31;

/** pnpm hands its own separator on. */
export function commandLine(): string[] {
  return process.argv.slice(2).filter((argument) => argument !== "--");
}

/** Another one each time. */
export function anySeed(): string {
  return String(randomInt(SEEDS));
}

/** A command line that cannot be run. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws `UsageError` that names the option and what is allowed */
export function oneBetween(min: number, max: number, option: string, given: string): number {
  const value = given.trim() === "" ? Number.NaN : Number(given);
  if (!(value >= min && value <= max)) throw new UsageError(`--${option} must be a number from ${min} to ${max}`);
  return value;
}

export function seedOf(given: string): number {
  return Math.floor(oneBetween(0, SEEDS - 1, "seed", given));
}

/** Aborts at the first Ctrl-C: servers and files must be gone in the end, and what was done is checked. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort());
  return stopping.signal;
}

/** `a 1, b 2`. */
export function listCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

/** Runs a command: what the user can put right is said in one line, without a stack. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!isForUser(error)) throw error;
    console.error(`soak: ${error.message}`);
    process.exitCode = 2;
  }
}

function isForUser(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof ServiceUnavailable) return true;
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

/** @returns whether it was asked for */
export function printHelp(asked: boolean | undefined, help: string): boolean {
  if (asked === true) console.log(help);
  return asked === true;
}
