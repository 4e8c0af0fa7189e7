import { expect, it } from "vitest";
import { runArguments } from "../src/docker.js";
import { databaseUrl } from "../src/postgres/databases.js";
import { pgBouncerIni } from "../src/postgres/pgbouncer.js";
import { configurationText, serverSettings } from "../src/postgres/postgres-server.js";
import type { ServiceProfile } from "../src/provide/provided-services.js";
import { serverLines } from "../src/provide/provided-services.js";
import { parseReplies } from "../src/redis/redis-command.js";
import { firstAvailable, ServiceUnavailable } from "../src/service-unavailable.js";

it("publishes a container on loopback only", () => {
  const options = {
    service: "x",
    image: "image:1",
    port: 4000,
    containerPort: 5432,
    environment: { A: "b" },
    args: ["-c"],
  };
  expect(runArguments("name", options).join(" ")).toBe(
    "run --detach --name name --shm-size 256m --publish 127.0.0.1:4000:5432 --env A=b image:1 -c",
  );
});

it("says of each server what it is, and where it comes from", () => {
  const postgres = {
    name: "postgres",
    url: "postgresql://a",
    version: "17.6",
    provider: "debian",
    startedInMs: 1640,
  } as const;
  const profiles: ServiceProfile[] = [
    postgres,
    { ...postgres, name: "timescale-apache", timescaledbVersion: "2.19.3" },
    { name: "postgres-15", url: "postgresql://b", version: "15.8", provider: "local" },
    { name: "redis", url: "redis://a", version: "8.0.2", provider: "docker", startedInMs: 51 },
  ];
  expect(serverLines(profiles)).toEqual([
    "Started PostgreSQL 17.6 with TimescaleDB 2.19.3 (Apache edition) from Debian's packages in 1.6 s",
    "Using PostgreSQL 15.8, running on this machine",
    "Started Redis 8.0.2 in Docker in 0.1 s",
  ]);
  expect(serverLines([postgres])).toEqual(["Started PostgreSQL 17.6 from Debian's packages in 1.6 s"]);
});

it("lets commits wait for the disk unless told otherwise", () => {
  expect(serverSettings({ timescaledb: true }).fsync).toBeUndefined();
  expect(serverSettings({ timescaledb: true, fsync: false }).fsync).toBe("off");
  expect(serverSettings({ timescaledb: true, fsync: false, settings: { fsync: "on" } }).fsync).toBe("on");
});

it("quotes settings", () => {
  expect(configurationText({ a: "it's" })).toBe("a = 'it''s'\n");
});

it("points pgbouncer at the server of a URL, with its user and password", () => {
  const ini = pgBouncerIni({
    serverUrl: "postgresql://me:a%27b@127.0.0.1:4001/x",
    poolMode: "transaction",
    port: 4002,
    settings: { default_pool_size: "1" },
  });
  expect(ini).toContain("* = host='127.0.0.1' port='4001' user='me' password='a''b'\n");
  expect(ini).toContain("pool_mode = transaction\n");
  expect(ini).toContain("default_pool_size = 1\n");
});

it("names another database of the same server", () => {
  expect(databaseUrl("postgresql://u:p@h:1/a?sslmode=disable", "b c")).toBe(
    "postgresql://u:p@h:1/b%20c?sslmode=disable",
  );
});

it("reads Redis replies that are complete", () => {
  const all = Buffer.from("+OK\r\n:12\r\n$5\r\na\r\nbc\r\n$-1\r\n");
  expect(parseReplies(all)).toEqual(["OK", "12", "a\r\nbc", ""]);
  expect(parseReplies(all.subarray(0, 18))).toEqual(["OK", "12"]);
  expect(() => parseReplies(Buffer.from("-WRONGPASS no\r\n"))).toThrow("WRONGPASS no");
});

it("takes the first way that is available, and names every reason when none is", async () => {
  const refuse = (reason: string, install: string) => () => Promise.reject(new ServiceUnavailable(reason, install));
  expect(await firstAvailable([refuse("a", "b"), async () => 1])).toBe(1);
  await expect(firstAvailable([refuse("a", "b"), refuse("c", "d")])).rejects.toThrow("a, and c; b, or d");
  const broken = () => Promise.reject(new Error("broken"));
  await expect(firstAvailable([broken, async () => 1])).rejects.toThrow("broken");
});
