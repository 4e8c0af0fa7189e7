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
 * The arguments of `redis-server`; every append reaches the disk before its answer.
 *
 * @param announced the port under which it can be reached, where that is another one
 */
export function redisArguments(
  port: number,
  { appendonly = false, cluster = false }: StartRedisOptions,
  announced = port,
): string[] {
  const keep = ["--save", "", "--appendonly", appendonly ? "yes" : "no", "--appendfsync", "always"];
  const address = ["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", String(announced)];
  const nodes = cluster ? ["--cluster-enabled", "yes", ...address] : [];
  return ["--port", String(port), "--daemonize", "no", "--set-proc-title", "no", ...keep, ...nodes];
}
