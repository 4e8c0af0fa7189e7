import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRedis, startSwallowingProxy } from "../src/index.js";
import { redisCommand } from "../src/redis/redis-command.js";
import { needing } from "../src/vitest/needing.js";

let server: Awaited<ReturnType<typeof startRedis>>;

/** What comes of a PING: the answer, or the message of the error. */
function ping(url: string): Promise<string> {
  return redisCommand(url, ["PING"]).catch((error: Error) => error.message);
}

describe(...needing("own-servers", "a proxy that swallows"), () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it("passes, swallows, refuses, and passes again on the same port", async () => {
    const proxy = await startSwallowingProxy(server.url);
    onTestFinished(() => proxy.stop());
    expect(await ping(proxy.url)).toBe("PONG");
    await proxy.setMode("swallow");
    expect(await Promise.race([ping(proxy.url), sleep(200, "silence")])).toBe("silence");
    await proxy.setMode("refuse");
    expect(await ping(proxy.url)).toContain("ECONNREFUSED");
    await proxy.setMode("pass");
    expect(await ping(proxy.url)).toBe("PONG");
  });

  it("resets a connection that it swallowed when it refuses", async () => {
    const proxy = await startSwallowingProxy(server.url);
    onTestFinished(() => proxy.stop());
    await proxy.setMode("swallow");
    const outcome = ping(proxy.url);
    expect(await Promise.race([outcome, sleep(100, "open")])).toBe("open");
    await proxy.setMode("refuse");
    expect(await outcome).toContain("ECONNRESET");
  });

  it("swallows on connections that were open before, and closes those whose other end has gone meanwhile", async () => {
    const proxy = await startSwallowingProxy(server.url);
    onTestFinished(() => proxy.stop());
    const { hostname, port } = new URL(proxy.url);
    const client = connect(Number(port), hostname);
    client.write("PING\r\n");
    expect(String((await once(client, "data"))[0])).toBe("+PONG\r\n");
    await proxy.setMode("swallow");
    client.write("PING\r\n");
    expect(await Promise.race([once(client, "data"), sleep(100, "silence")])).toBe("silence");
    await server.restart();
    expect(client.closed).toBe(false);
    const closed = once(client, "close");
    await proxy.setMode("pass");
    await closed;
  });

  it("holds what comes, and forwards it later in order", async () => {
    const proxy = await startSwallowingProxy(server.url);
    onTestFinished(() => proxy.stop());
    const { hostname, port } = new URL(proxy.url);
    const client = connect(Number(port), hostname).setEncoding("utf8");
    onTestFinished(() => void client.destroy());
    await proxy.setMode("hold");
    client.write("ECHO 1\r\n");
    client.write("ECHO 2\r\n");
    expect(await Promise.race([once(client, "data"), sleep(200, "silence")])).toBe("silence");
    await proxy.setMode("pass");
    client.write("ECHO 3\r\n");
    let text = "";
    for await (const piece of client) {
      text += piece;
      if (text.includes("3")) break;
    }
    expect(text).toBe("$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
  });

  it("delays what comes in each direction, and keeps the order when the delay ends", async () => {
    const proxy = await startSwallowingProxy(server.url);
    onTestFinished(() => proxy.stop());
    proxy.setDelay(400);
    const first = ping(proxy.url);
    expect(await Promise.race([first, sleep(50, "silence")])).toBe("silence");
    expect(await first).toBe("PONG");
    const { hostname, port } = new URL(proxy.url);
    const client = connect(Number(port), hostname).setEncoding("utf8");
    client.write("ECHO 1\r\n");
    await once(client, "ready");
    proxy.setDelay(0);
    client.write("ECHO 2\r\nQUIT\r\n");
    let text = "";
    for await (const piece of client) text += piece;
    expect(text).toBe("$1\r\n1\r\n$1\r\n2\r\n+OK\r\n");
  });

  it("changes to another server", async () => {
    const other = await startRedis();
    onTestFinished(() => other.stop());
    const proxy = await startSwallowingProxy(server.url);
    onTestFinished(() => proxy.stop());
    await redisCommand(other.url, ["SET", "where", "other"]);
    expect(await redisCommand(proxy.url, ["GET", "where"])).not.toBe("other");
    proxy.forwardTo(other.url);
    expect(await redisCommand(proxy.url, ["GET", "where"])).toBe("other");
  });
});
