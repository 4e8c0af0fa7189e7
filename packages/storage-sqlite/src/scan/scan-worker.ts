import { parentPort, workerData } from "node:worker_threads";
import { isStorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import Database from "better-sqlite3";
import { SliceCounter } from "../counts/slice.js";
import { StatementCache } from "../driver/statement-cache.js";
import { defineFunctions } from "./functions.js";
import type { ScanAnswer, ScanFailure, ScanRequest } from "./pool.js";
import { rewriteFile } from "./rewrite-file.js";

/** Runs queries that may touch many rows, on a connection and a thread of its own. */

const { path } = workerData as { path: string };
const connection = new Database(path, { readonly: true, fileMustExist: true });
defineFunctions(connection);
const statements = new StatementCache(connection);
const counter = new SliceCounter(connection);

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
  if ("slice" in request) return { id, slice: counter.count(request.slice) };
  if ("sql" in request) return { id, rows: statements.rows(request.sql).all(...request.values) };
  rewriteFile(path);
  return { id, rewritten: true };
}

function toFailure(error: unknown): ScanFailure {
  if (isStorageError(error)) return { init: { ...errorInit(error), cause: undefined } };
  const { message, code } = error as { message: string; code?: string };
  return { message, code };
}
