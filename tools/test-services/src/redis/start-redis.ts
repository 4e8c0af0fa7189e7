import { join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { requireDocker, requireImage, startContainer } from "../docker.js";
import { makeRunFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { logTail, type ServerProcess, spawnServer } from "../process/spawn.js";
import { stopOnFailure } from "../process/stop-on-failure.js";
import { waitUntil } from "../process/wait-until.js";
import { firstAvailable } from "../service-unavailable.js";
import { answeringRedis, redisCommand } from "./redis-command.js";

const IMAGE = "redis:8";
const CONTAINER_PORT = 6379;

/** What to start a Redis server with. */
export interface StartRedisOptions {
  /** Whether every write is kept in a file, so that it survives `restart` and `kill`. No by default: nothing is kept. */
  readonly appendonly?: boolean;
  /** Whether it is a Redis Cluster of one node, which has all slots. No by default. */
  readonly cluster?: boolean;
}

/** A Redis server that this process started. It is gone when this process ends, in whatever way. */
export interface RedisServer {
  /** Such as `redis://127.0.0.1:40002`. */
  readonly url: string;
  /** Such as `8.0.2`. */
  readonly version: string;
  /** `undefined` in Docker and while it is not running. */
  readonly pid: number | undefined;
  /** Ends the server and starts it on the same port. After `kill` it only starts. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
  /** Ends the server with SIGKILL; the data stay, for `restart`. */
  kill(): Promise<void>;
}

/**
 * Starts a Redis 8 server of its own on a free loopback port, without a password: in Docker where it runs, else from
 * Debian's packages. Rejects with `ServiceUnavailable` where neither is possible.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const server = await firstAvailable([() => startDockerRedis(options), () => startDebianRedis(options)]);
  if (options.cluster !== true) return server;
  return stopOnFailure(server.stop, async () => {
    await redisCommand(server.url, ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    // It is a cluster once it has counted its slots.
    const isWhole = async () => (await redisCommand(server.url, ["CLUSTER", "INFO"])).includes("cluster_state:ok");
    if ((await waitUntil(async () => ((await isWhole()) ? true : undefined), 120_000)) === undefined) {
      throw new Error("the cluster of one Redis did not come up in two minutes");
    }
    return server;
  });
}

/** Starts Redis in Docker. Rejects with `ServiceUnavailable` when Docker or the image cannot be had. */
async function startDockerRedis(options: StartRedisOptions): Promise<RedisServer> {
  await requireDocker();
  await requireImage(IMAGE);
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  // The published port does not look like loopback from inside; only loopback leads to it.
  const args = ["redis-server", ...redisArguments(CONTAINER_PORT, options, port), "--protected-mode", "no"];
  const where = { service: "redis", image: IMAGE, port, containerPort: CONTAINER_PORT };
  const container = await startContainer({ ...where, args });
  const answering = () =>
    answeringRedis(
      url,
      () => true,
      () => container.logTail(),
    );
  return stopOnFailure(container.remove, async () => {
    return {
      url,
      version: await answering(),
      pid: undefined,
      async restart() {
        await container.restart("SIGTERM");
        await answering();
      },
      stop: container.remove,
      kill: () => container.end("SIGKILL"),
    };
  });
}

/** Starts Redis from Debian's packages on a free loopback port. */
async function startDebianRedis(options: StartRedisOptions): Promise<RedisServer> {
  const program = join(await prepareDebianPackages(), PROGRAM_FOLDERS.redis, "redis-server");
  const folder = await makeRunFolder("redis");
  const logFile = join(folder.path, "server.log");
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  // By itself the port for nodes is 10,000 higher, among those that outgoing connections take.
  const nodes = options.cluster === true ? ["--cluster-port", String(await freePort())] : [];
  const args = [...redisArguments(port, options), ...nodes, "--bind", "127.0.0.1", "--dir", folder.path];
  let server: ServerProcess | undefined;
  const start = async () => {
    const started = await spawnServer({ program, args, mark: folder.path, logFile, endSignal: "SIGKILL" });
    server = started;
    return answeringRedis(url, started.isRunning, () => logTail(logFile));
  };
  const stop = async () => {
    await server?.end("SIGKILL");
    await folder.remove();
  };
  return stopOnFailure(stop, async () => {
    const version = await start();
    return {
      url,
      version,
      get pid() {
        return server?.isRunning() ? server.pid : undefined;
      },
      async restart() {
        await server?.end("SIGTERM");
        await start();
      },
      stop,
      kill: async () => server?.end("SIGKILL"),
    };
  });
}

/**
 * The arguments of `redis-server`; every append reaches the disk before its answer.
 *
 * @param announced the port under which it can be reached, where that is another one
 */
function redisArguments(
  port: number,
  { appendonly = false, cluster = false }: StartRedisOptions,
  announced = port,
): string[] {
  const keep = ["--save", "", "--appendonly", appendonly ? "yes" : "no", "--appendfsync", "always"];
  const address = ["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", String(announced)];
  const nodes = cluster ? ["--cluster-enabled", "yes", ...address] : [];
  return ["--port", String(port), "--daemonize", "no", "--set-proc-title", "no", ...keep, ...nodes];
}
