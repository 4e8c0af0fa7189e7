import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type BenchResult, withinBudget } from "./result.js";
import { withFolder } from "./surroundings.js";

/** As a small container has it: the events of the day are several times as much. */
const HEAP_MB = 200;

/** Memory of a process that writes, reads, verifies and restores a day of an archive, however many events that has. */
export function archive(quick: boolean): Promise<BenchResult> {
  const count = quick ? 100_000 : 500_000;
  return withFolder("archive", async (folder) => {
    const program = fileURLToPath(new URL("archive-memory.js", import.meta.url));
    const args = [`--max-old-space-size=${HEAP_MB}`, program, pathToFileURL(folder).href, String(count)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return withinBudget(`archive of a day of ${count} events, most memory`, "MB", Number(stdout) / 1e6, 400);
  });
}
