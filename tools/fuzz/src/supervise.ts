import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding, Message, TargetReport } from "./report.js";
import { TARGET_NAMES, type TargetName } from "./targets/index.js";

export { TARGET_NAMES, type TargetName, type TargetReport };

/** Without a sign of life for so long, a process hangs. */
const HANG_MS = 60_000;
/** What a process may hold, whatever comes in: V8's heap and everything besides. */
export const MEMORY_BYTES = 1024 * 1024 * 1024;
const HEAP_MIB = 512;
const PROGRAM = fileURLToPath(new URL("../dist/try-target.js", import.meta.url));
/** Characters of standard error that are kept. */
const KEPT = 4000;

/** How targets are tried. */
export interface FuzzOptions {
  /** Milliseconds that inputs are tried for. */
  readonly ms: number;
  readonly seed: number;
  /** A database without tables; without one PostgreSQL is left out. */
  readonly postgresUrl?: string | undefined;
}

/** Tries one target in a process of its own, which is ended when it hangs or takes too much memory. */
export async function tryTarget(target: TargetName, { ms, seed, postgresUrl }: FuzzOptions): Promise<TargetReport> {
  const folder = mkdtempSync(join(tmpdir(), "aasm-fuzz-"));
  const file = join(folder, "input");
  try {
    return await supervise(
      target,
      [target, String(seed), String(ms), file, ...(postgresUrl ? [postgresUrl] : [])],
      file,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function supervise(target: TargetName, args: readonly string[], file: string): Promise<TargetReport> {
  const child = fork(PROGRAM, args, {
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let inputs = 0;
  let memory = 0;
  let stderr = "";
  let done = false;
  let finding: Finding | undefined;
  const lastInput = (): string => (existsSync(file) ? readFileSync(file, "utf8") : "none: it was still being opened");
  const end = (problem: string): void => {
    finding ??= { problem, input: lastInput() };
    child.kill("SIGKILL");
  };
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => end(`it hangs: no sign of life for ${HANG_MS / 1000} seconds`), HANG_MS);
  let watchdog = watch();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-KEPT);
  });
  child.on("message", (message: Message) => {
    clearTimeout(watchdog);
    watchdog = watch();
    inputs = message.inputs;
    if (message.kind === "done") {
      done = true;
      finding ??= message.finding;
      return;
    }
    memory = Math.max(memory, message.memory);
    if (message.memory > MEMORY_BYTES) end(`it holds ${message.memory} bytes, and may hold ${MEMORY_BYTES}`);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      if (!done) finding ??= { problem: `it ended by ${signal ?? `exit code ${code}`}\n${stderr}`, input: lastInput() };
      resolve({ target, inputs, memory, ...(finding && { finding }) });
    });
  });
}

/** The lines that say what came of a target. */
export function reportText({ target, inputs, memory, finding }: TargetReport, seed: number): string {
  const line = `${target.padEnd(14)} ${String(inputs).padStart(9)} inputs  ${Math.round(memory / 2 ** 20)} MiB`;
  if (finding === undefined) return `${line}  ok`;
  const again = `pnpm fuzz --target ${target} --seed ${seed}`;
  return `${line}  FOUND\n  ${finding.problem.replaceAll("\n", "\n  ")}\n  input: ${finding.input}\n  again: ${again}`;
}
