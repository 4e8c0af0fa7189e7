import { parentPort, workerData } from "node:worker_threads";
import { isStorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import Database from "better-sqlite3";
import { SliceCounter } from "../counts/slice.js";
import { StatementCache } from "../driver/statement-cache.js";
import { defineFunctions } from "./functions.js";
import type { ScanAnswer, ScanFailure, ScanRequest } from "./pool.js";

/** Runs queries that may touch many rows, on a connection and a thread of its own. */

const connection = new Database((workerData as { path: string }).path, { readonly: true, fileMustExist: true });
defineFunctions(connection);
const statements = new StatementCache(connection);
const counter = new SliceCounter(connection);

parentPort?.on("message", (request: ScanRequest) => {
  const { id } = request;
  let answer: ScanAnswer;
  try {
    answer =
      "slice" in request
        ? { id, slice: counter.count(request.slice) }
        : { id, rows: statements.rows(request.sql).all(...request.values) };
  } catch (error) {
    answer = { id, error: toFailure(error) };
  }
  const moved = "slice" in answer && answer.slice !== undefined ? [answer.slice.cells.buffer] : [];
  parentPort?.postMessage(answer, moved);
});

function toFailure(error: unknown): ScanFailure {
  if (isStorageError(error)) return { init: { ...errorInit(error), cause: undefined } };
  const { message, code } = error as { message: string; code?: string };
  return { message, code };
}
