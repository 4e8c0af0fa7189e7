import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RunFolder } from "../process/folders.js";
import { childrenOf, commandLine, readProc, sendSignal } from "../process/processes.js";
import { logTail, type ServerProcess, spawnServer } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import type { ShutdownMode } from "./postgres-server.js";

/** The postmaster of one data folder: starts it, ends it, starts it again. */
export class Postmaster {
  private process: ServerProcess | undefined;
  private segments: readonly string[] = [];

  /**
   * @param program path of `postgres`
   * @param folder holds the data folder and the log; removed by `stop`
   */
  constructor(
    private readonly program: string,
    private readonly folder: RunFolder,
    private readonly data: string,
  ) {}

  get pid(): number | undefined {
    return readPostmasterFile(this.data)?.pid;
  }

  /** Starts the server and resolves when it takes connections. Rejects with the end of its log when it does not. */
  async start(): Promise<void> {
    const logFile = join(this.folder.path, "server.log");
    const mark = this.data;
    const args = ["-D", this.data];
    // SIGQUIT ends it at once and frees its shared memory; its data is thrown away anyway.
    const started = await spawnServer({ program: this.program, args, mark, logFile, endSignal: "SIGQUIT" });
    this.process = started;
    const outcome = await waitUntil(() => {
      const file = readPostmasterFile(this.data);
      // After a kill, the file of the dead server is there until the new one replaces it.
      if (file?.status === "ready" && file.pid === started.pid) return "ready";
      return started.isRunning() ? undefined : "ended";
    }, 120_000);
    if (outcome === "ready") return;
    throw new Error(`PostgreSQL did not start (${outcome ?? "two minutes passed"}):\n${logTail(logFile)}`);
  }

  async restart(mode: ShutdownMode): Promise<void> {
    await this.process?.end(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await this.start();
  }

  async stop(): Promise<void> {
    await this.process?.end("SIGQUIT");
    this.process = undefined;
    await removeSharedMemory(this.segments, readPostmasterFile(this.data)?.sharedMemoryId);
    await this.folder.remove();
  }

  async kill(): Promise<void> {
    if (this.process?.isRunning() !== true) return;
    const { pid } = this.process;
    const children = childrenOf(pid);
    this.segments = sharedMemoryFiles([pid, ...children]);
    await this.process.end("SIGKILL");
    // They would end by themselves a moment later, but may write until then, which no power failure allows.
    for (const child of children) sendSignal(child, "SIGKILL");
    await waitUntil(() => (children.every((child) => commandLine(child) === undefined) ? true : undefined), 60_000);
  }
}

/** What a running server writes to `postmaster.pid`. */
interface PostmasterFile {
  readonly pid: number;
  /** Id of its System V shared memory segment, once there is one. */
  readonly sharedMemoryId: number | undefined;
  /** `starting`, `ready`, `stopping` or `standby`. */
  readonly status: string;
}

/** Reads `postmaster.pid` of a data folder; `undefined` when there is none, that is when no server runs there. */
function readPostmasterFile(dataFolder: string): PostmasterFile | undefined {
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

/**
 * The files in `/dev/shm` that the processes of a server use. A killed server leaves them until the next start, or for
 * ever. A process that has just ended is passed over.
 */
function sharedMemoryFiles(pids: readonly number[]): readonly string[] {
  const maps = pids.map((pid) => readProc(pid, "maps") ?? "").join("\n");
  return [...new Set(maps.match(/\/dev\/shm\/PostgreSQL\.\d+/g) ?? [])];
}

/**
 * Removes the shared memory of a server that was killed and not started again.
 *
 * @param files from `sharedMemoryFiles`, before the kill
 * @param systemVId from the dead server's `postmaster.pid`; `undefined` when the server ended in an orderly way
 */
async function removeSharedMemory(files: readonly string[], systemVId: number | undefined): Promise<void> {
  if (systemVId === undefined) return;
  for (const file of files) await rm(file, { force: true });
  const segments = readFileSync("/proc/sysvipc/shm", "utf8").split("\n").slice(1);
  const exists = segments.some((line) => line.trim().split(/\s+/)[1] === String(systemVId));
  if (exists) await promisify(execFile)("ipcrm", ["--shmem-id", String(systemVId)]);
}
