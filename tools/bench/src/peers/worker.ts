import { pathToFileURL } from "node:url";
import { COLUMNS } from "./columns/index.js";
import type { PeerSize } from "./events.js";
import { type Outcome, oneLine, type Work } from "./outcome.js";
import type { StoreName } from "./versions.js";
import { measureColumn, type Places } from "./works.js";

/** What a process is to measure. */
export interface Task {
  readonly store: StoreName;
  readonly column: string;
  readonly places: Places;
  readonly size: PeerSize;
  /** The module through which the peer is imported. */
  readonly entry?: string;
}

/**
 * Run as a program of its own, so that nothing that one column leaves behind meets the next: measures the task given as
 * JSON, and prints a line of JSON for each work.
 */
const task = JSON.parse(process.argv[2] as string) as Task;
let current: Work | undefined;

function print(work: Work | undefined, outcome: Outcome): void {
  process.stdout.write(`${JSON.stringify({ work, ...outcome })}\n`);
}

/** Some peers leave timers and sockets behind. */
function fail(error: unknown): void {
  print(current, { problem: oneLine(error) });
  process.exit(0);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

const column = COLUMNS[task.store][task.column];
if (column === undefined) throw new TypeError(`There is no column '${task.column}'`);
const installed =
  task.entry === undefined
    ? undefined
    : ((await import(pathToFileURL(task.entry).href)) as { readonly default: unknown }).default;
await measureColumn(column, { ...task, installed }, (work, outcome) => {
  current = outcome === undefined ? work : undefined;
  if (outcome !== undefined) print(work, outcome);
});
process.exit(0);
