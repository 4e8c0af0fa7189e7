import { startRedis, startSwallowingProxy } from "@agent-assembly/test-services";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { redisCommand } from "../src/redis/redis-command.js";

let server: Awaited<ReturnType<typeof startRedis>>;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it("passes, swallows, refuses, and passes again on the same port", async () => {
  const proxy = await startSwallowingProxy(server.url);
  onTestFinished(() => proxy.stop());
  const ping = () => redisCommand(proxy.url, ["PING"]);
  expect(await ping()).toBe("PONG");
  await proxy.setMode("swallow");
  await expect(ping()).rejects.toThrow("did not answer");
  await proxy.setMode("refuse");
  await expect(ping()).rejects.toThrow("ECONNREFUSED");
  await proxy.setMode("pass");
  expect(await ping()).toBe("PONG");
});

it("keeps an open connection open while it swallows, and resets it when it refuses", async () => {
  const proxy = await startSwallowingProxy(server.url);
  onTestFinished(() => proxy.stop());
  await proxy.setMode("swallow");
  const outcome = redisCommand(proxy.url, ["PING"]).catch((error: Error) => error.message);
  const patience = new Promise((resolve) => setTimeout(resolve, 200, "open"));
  expect(await Promise.race([outcome, patience])).toBe("open");
  await proxy.setMode("refuse");
  expect(await outcome).toContain("ECONNRESET");
});
