import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const HAS_PROC = process.platform === "linux";

/** The command line of a process, its arguments joined by spaces; `undefined` when there is no such process. */
export function commandLine(pid: number): string | undefined {
  if (!HAS_PROC) return askPs(pid, "command");
  const text = readProc(pid, "cmdline");
  // A zombie has an empty command line: it holds nothing any more.
  return text === undefined || text === "" ? undefined : text.replaceAll("\0", " ").trimEnd();
}

/** When a process started, as the system words it: with the pid it names one process, also after the pid is reused. */
export function startTime(pid: number): string | undefined {
  if (!HAS_PROC) return askPs(pid, "lstart");
  // The second field is the program name in brackets, which may itself hold spaces and brackets.
  return readProc(pid, "stat")?.split(") ").at(-1)?.split(" ")[19];
}

/** Whether `pid` is alive and its command line holds `mark`, such as the random name of its data folder. */
export function isProcess(pid: number, mark: string): boolean {
  return commandLine(pid)?.includes(mark) ?? false;
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
