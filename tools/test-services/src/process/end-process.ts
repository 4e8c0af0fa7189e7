import { isProcess } from "./process-identity.js";
import { waitUntil } from "./wait-until.js";

/**
 * Ends one process: sends `signal`, and SIGKILL to what is still there after `patienceMs`. Resolves when it is gone.
 * A process whose command line does not hold `mark` is somebody else's and left alone.
 */
export async function endProcess(
  pid: number,
  mark: string,
  signal: NodeJS.Signals,
  patienceMs = 60_000,
): Promise<void> {
  if (await signalAndWait(pid, mark, signal, patienceMs)) return;
  if (await signalAndWait(pid, mark, "SIGKILL", 60_000)) return;
  throw new Error(`process ${pid} is still there after SIGKILL`);
}

async function signalAndWait(pid: number, mark: string, signal: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  if (!isProcess(pid, mark)) return true;
  sendSignal(pid, signal);
  return (await waitUntil(() => (isProcess(pid, mark) ? undefined : true), patienceMs)) ?? false;
}

/** Sends a signal to a process that may just have ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
