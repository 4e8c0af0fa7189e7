import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openRedisState, type UnavailableMode } from "@agent-assembly/state-redis";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { command } from "./setup/command.js";
import { ownProxy, ownServer, until } from "./setup/servers.js";

const LIMITS = [{ scope: "agent", id: "agent-1", limit: 4, windowMs: 600_000 }];
const COMMAND_TIMEOUT_MS = 300;

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Something that speaks like a Redis of another version, as far as opening needs it. */
function redisOfVersion(version: string): Server {
  const info = `# Server\r\nredis_version:${version}\r\n`;
  const answer = (socket: Socket, text: string): void => {
    for (const command of text.split(/(?=\*\d+\r\n)/)) {
      if (/INFO/i.test(command)) socket.write(`$${info.length}\r\n${info}\r\n`);
      else if (/HELLO/i.test(command)) socket.write(`%1\r\n+version\r\n+${version}\r\n`);
      else socket.write("+OK\r\n");
    }
  };
  return createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => answer(socket, bytes.toString()));
  });
}

/** Whether it is there before the event loop turns, which no timer and no socket can bring about. */
function beforeNextTurn(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), nextTurn(false)]);
}

describe(...needing("own-servers", "opening"), () => {
  it("refuses what is no Redis, a wrong password, none, an old version, another database", async () => {
    const http = await listening(createHttpServer((_, response) => response.end()));
    await expect(openRedisState({ url: http })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("not Redis"),
    });
    const old = await listening(redisOfVersion("6.2.14"));
    await expect(openRedisState({ url: old })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("older than Redis 7"),
    });
    const server = await ownServer();
    await command(server.url, "CONFIG", "SET", "requirepass", "right");
    const withPassword = (password: string): string => server.url.replace("//", `//:${password}@`);
    const wrong = openRedisState({ url: withPassword("hunter2") });
    await expect(wrong).rejects.toMatchObject({
      code: "permission_denied",
      message: expect.stringMatching(/password/),
    });
    await wrong.catch((error: Error) => expect(`${error.message} ${error.cause}`).not.toContain("hunter2"));
    await expect(openRedisState({ url: server.url })).rejects.toMatchObject({ code: "permission_denied" });
    await expect(openRedisState({ url: `${withPassword("right")}/999` })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("database"),
    });
    await using redis = await openRedisState({ url: withPassword("right") });
    expect((await redis.health()).status).toBe("ok");
  });

  it.each([
    [{ url: "not a URL" }, /options\.url/],
    [{ url: "https://redis.example" }, /redis:\/\//],
    [{ url: "redis://:hunter2@host/name" }, /database by its number/],
    [{ url: "redis://host?db=1" }, /parameters/],
    [{ url: "redis://host", prefix: "{x}" }, /prefix/],
    [{ url: "redis://host", maxConnections: 1 }, /maxConnections/],
    [{ url: "redis://host", commandTimeoutMs: 0 }, /commandTimeoutMs/],
    [{ url: "redis://host", connectTimeoutMs: Number.NaN }, /connectTimeoutMs/],
    [{ url: "redis://host", tls: {} }, /rediss/],
    [{ url: "redis://host", ttl: 1 }, /unknown key/],
  ])("refuses %j", async (options, message) => {
    const opened = openRedisState(options);
    await expect(opened).rejects.toMatchObject({ code: "invalid_argument", message: expect.stringMatching(message) });
    await opened.catch((error: Error) => expect(error.message).not.toContain("hunter2"));
  });

  it("goes on without a server, and connects once there is one", async () => {
    const server = await ownServer();
    await server.kill();
    await using redis = await openRedisState({ url: server.url });
    expect(await redis.health()).toMatchObject({ status: "down", problems: [expect.stringContaining("reached")] });
    await expect(redis.openApprovals().list()).rejects.toMatchObject({
      code: "unavailable",
      operation: "approvals.list",
    });
    await server.restart();
    await until("it has connected", async () => (await redis.health()).status === "ok");
    expect(await redis.openApprovals().list()).toEqual({ items: [] });
  });
});

describe(...needing("own-servers", "a rate limiter without its Redis"), () => {
  const expected: Readonly<Record<UnavailableMode, readonly boolean[]>> = {
    "fail-open": [true, true, true, true, true, true],
    "fail-closed": [false, false, false, false, false, false],
    local: [true, true, false, false, false, false],
  };

  it.each(["fail-open", "fail-closed", "local"] as const)(
    "answers by %s after the command timeout, and then at once",
    async (mode) => {
      const server = await ownServer();
      const proxy = await ownProxy(server.url);
      await using redis = await openRedisState({
        url: proxy.url,
        commandTimeoutMs: COMMAND_TIMEOUT_MS,
        connectTimeoutMs: 1000,
        onUnavailable: mode,
        localShare: 0.5,
      });
      const limiter = redis.openRateLimiter();
      // On a busy machine an answer may take longer than the short time limit.
      const answersFromRedis = async (limits: typeof LIMITS) => (await limiter.check(limits)).source === "redis";
      await until("Redis answers", () => answersFromRedis(LIMITS));
      for (const way of ["swallow", "refuse"] as const) {
        await proxy.setMode(way);
        const others = [{ ...LIMITS[0], id: way } as (typeof LIMITS)[0]];
        const allowed: boolean[] = [];
        for (let n = 0; n < 6; n++) {
          const checked = limiter.check(others);
          // Nothing but the time limit ends the first one; from then on none waits for anything.
          if (n > 0) expect(await beforeNextTurn(checked)).toBe(true);
          const answer = await checked;
          // Until then the connection is known to be lost.
          if (n === 0) await nextTurn();
          expect(answer.source).toBe(mode);
          if (!answer.allowed) {
            expect(answer.retryAfterMs).toBeGreaterThan(0);
            expect(answer.refusedBy).toEqual(others[0]);
          }
          allowed.push(answer.allowed);
        }
        expect(allowed).toEqual(expected[mode]);
        const health = await limiter.health();
        expect(health).toMatchObject({ status: "degraded", backedBy: expect.stringContaining("redis is away") });
        await proxy.setMode("pass");
        await until("Redis is back", async () => (await limiter.health()).status === "ok");
        await until("Redis answers again", () => answersFromRedis(others));
      }
    },
  );

  it("refuses options that cannot be", async () => {
    const { url } = await ownServer();
    await using redis = await openRedisState({ url });
    for (const localShare of [0, 1.5, Number.NaN, "1"]) {
      await expect(openRedisState({ url, localShare: localShare as number })).rejects.toThrow(/localShare/);
    }
    await expect(openRedisState({ url, onUnavailable: "panic" as never })).rejects.toThrow(/onUnavailable/);
    expect(() => redis.openPolicyCache({ store: { active: async () => undefined }, ttlMs: 0 })).toThrow(/ttlMs/);
    expect(() => redis.openApprovals({ leaseMs: 0.5 })).toThrow(/leaseMs/);
  });
});
