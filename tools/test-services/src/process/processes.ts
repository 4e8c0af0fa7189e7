import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const HAS_PROC = process.platform === "linux";

/**
 * The command line of a process, its arguments joined by spaces; `undefined` when there is no such process, or only what
 * is left of one that its parent has not asked after yet.
 */
export function commandLine(pid: number): string | undefined {
  if (!HAS_PROC) return askPs(pid, "command");
  // While a process replaces its program, its command line is empty for a moment; to take it for gone would leave it behind.
  for (let patience = 100; patience > 0; patience--) {
    const text = readProc(pid, "cmdline");
    if (text === undefined || "ZX".includes(statFields(pid)?.[0] ?? "X")) return undefined;
    if (text !== "") return text.replaceAll("\0", " ").trimEnd();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return "";
}

/** When a process started, as the system words it: with the pid it names one process, also after the pid is reused. */
export function startTime(pid: number): string | undefined {
  if (!HAS_PROC) return askPs(pid, "lstart");
  return statFields(pid)?.[19];
}

/** Whether `pid` is alive and its command line holds `mark`, such as the random name of its data folder. */
export function isProcess(pid: number, mark: string): boolean {
  return commandLine(pid)?.includes(mark) ?? false;
}

/** The fields of `/proc/<pid>/stat` from the third, the state, on. */
function statFields(pid: number): string[] | undefined {
  // The second is the program name in brackets, which may itself hold spaces and brackets.
  return readProc(pid, "stat")?.split(") ").at(-1)?.split(" ");
}

function askPs(pid: number, column: string): string | undefined {
  try {
    return execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch (error) {
    // This is how ps says that there is no such process.
    if ((error as { status?: number }).status === 1) return undefined;
    throw error;
  }
}

/** The pids of the direct children of a process. */
export function childrenOf(pid: number): number[] {
  return (readProc(pid, `task/${pid}/children`) ?? "").split(" ").filter(Boolean).map(Number);
}

/** A file of `/proc/<pid>`; `undefined` when there is no such process. */
export function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

/** Sends a signal to a process that may just have ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
