import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { StorageOptions } from "@agent-assembly/storage";
import { type BenchResult, withinBudget } from "./result.js";

/** By how much the memory of a process grows that streams all events of a store. */
export async function streamGrowth(name: string, options: StorageOptions): Promise<BenchResult> {
  const program = fileURLToPath(new URL("stream-memory.js", import.meta.url));
  const args = ["--expose-gc", program, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return withinBudget(`${name}, memory growth`, "MB", Number(stdout) / 1e6, 100);
}
