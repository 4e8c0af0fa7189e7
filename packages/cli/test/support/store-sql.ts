import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs SQL on a SQLite store past the storage layer, in a process of its own, as another program would. */
export async function sqliteExec(path: string, sql: string): Promise<void> {
  const code = `new (require("better-sqlite3"))(process.argv[1]).exec(process.argv[2])`;
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  await promisify(execFile)(process.execPath, ["--eval", code, path, sql], { cwd });
}
