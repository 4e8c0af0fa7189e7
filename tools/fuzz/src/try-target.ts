import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Finding, Message } from "./report.js";
import { TARGETS, type TargetName } from "./targets/index.js";

const BEAT_MS = 200;
/** Opening a target makes stores, of which PostgreSQL's takes a while on a busy machine. */
const OPEN_MS = 180_000;
/** Characters of an input that are shown. */
const SHOWN = 4000;

/*
 * The program that tries one target, started by the supervisor: NAME SEED MILLISECONDS FILE [POSTGRES-URL]. It writes each
 * input into FILE before it tries it, so that the supervisor can name the one that hung or crashed the process.
 */
const [name, seed, ms, file, postgresUrl] = process.argv.slice(2) as [TargetName, string, string, string, string?];

function tell(message: Message): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

function shown(input: unknown): string {
  const text = fc.stringify(input);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}... (${text.length} characters)` : text;
}

function fail(problem: string): never {
  throw new Error(problem);
}

let inputs = 0;
const folder = mkdtempSync(join(tmpdir(), `aasm-fuzz-${name}-`));
try {
  const beat = (): Promise<void> => tell({ kind: "alive", inputs, memory: process.memoryUsage.rss() });
  const timer = setInterval(() => void beat(), BEAT_MS);
  await beat();
  const late = setTimeout(() => fail(`it was not open after ${OPEN_MS / 1000} seconds`), OPEN_MS);
  const target = await (await TARGETS[name]()).open({ folder, postgresUrl });
  clearTimeout(late);
  const property = fc.asyncProperty(target.input, async (input) => {
    writeFileSync(file, shown(input));
    await target.enter(input);
    inputs++;
    // Targets that answer within microtasks would leave no time for a sign of life.
    if (inputs % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  });
  const run = await fc.check(property, {
    seed: Number(seed),
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: Number(ms),
  });
  clearInterval(timer);
  await target.close();
  await tell({ kind: "done", inputs, ...(run.failed && { finding: findingOf(run) }) });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.disconnect?.();

function findingOf(run: fc.RunDetails<[unknown]>): Finding {
  const error = run.errorInstance;
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack}` : "";
  const problem = error instanceof Error ? `${error.message}${cause}` : String(error);
  return { problem, input: shown(run.counterexample?.[0]) };
}
