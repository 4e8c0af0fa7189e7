import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createDatabase, PROFILE_NAMES, provideServices } from "../src/index.js";
import { redisCommand } from "../src/redis/redis-command.js";
import { needing } from "../src/vitest/needing.js";
import { serverOf } from "./support/shared-server.js";

describe("provideServices", () => {
  it(
    ...needing(
      "own-servers",
      "lists every profile once, as plain data, makes databases on each, and shares the servers",
    ),
    async () => {
      const first = await provideServices();
      onTestFinished(first.stop);
      const second = await provideServices(["postgres", "redis"]);
      onTestFinished(second.stop);
      const { profiles, missing } = first.services;
      expect(structuredClone(first.services)).toEqual(first.services);
      expect([...profiles, ...missing].map(({ name }) => name).toSorted()).toEqual([...PROFILE_NAMES].toSorted());
      for (const gap of missing) expect(Object.values(gap).every((text) => text.length > 0)).toBe(true);
      for (const profile of second.services.profiles) expect(profiles).toContainEqual(profile);

      for (const { name, url } of profiles) {
        if (!name.startsWith("redis")) await (await createDatabase(url, "provided")).drop();
      }

      const { url } = second.services.profiles.find(({ name }) => name === "redis") as { url: string };
      await first.stop();
      await first.stop();
      expect(await redisCommand(url, ["PING"])).toBe("PONG");
      await second.stop();
      await expect(redisCommand(url, ["PING"])).rejects.toThrow();
    },
  );

  it("takes no other server in the place of one that is named and does not answer", async () => {
    vi.stubEnv("AASM_TEST_POSTGRES_URL", "postgresql://postgres:secret@127.0.0.1:1/postgres");
    vi.stubEnv("AASM_TEST_REDIS_URL", "redis://127.0.0.1:1");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { services } = await provideServices(["postgres", "timescale-apache", "redis"]);
    expect(services.profiles).toEqual([]);
    expect(services.missing.map(({ reason }) => reason).join()).toMatch(/AASM_TEST_POSTGRES_URL.*AASM_TEST_REDIS_URL/);
    expect(JSON.stringify(services)).not.toContain("secret");
  });

  it(
    ...needing("timescale-apache", "tells the edition of a named server by trying, whatever its setting says"),
    async () => {
      const { url } = serverOf("timescale-apache");
      vi.stubEnv("AASM_TEST_TIMESCALE_URL", url);
      vi.stubEnv("AASM_TEST_POSTGRES_URL", url);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const { services, stop } = await provideServices(["timescale-apache", "timescale-community"]);
      onTestFinished(stop);
      expect(services.profiles).toMatchObject([{ name: "timescale-apache", provider: "environment" }]);
      expect(services.missing).toMatchObject([
        { name: "timescale-community", reason: "the server in AASM_TEST_TIMESCALE_URL is the Apache edition" },
      ]);
    },
  );
});
