import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { firstAvailable } from "../first-available.js";
import { makeRunFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { logTail, spawnServer } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import { ServiceUnavailable } from "../service-unavailable.js";
import { databaseUrl } from "./database-url.js";
import { type PoolMode, pgBouncerIni } from "./pgbouncer-configuration.js";

/** What to start pgbouncer with. */
export interface StartPgBouncerOptions {
  /** Any database of the server; its user and password are used for every client. */
  readonly serverUrl: string;
  readonly poolMode: PoolMode;
  /** More settings of the section `[pgbouncer]`, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A pgbouncer that this process started. It is gone when this process ends, in whatever way. */
export interface PgBouncer {
  /** The URL that leads to a database of the server through the pool. */
  url(database: string): string;
  readonly pid: number;
  /** Calling it again does nothing. */
  stop(): Promise<void>;
}

/** Starts pgbouncer on a free loopback port. Rejects with `ServiceUnavailable` where it cannot be had. */
export async function startPgBouncer(options: StartPgBouncerOptions): Promise<PgBouncer> {
  const program = await firstAvailable([unpackedProgram, installedProgram]);
  const folder = await makeRunFolder("pgbouncer");
  const logFile = join(folder.path, "server.log");
  const port = await freePort();
  const configuration = join(folder.path, "pgbouncer.ini");
  await writeFile(configuration, pgBouncerIni({ settings: {}, ...options, port }));
  // The folder is closed to all but the server user, so this opens the file to nobody else.
  await chmod(configuration, 0o644);
  const server = await spawnServer({
    program,
    args: [configuration],
    mark: folder.path,
    logFile,
    endSignal: "SIGQUIT",
  });
  const stop = async () => {
    await server.end("SIGQUIT");
    await folder.remove();
  };
  const outcome = await waitUntil(() => {
    if (!server.isRunning()) return "it ended";
    return logTail(logFile, 50).includes("process up") ? "up" : undefined;
  }, 120_000);
  if (outcome !== "up") {
    const log = logTail(logFile);
    await stop();
    throw new Error(`pgbouncer did not start (${outcome ?? "two minutes passed"}):\n${log}`);
  }
  return {
    url: (database) => databaseUrl(`postgresql://postgres@127.0.0.1:${port}/`, database),
    pid: server.pid,
    stop,
  };
}

async function unpackedProgram(): Promise<string> {
  return join(await prepareDebianPackages(), PROGRAM_FOLDERS.pgbouncer, "pgbouncer");
}

async function installedProgram(): Promise<string> {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  const program = folders.map((folder) => join(folder, "pgbouncer")).find((path) => existsSync(path));
  if (program !== undefined) return program;
  throw new ServiceUnavailable("pgbouncer is not installed", "install the package pgbouncer");
}
