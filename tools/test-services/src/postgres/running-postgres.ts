import { join } from "node:path";
import type { RunFolder } from "../process/folders.js";
import { childrenOf, commandLine, sendSignal } from "../process/processes.js";
import { logTail, type ServerProcess, spawnServer } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import type { ShutdownMode } from "./postgres-server.js";
import { readPostmasterFile } from "./postmaster-file.js";
import { removeSharedMemory, sharedMemoryFiles } from "./shared-memory.js";

/** The postmaster of one data folder: starts it, ends it, starts it again. */
export class RunningPostgres {
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
    // SIGQUIT ends it at once and frees its shared memory; its data are thrown away anyway.
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
