import { startContainer } from "../docker/container.js";
import { requireDocker, requireImage } from "../docker/docker.js";
import { freePort } from "../process/free-port.js";
import { answeringRedis } from "./answering.js";
import { type RedisServer, redisArguments, type StartRedisOptions } from "./redis-server.js";

const IMAGE = "redis:8";
const CONTAINER_PORT = 6379;

/** Starts Redis in Docker. Rejects with `ServiceUnavailable` when Docker or the image cannot be had. */
export async function startDockerRedis(options: StartRedisOptions): Promise<RedisServer> {
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
  try {
    return {
      url,
      version: await answering(),
      pid: undefined,
      async restart() {
        await container.restart("SIGTERM");
        await answering();
      },
      stop: () => container.remove(),
      kill: () => container.end("SIGKILL"),
    };
  } catch (error) {
    await container.remove();
    throw error;
  }
}
