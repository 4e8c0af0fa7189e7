import { openRedisState } from "@agent-assembly/state-redis";
import { removeKeys, testPrefix } from "@agent-assembly/state-redis/testing";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { builtProgramOf, Program } from "./setup/program.js";
import { sharedUrl } from "./setup/servers.js";

const checker = await builtProgramOf("checker.mjs");

const PROCESSES = 4;
const CHECKS = 8000;

interface Counted {
  readonly allowed: readonly number[];
  readonly elsewhere: number;
}

/** Lets four processes make 8,000 checks, all at once. @returns how many were allowed, of each agent */
async function race(limits: { agents: number; perAgent: number; perTeam: number; windowMs: number }) {
  const url = sharedUrl();
  const prefix = testPrefix();
  onTestFinished(() => removeKeys({ url }, prefix));
  const args = [url, prefix, String(CHECKS / PROCESSES), "64", JSON.stringify(limits)];
  const programs = Array.from({ length: PROCESSES }, () => new Program(checker, args));
  for (const program of programs) expect(await program.next()).toBe("ready");
  for (const program of programs) program.send("go");
  const counted = await Promise.all(programs.map((program) => program.next<Counted>()));
  expect(counted.map(({ elsewhere }) => elsewhere)).toEqual([0, 0, 0, 0]);
  const total = Array.from({ length: limits.agents }, (_, agent) =>
    counted.reduce((sum, { allowed }) => sum + (allowed[agent] ?? 0), 0),
  );
  return { total, prefix, url };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe(...needing("redis", "rate limits over four processes and 8,000 checks"), () => {
  it("allow exactly what a team may, and no agent more than its own", async () => {
    const { total } = await race({ agents: 8, perAgent: 400, perTeam: 2469, windowMs: 600_000 });
    expect(sum(total)).toBe(2469);
    for (const allowed of total) expect(allowed).toBeLessThanOrEqual(400);
  });

  it("allow exactly what each agent may when its team may more; a refused agent takes nothing from its team", async () => {
    const { total, prefix, url } = await race({ agents: 8, perAgent: 247, perTeam: 4000, windowMs: 600_000 });
    expect(total).toEqual(Array.from({ length: 8 }, () => 247));
    await using redis = await openRedisState({ url, prefix });
    const team = { scope: "team", id: "team-1", limit: 4000, windowMs: 600_000 };
    expect((await redis.openRateLimiter().check([team])).remaining).toBe(4000 - 8 * 247 - 1);
  });
});
