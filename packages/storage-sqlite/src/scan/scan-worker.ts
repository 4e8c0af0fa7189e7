import { parentPort, workerData } from "node:worker_threads";
import { isStorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import Database from "better-sqlite3";
import { SliceCounter } from "../counts/slice.js";
import { StatementCache } from "../driver/statement-cache.js";
import { checkpointFile } from "./checkpoint-file.js";
import { defineFunctions } from "./functions.js";
import type { ScanAnswer, ScanFailure, ScanRequest } from "./pool.js";
import { rewriteFile } from "./rewrite-file.js";

/** Runs queries that may touch many rows, on a connection and a thread of its own. */

const { path } = workerData as { path: string };
/** Opened by the first scan: a thread that runs checkpoints alone holds no connection between them. */
let scanning: { readonly statements: StatementCache; readonly counter: SliceCounter } | undefined;

parentPort?.on("message", (request: ScanRequest) => {
  const { id } = request;
  let answer: ScanAnswer;
  try {
    answer = answerTo(request);
  } catch (error) {
    answer = { id, error: toFailure(error) };
  }
  const moved = "slice" in answer && answer.slice !== undefined ? [answer.slice.cells.buffer] : [];
  parentPort?.postMessage(answer, moved);
});

function answerTo(request: ScanRequest): ScanAnswer {
  const { id } = request;
  if ("rewrite" in request) rewriteFile(path);
  else if ("checkpoint" in request) checkpointFile(path);
  else {
    scanning ??= openScanning();
    if ("slice" in request) return { id, slice: scanning.counter.count(request.slice) };
    return { id, rows: scanning.statements.rows(request.sql).all(...request.values) };
  }
  return { id, done: true };
}

function openScanning(): NonNullable<typeof scanning> {
  const connection = new Database(path, { readonly: true, fileMustExist: true });
  defineFunctions(connection);
  return { statements: new StatementCache(connection), counter: new SliceCounter(connection) };
}

function toFailure(error: unknown): ScanFailure {
  if (isStorageError(error)) return { init: { ...errorInit(error), cause: undefined } };
  const { message, code } = error as { message: string; code?: string };
  return { message, code };
}
