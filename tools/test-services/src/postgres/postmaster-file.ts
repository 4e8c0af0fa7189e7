import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a running server writes to `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number;
  /** Id of its System V shared memory partition, once there is one. */
  readonly sharedMemoryId: number | undefined;
  /** `starting`, `ready`, `stopping` or `standby`. */
  readonly status: string;
}

/** Reads `postmaster.pid` of a data folder; `undefined` when there is none, that is when no server runs there. */
export function readPostmasterFile(dataFolder: string): PostmasterFile | undefined {
  try {
    const lines = readFileSync(join(dataFolder, "postmaster.pid"), "utf8").split("\n");
    const sharedMemoryId = lines[6]?.trim().split(/\s+/)[1];
    return {
      pid: Number(lines[0]),
      sharedMemoryId: sharedMemoryId === undefined ? undefined : Number(sharedMemoryId),
      status: lines[7]?.trim() ?? "starting",
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
