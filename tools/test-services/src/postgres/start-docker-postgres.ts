import { type Container, startContainer } from "../docker/container.js";
import { requireDocker, requireImage } from "../docker/docker.js";
import { freePort } from "../process/free-port.js";
import { waitUntil } from "../process/wait-until.js";
import { inspectServer, type ServerFacts } from "./inspect-server.js";
import type { PostgresServer } from "./postgres-server.js";
import { type StartPostgresOptions, serverSettings } from "./settings.js";

const IMAGES = {
  plain: "postgres:17",
  apache: "timescale/timescaledb:latest-pg17-oss",
  community: "timescale/timescaledb:latest-pg17",
} as const;

const ENVIRONMENT = {
  POSTGRES_HOST_AUTH_METHOD: "trust",
  POSTGRES_INITDB_ARGS: "--encoding=UTF8 --locale=C.UTF-8 --no-sync",
  // TimescaleDB's image would fit the settings to the machine, so that runs could not be compared.
  NO_TS_TUNE: "true",
};

/** Starts PostgreSQL 17 in Docker. Rejects with `ServiceUnavailable` when Docker or the image cannot be had. */
export async function startDockerPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  await requireDocker();
  const image = IMAGES[options.timescaledb ? (options.edition ?? "apache") : "plain"];
  await requireImage(image);
  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const args = Object.entries(serverSettings(options)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const where = { service: "postgres", image, port, containerPort: 5432, environment: ENVIRONMENT };
  const container = await startContainer({ ...where, args });
  try {
    const { version, timescaledb } = await answering(url, container);
    return {
      url,
      adminUrl: url,
      version,
      timescaledb,
      pid: undefined,
      async restart(mode) {
        await container.restart(mode === "fast" ? "SIGINT" : "SIGQUIT");
        await answering(url, container);
      },
      stop: () => container.remove(),
      kill: () => container.end("SIGKILL"),
    };
  } catch (error) {
    await container.remove();
    throw error;
  }
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
