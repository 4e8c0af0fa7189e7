// One process of several that check the same limits. Prints how many of its checks were allowed, of each agent.
import { createInterface } from "node:readline";
import { openRedisState } from "@agent-assembly/state-redis";

const [url, prefix, count, concurrency, limits] = process.argv.slice(2);
const redis = await openRedisState({ url, prefix, commandTimeoutMs: 60_000 });
const limiter = redis.openRateLimiter();
const { agents, perAgent, perTeam, windowMs } = JSON.parse(limits);

async function run() {
  const allowed = Array.from({ length: agents }, () => 0);
  let sources = 0;
  let n = 0;
  await Promise.all(
    Array.from({ length: Number(concurrency) }, async () => {
      while (n < Number(count)) {
        const agent = n++ % agents;
        const answer = await limiter.check([
          { scope: "agent", id: `agent-${agent}`, limit: perAgent, windowMs },
          { scope: "team", id: "team-1", limit: perTeam, windowMs },
        ]);
        if (answer.source !== "redis") sources++;
        if (answer.allowed) allowed[agent]++;
      }
    }),
  );
  return { allowed, elsewhere: sources };
}

console.log(JSON.stringify("ready"));
for await (const _line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run()));
}
