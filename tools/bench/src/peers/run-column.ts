import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { interrupted } from "../interruption.js";
import { type Outcome, WORKS, type Work } from "./outcome.js";
import type { Task } from "./worker.js";

export type Outcomes = Readonly<Record<Work, Outcome>>;

/** Ends only what hangs. */
const LONGEST_MS = 900_000;
const WORKER = fileURLToPath(new URL("worker.js", import.meta.url));

/** Measures one column in a process of its own. */
export function runColumn(task: Task): Promise<Outcomes> {
  return new Promise((resolve) => {
    const args = [WORKER, JSON.stringify(task)];
    const options = { timeout: LONGEST_MS, killSignal: "SIGKILL", signal: interrupted, maxBuffer: 1 << 26 } as const;
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const last = error?.killed ? "no answer in 15 minutes" : (stderr.trim().split("\n").at(-1) ?? "");
      resolve(readOutcomes(stdout, last));
    });
  });
}

/**
 * What a process has printed. Works that it did not get to have the problem that ended it.
 * @param last said of why it ended, in case it did not say so itself
 */
export function readOutcomes(stdout: string, last: string): Outcomes {
  const found = new Map<Work, Outcome>();
  let ended: string | undefined;
  for (const line of stdout.split("\n")) {
    if (!line.startsWith('{"')) continue;
    const { work, ...outcome } = JSON.parse(line) as { work?: Work } & Outcome;
    if (work !== undefined) found.set(work, outcome);
    else if ("problem" in outcome) ended = outcome.problem;
  }
  const missing = ended ?? (last === "" ? "the process ended early" : last);
  const works = Object.keys(WORKS) as Work[];
  return Object.fromEntries(works.map((work) => [work, found.get(work) ?? { problem: missing }])) as Record<
    Work,
    Outcome
  >;
}
