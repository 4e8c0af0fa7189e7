import { expect, it, onTestFinished } from "vitest";
import { startRedis } from "../src/index.js";
import { commandLine } from "../src/process/processes.js";
import { redisCommand } from "../src/redis/redis-command.js";
import { needing } from "../src/vitest/needing.js";

it(...needing("own-servers", "answers PING, and is gone after stop"), async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { pid } = server;
  expect(await redisCommand(server.url, ["PING"])).toBe("PONG");
  expect(server.version).toMatch(/^8\./);
  await server.stop();
  await server.stop();
  await expect(redisCommand(server.url, ["PING"])).rejects.toThrow("ECONNREFUSED");
  if (pid !== undefined) expect(commandLine(pid)).toBeUndefined();
});

it.for([true, false])(
  ...needing("own-servers", "keeps its port over a kill, and its data if appendonly is %s"),
  async (appendonly) => {
    const server = await startRedis({ appendonly });
    onTestFinished(() => server.stop());
    await redisCommand(server.url, ["SET", "key", "value with spaces"]);
    await server.kill();
    await server.restart();
    expect(await redisCommand(server.url, ["GET", "key"])).toBe(appendonly ? "value with spaces" : "");
  },
);
