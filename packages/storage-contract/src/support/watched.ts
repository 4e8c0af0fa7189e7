import { Worker } from "node:worker_threads";
import { patience } from "./patience.js";

/** Only an endless loop takes so long. */
const LIMIT_MS = 60_000;
const BEAT_MS = 100;

/** Runs in a thread of its own: a process whose event loop is blocked cannot be ended, or told of, by itself. */
const WATCH = `
const { writeSync } = require("node:fs");
const { workerData: { shared, ms, what } } = require("node:worker_threads");
const beats = new Int32Array(shared);
for (let seen = 0; Atomics.load(beats, 1) === 0; seen = Atomics.load(beats, 0)) {
  if (Atomics.wait(beats, 0, seen, ms) !== "timed-out") continue;
  writeSync(2, what + " blocked the event loop for " + ms + " ms, and the process cannot go on: it ends here\\n");
  process.kill(process.pid, "SIGKILL");
}
`;

/**
 * Ends the process, with a message on standard error, when work blocks the event loop for good. No time limit of a test
 * runner notices that.
 * @param what names the work in the message
 */
export async function watched<T>(what: string, work: () => Promise<T>): Promise<T> {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const beats = new Int32Array(shared);
  const beat = (): void => {
    Atomics.add(beats, 0, 1);
    Atomics.notify(beats, 0);
  };
  const watcher = new Worker(WATCH, { eval: true, execArgv: [], workerData: { shared, ms: patience(LIMIT_MS), what } });
  const timer = setInterval(beat, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    Atomics.store(beats, 1, 1);
    beat();
    await watcher.terminate();
  }
}
