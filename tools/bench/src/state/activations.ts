import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openStorage, type StorageOptions } from "@agent-assembly/storage";
import { createDatabase, startRedis, startSwallowingProxy } from "@agent-assembly/test-services";
import { type BenchResult, median, withinBudget } from "../result.js";
import { urlOf, withFolder, withServices } from "../surroundings.js";

const NAME = "policy";
const FOLLOWERS = 3;
/** Longer than any of this: what is kept goes only when a process is told, or knows that it is not told. */
const policyCache = { ttlMs: 3_600_000 };

/** How late other processes serve a policy that one has activated, at the median; milliseconds. */
export function activations(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 5 : 20;
  return withFolder("activations", (folder) =>
    withServices(["postgres", "redis"], async (profiles) => {
      const file = (name: string) => ({ backend: "sqlite", path: join(folder, name) }) as const;
      const results = [await activation("SQLite", { ...file("file.db"), state: { policyCache } }, count, 100)];
      const redisUrl = urlOf(profiles, "redis");
      if (redisUrl !== undefined) {
        const redis = { url: redisUrl, prefix: `bench:${process.pid}` };
        const options = { ...file("redis.db"), state: { policyCache, redis } };
        results.push(await activation("Redis", options, count, 100));
        results.push(...(await withoutRedis(file("away.db"), count)));
      }
      const server = urlOf(profiles, "postgres");
      if (server !== undefined) results.push(...(await onPostgres(server, count)));
      return results;
    }),
  );
}

async function onPostgres(server: string, count: number): Promise<BenchResult[]> {
  const { url, drop } = await createDatabase(server, "bench");
  const options = { backend: "postgres", url, timescaledb: "off", migrate: "auto", state: { policyCache } } as const;
  try {
    return [
      await activation("PostgreSQL", options, count, 100),
      await activation("PostgreSQL through a pooler", { ...options, prepare: false }, count, 2500),
    ];
  } finally {
    await drop();
  }
}

async function activation(how: string, options: StorageOptions, count: number, budgetMs: number): Promise<BenchResult> {
  return withinBudget(`activation in four processes, ${how}`, "ms", median(await delays(options, count)), budgetMs);
}

/** With a Redis that falls silent: the first activation finds processes that have not noticed yet, the others none. */
async function withoutRedis(store: { backend: "sqlite"; path: string }, count: number): Promise<BenchResult[]> {
  const server = await startRedis();
  const proxy = await startSwallowingProxy(server.url);
  try {
    const options = { ...store, state: { policyCache, redis: { url: proxy.url, connectTimeoutMs: 1000 } } };
    const [first = Number.NaN, ...others] = await delays(options, count + 1, () => proxy.setMode("swallow"));
    const name = "activation in four processes, Redis silent";
    return [
      withinBudget(`${name}, until it is noticed`, "ms", first, 10_000),
      withinBudget(`${name}, from then on`, "ms", median(others), 100),
    ];
  } finally {
    await proxy.stop();
    await server.stop();
  }
}

/** @param meanwhile comes when all serve the first version @returns of each activation, how late the last one served it */
async function delays(options: StorageOptions, count: number, meanwhile?: () => Promise<unknown>): Promise<number[]> {
  await using storage = await openStorage(options);
  for (let n = 0; n <= count; n++) {
    await storage.policies.save({ name: NAME, source: `limit: ${n}\n` }, { actor: "bench" });
  }
  await storage.policies.activate(NAME, 1, { actor: "bench" });
  const followers = Array.from({ length: FOLLOWERS }, () => new Follower(options));
  try {
    await Promise.all(followers.map((follower) => follower.served(1)));
    await meanwhile?.();
    const found: number[] = [];
    for (let version = 2; version <= count + 1; version++) {
      await storage.policies.activate(NAME, version, { actor: "bench" });
      const stored = Date.now();
      const served = await Promise.all(followers.map((follower) => follower.served(version)));
      found.push(Math.max(0, ...served.map((at) => at - stored)));
    }
    return found;
  } finally {
    for (const follower of followers) follower.end();
  }
}

class Follower {
  readonly #child: ChildProcess;
  readonly #servedAt = new Map<number, number>();
  #wake = (): void => undefined;

  constructor(options: StorageOptions) {
    const program = fileURLToPath(new URL("follower.js", import.meta.url));
    const args = [program, JSON.stringify(options), NAME];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { version, at } = JSON.parse(line) as { version: number; at: number };
      this.#servedAt.set(version, at);
      this.#wake();
    });
    this.#child.once("close", () => this.#wake());
  }

  /** When it first served the version; milliseconds since the epoch. */
  async served(version: number): Promise<number> {
    for (;;) {
      const at = this.#servedAt.get(version);
      if (at !== undefined) return at;
      if (this.#child.exitCode !== null) throw new Error(`a follower ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}
