import { setTimeout as sleep } from "node:timers/promises";
import {
  type RedisServer,
  type StartRedisOptions,
  startRedis,
  startSwallowingProxy,
} from "@agent-assembly/test-services";
import { inject, onTestFinished } from "vitest";

/** The Redis that all test files share; give each store a prefix of its own there. */
export function sharedUrl(): string {
  const profile = inject("services").profiles.find(({ name }) => name === "redis");
  if (profile === undefined) throw new Error(`there is no Redis: ${inject("services").missing[0]?.reason}`);
  return profile.url;
}

/** A server of the test's own, to be stopped, killed and restarted. */
export async function ownServer(options?: StartRedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(server.stop);
  return server;
}

/** A proxy in front of a server, gone after the test. */
export async function ownProxy(url: string): ReturnType<typeof startSwallowingProxy> {
  const proxy = await startSwallowingProxy(url);
  onTestFinished(proxy.stop);
  return proxy;
}

/** Longer than anything takes on a machine that does many other things at once. */
const PATIENCE_MS = 60_000;

/** Waits until something holds. @param what completes "waited in vain until ..." */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
}
