import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { makeRunFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { logTail, spawnServer } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import { firstAvailable, ServiceUnavailable } from "../service-unavailable.js";
import { databaseUrl } from "./databases.js";

/** How pgbouncer lends server connections to clients. */
export type PoolMode = "transaction" | "session" | "statement";

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
  // The folder is closed to all but the server user, so this opens the file to no other user.
  await chmod(configuration, 0o644);
  const command = { program, args: [configuration], mark: folder.path, logFile };
  const server = await spawnServer({ ...command, endSignal: "SIGQUIT" });
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

/** What pgbouncer is told. */
interface PgBouncerConfiguration {
  readonly serverUrl: string;
  readonly poolMode: PoolMode;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The text of `pgbouncer.ini`: every database of the server, every client as the user of the server's URL. */
export function pgBouncerIni({ serverUrl, poolMode, port, settings }: PgBouncerConfiguration): string {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const target = {
    host: hostname,
    port: serverPort || "5432",
    user: decodeURIComponent(username) || "postgres",
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
  const pooler = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "any",
    pool_mode: poolMode,
    max_client_conn: "500",
    default_pool_size: "20",
    ...settings,
  };
  const database = Object.entries(target).map(([name, value]) => `${name}='${value.replaceAll("'", "''")}'`);
  const lines = Object.entries(pooler).map(([name, value]) => `${name} = ${value}`);
  return `[databases]\n* = ${database.join(" ")}\n\n[pgbouncer]\n${lines.join("\n")}\n`;
}
