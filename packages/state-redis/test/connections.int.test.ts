import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { openRedisState } from "@agent-assembly/state-redis";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { singleDriver } from "../src/driver/client.js";
import { parseRedisOptions } from "../src/options.js";
import { ownServer, sharedUrl, until } from "./setup/servers.js";

/** A certificate of this test's own for localhost. */
async function certificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: await readFile(key), cert: await readFile(cert) };
}

/** TLS in front of a server that has none. @returns the port */
async function tlsInFrontOf(url: string, secrets: { key: Buffer; cert: Buffer }): Promise<number> {
  const { hostname, port } = new URL(url);
  const server = createServer(secrets, (client) => {
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  // A client that does not trust the certificate hangs up.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe("connections", () => {
  it(...needing("own-servers", "are two, more under load only, and never more than maxConnections"), async () => {
    const server = await ownServer();
    await using redis = await openRedisState({ url: server.url, maxConnections: 4, commandTimeoutMs: 60_000 });
    const driver = singleDriver(parseRedisOptions({ url: server.url }), () => undefined);
    await driver.connect();
    onTestFinished(() => driver.destroy());
    const ours = async (): Promise<number> => {
      const list = (await driver.send(undefined, ["CLIENT", "LIST"])) as string;
      return list.split("\n").filter((line) => line.includes("name=aasm")).length - 1;
    };
    expect(await ours()).toBe(2);
    const limiter = redis.openRateLimiter();
    const check = () => limiter.check([{ scope: "team", id: "team-1", limit: 20_000, windowMs: 600_000 }]);
    let going = true;
    const load = Array.from({ length: 3000 }, async () => {
      let allowed = 0;
      do if ((await check()).allowed) allowed++;
      while (going);
      return allowed;
    });
    await until("all connections are open", async () => (await ours()) === 4);
    going = false;
    const allowed = (await Promise.all(load)).reduce((a, b) => a + b);
    expect(await ours()).toBe(4);
    expect(allowed + (await check()).remaining).toBeLessThanOrEqual(20_000);
  });

  it(
    ...needing("redis", "use TLS with rediss://, for a certificate that is trusted, and say so for others"),
    async () => {
      const secrets = await certificate();
      const port = await tlsInFrontOf(sharedUrl(), secrets);
      const url = `rediss://localhost:${port}`;
      await using redis = await openRedisState({ url, tls: { ca: secrets.cert }, connectTimeoutMs: 60_000 });
      expect((await redis.health()).status).toBe("ok");
      await using distrustful = await openRedisState({ url, connectTimeoutMs: 60_000 });
      expect((await distrustful.health()).problems).toEqual([expect.stringContaining("certificate was not accepted")]);
      await using plain = await openRedisState({ url: `redis://localhost:${port}`, connectTimeoutMs: 60_000 });
      expect((await plain.health()).problems).toEqual([expect.stringMatching(/requires TLS|port uses TLS/)]);
    },
  );
});
