import { join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { makeRunFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { logTail, type ServerProcess, spawnServer } from "../process/spawn.js";
import { answeringRedis } from "./answering.js";
import { type RedisServer, redisArguments, type StartRedisOptions } from "./redis-server.js";

/** Starts Redis from Debian's packages on a free loopback port. */
export async function startDebianRedis(options: StartRedisOptions): Promise<RedisServer> {
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
  try {
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
  } catch (error) {
    await stop();
    throw error;
  }
}
