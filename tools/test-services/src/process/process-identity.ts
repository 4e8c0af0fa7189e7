import { readFileSync } from "node:fs";

/** The command line of a process, its arguments joined by spaces; `undefined` when there is no such process. */
export function commandLine(pid: number): string | undefined {
  const text = readProc(pid, "cmdline");
  // A zombie has an empty command line: it holds nothing any more.
  return text === undefined || text === "" ? undefined : text.replaceAll("\0", " ").trimEnd();
}

/** The start time of a process in clock ticks since boot: with the pid it names one process, also after the pid is reused. */
export function startTime(pid: number): string | undefined {
  // The second field is the program name in brackets, which may itself hold spaces and brackets.
  return readProc(pid, "stat")?.split(") ").at(-1)?.split(" ")[19];
}

/** Whether `pid` is alive and its command line holds `mark`, such as the random name of its data folder. */
export function isProcess(pid: number, mark: string): boolean {
  return commandLine(pid)?.includes(mark) ?? false;
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
