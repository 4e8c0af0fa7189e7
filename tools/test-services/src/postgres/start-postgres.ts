import { appendFile, chown, cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { type Container, requireDocker, requireImage, startContainer } from "../docker.js";
import { makeRunFolder, memoryFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { serverUser } from "../process/server-user.js";
import { runOwnedCommand } from "../process/spawn.js";
import { stopOnFailure } from "../process/stop-on-failure.js";
import { waitUntil } from "../process/wait-until.js";
import { firstAvailable, ServiceUnavailable } from "../service-unavailable.js";
import { inspectServer, type ServerFacts } from "./inspect-server.js";
import {
  configurationText,
  type PostgresServer,
  type StartPostgresOptions,
  serverSettings,
} from "./postgres-server.js";
import { Postmaster } from "./postmaster.js";

const IMAGES = {
  plain: "postgres:17",
  apache: "timescale/timescaledb:latest-pg17-oss",
  community: "timescale/timescaledb:latest-pg17",
} as const;

const IMAGE_ENVIRONMENT = {
  POSTGRES_HOST_AUTH_METHOD: "trust",
  POSTGRES_INITDB_ARGS: "--encoding=UTF8 --locale=C.UTF-8 --no-sync",
  // TimescaleDB's image would fit the settings to the machine, so that runs could not be compared.
  NO_TS_TUNE: "true",
};

/**
 * Starts a PostgreSQL 17 server of its own on a free loopback port, with new data, superuser `postgres` and no password:
 * in Docker where it runs, else from Debian's packages. Rejects with `ServiceUnavailable` where neither is possible.
 * Servers from the environment are not used: they cannot be restarted or killed.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  const inDocker = () => startDockerPostgres(options);
  // The Community edition is in no Debian package.
  if (options.timescaledb && options.edition === "community") return inDocker();
  if (options.standbyOf !== undefined || options.restoredFrom !== undefined) return startDebianPostgres(options);
  return firstAvailable([inDocker, () => startDebianPostgres(options)]);
}

/** Starts PostgreSQL 17 in Docker. Rejects with `ServiceUnavailable` when Docker or the image cannot be had. */
async function startDockerPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  await requireDocker();
  const image = IMAGES[options.timescaledb ? (options.edition ?? "apache") : "plain"];
  await requireImage(image);
  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const args = Object.entries(serverSettings(options)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const where = { service: "postgres", image, port, containerPort: 5432, environment: IMAGE_ENVIRONMENT };
  const container = await startContainer({ ...where, args });
  return stopOnFailure(container.remove, async () => {
    const { version, timescaledb } = await answering(url, container);
    return {
      url,
      adminUrl: url,
      version,
      timescaledb,
      pid: undefined,
      programs: undefined,
      async restart(mode) {
        await container.restart(mode === "fast" ? "SIGINT" : "SIGQUIT");
        await answering(url, container);
      },
      stop: container.remove,
      kill: () => container.end("SIGKILL"),
    };
  });
}

async function answering(url: string, container: Container): Promise<ServerFacts> {
  let lastError: unknown;
  // Until the server listens, the published port takes connections and closes them.
  const ask = () =>
    inspectServer(url).catch((error: unknown) => {
      lastError = error;
      return undefined;
    });
  const facts = await waitUntil(ask, 60_000);
  if (facts !== undefined) return facts;
  throw new Error(`PostgreSQL in Docker did not answer in 60 s:\n${await container.logTail()}`, { cause: lastError });
}

/** Starts PostgreSQL 17 from Debian's packages, with new data, on a free loopback port. About 1.5 s. */
async function startDebianPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  const programs = join(await prepareDebianPackages(), PROGRAM_FOLDERS.postgres);
  // What does not wait for the disk need not be on it.
  const folder = await makeRunFolder("postgres", options.fsync === false ? await memoryFolder() : undefined);
  const data = join(folder.path, "data");
  const port = await freePort();
  const server = new Postmaster(join(programs, "postgres"), folder, data);
  const stop = (): Promise<void> => server.stop();
  return stopOnFailure(stop, async () => {
    if (options.standbyOf !== undefined) await copyData(programs, data, options.standbyOf);
    else if (options.restoredFrom !== undefined) await restoreData(data, options.restoredFrom);
    else await initializeData(programs, data);
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
      programs,
      get pid() {
        return server.pid;
      },
      restart: (mode) => server.restart(mode),
      stop,
      kill: () => server.kill(),
    };
  });
}

async function initializeData(programs: string, data: string): Promise<void> {
  const flags = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", data];
  await runOwnedCommand(join(programs, "initdb"), flags, { user: serverUser(), mark: data });
}

/** Unpacks a base backup, and lets the server recover from archived WAL. */
async function restoreData(data: string, base: string): Promise<void> {
  await cp(base, data, { recursive: true });
  await writeFile(join(data, "recovery.signal"), "");
  const user = serverUser();
  if (user === undefined) return;
  const entries = await readdir(data, { recursive: true });
  for (const entry of ["", ...entries]) await chown(join(data, entry), user.uid, user.gid);
}

/** Copies a running server's data, and lets the copy follow it. */
async function copyData(programs: string, data: string, { url, programs: from }: PostgresServer): Promise<void> {
  if (from === undefined) {
    throw new ServiceUnavailable("the server runs in Docker, which gives no standby", "stop Docker for this test");
  }
  const flags = ["-d", url, "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
  await runOwnedCommand(join(programs, "pg_basebackup"), flags, { user: serverUser(), mark: data });
}
