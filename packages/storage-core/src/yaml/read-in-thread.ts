import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { StorageError } from "../errors.js";
import { codeOf } from "../support/driver-errors.js";
import type { YamlResult } from "./result.js";
import type { WorkerAnswer } from "./worker-answer.js";
import { WORKER_SOURCE } from "./worker-source.js";

const LONGEST_MS = 30_000;
const RESOURCES = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 } as const;

let last: Promise<unknown> = Promise.resolve();

/** Reads a document beside the event loop. One at a time, so that many callers do not start many threads. */
export function readInThread(text: string): Promise<YamlResult> {
  const result = last.then(() => read(text));
  last = result.catch(() => undefined);
  return result;
}

async function read(text: string): Promise<YamlResult> {
  const worker = start(text);
  try {
    const [answer] = (await once(worker, "message", { signal: AbortSignal.timeout(LONGEST_MS) })) as [WorkerAnswer];
    return answer.kind === "value" ? { ...answer, value: JSON.parse(answer.value) as unknown } : answer;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") {
      return { kind: "too_large", problem: `takes longer to read than ${LONGEST_MS / 1000} s` };
    }
    if (codeOf(error) === "ERR_WORKER_OUT_OF_MEMORY") {
      return { kind: "too_large", problem: `takes more memory to read than ${RESOURCES.maxOldGenerationSizeMb} MiB` };
    }
    throw error;
  } finally {
    await worker.terminate();
  }
}

function start(text: string): Worker {
  try {
    return new Worker(WORKER_SOURCE, { eval: true, workerData: text, resourceLimits: RESOURCES, execArgv: [] });
  } catch (cause) {
    if (codeOf(cause) !== "ERR_ACCESS_DENIED") throw cause;
    throw new StorageError({
      code: "unsupported",
      message: "this process may not start the thread that reads large YAML documents",
      remedy: "Allow it with --allow-worker, or pass a smaller document.",
      cause,
    });
  }
}
