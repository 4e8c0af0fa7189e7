import { parentPort, workerData } from "node:worker_threads";
import { ProblemError } from "../../http/problem.js";
import { type OtlpOptions, parseOtlpOptions } from "../options.js";
import { mapRequest } from "./map-request.js";
import { READY, type ThreadAnswer, type ThreadRequest, textsOf } from "./thread-messages.js";

/** Decodes and maps requests on a thread of its own. */

const options = parseOtlpOptions(workerData as OtlpOptions);

parentPort?.on("message", async (request: ThreadRequest) => {
  parentPort?.postMessage(await answerTo(request));
});
parentPort?.postMessage(READY);

async function answerTo({ id, bytes, ...request }: ThreadRequest): Promise<ThreadAnswer> {
  try {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { events, ...mapped } = await mapRequest({ ...request, bytes: body }, options);
    return { id, texts: textsOf(events), ...mapped };
  } catch (error) {
    return error instanceof ProblemError ? { id, problem: error.problem } : { id, defect: error };
  }
}
