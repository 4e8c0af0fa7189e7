import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { StatementCache } from "../driver/statement-cache.js";
import { defineFunctions } from "./functions.js";
import type { ScanAnswer, ScanRequest } from "./pool.js";

/** Runs queries that may touch many rows, on a connection and a thread of its own. */

const connection = new Database((workerData as { path: string }).path, { readonly: true, fileMustExist: true });
defineFunctions(connection);
const statements = new StatementCache(connection);

parentPort?.on("message", ({ id, sql, values }: ScanRequest) => {
  let answer: ScanAnswer;
  try {
    answer = { id, rows: statements.rows(sql).all(...values) };
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    answer = { id, error: { message, code } };
  }
  parentPort?.postMessage(answer);
});
