import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { makeRunFolder, memoryFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { serverUser } from "../process/server-user.js";
import { runOwnedCommand } from "../process/spawn.js";
import { inspectServer } from "./inspect-server.js";
import type { PostgresServer } from "./postgres-server.js";
import { RunningPostgres } from "./running-postgres.js";
import { configurationText, type StartPostgresOptions, serverSettings } from "./settings.js";

/** Starts PostgreSQL 17 from Debian's packages, with new data, on a free loopback port. About 1.5 s. */
export async function startDebianPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  const programs = join(await prepareDebianPackages(), PROGRAM_FOLDERS.postgres);
  // What does not wait for the disk need not be on it.
  const folder = await makeRunFolder("postgres", options.fsync === false ? await memoryFolder() : undefined);
  const data = join(folder.path, "data");
  const port = await freePort();
  const server = new RunningPostgres(join(programs, "postgres"), folder, data);
  try {
    await initializeData(programs, data);
    const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", port: String(port) };
    await appendFile(
      join(data, "postgresql.conf"),
      `\n${configurationText({ ...serverSettings(options), ...settings })}`,
    );
    await server.start();
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
    const { version, timescaledb } = await inspectServer(url);
    return {
      url,
      adminUrl: url,
      version,
      timescaledb,
      get pid() {
        return server.pid;
      },
      restart: (mode) => server.restart(mode),
      stop: () => server.stop(),
      kill: () => server.kill(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function initializeData(programs: string, data: string): Promise<void> {
  const flags = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", data];
  await runOwnedCommand(join(programs, "initdb"), flags, { user: serverUser(), mark: data });
}
