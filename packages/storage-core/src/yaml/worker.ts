import { parentPort, workerData } from "node:worker_threads";
import { readDocument } from "./read-document.js";
import type { WorkerAnswer } from "./worker-answer.js";

/* Runs in a thread of its own, from the text that the build puts into worker-source.js. */
const result = readDocument(workerData as string);
// A text is handed over faster than the objects that it stands for.
const answer: WorkerAnswer = result.kind === "value" ? { ...result, value: JSON.stringify(result.value) } : result;
parentPort?.postMessage(answer);
