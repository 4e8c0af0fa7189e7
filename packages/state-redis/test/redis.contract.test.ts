import {
  redisApprovalHarness,
  redisPolicyCacheHarness,
  redisRateLimitHarness,
} from "@agent-assembly/state-redis/testing";
import { runApprovalContract, runPolicyCacheContract, runRateLimiterContract } from "@agent-assembly/storage-contract";
import { startSwallowingProxy } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, inject, it } from "vitest";

const { profiles, missing } = inject("services");

for (const { name } of missing) it.skip(needing(name, name)[0]);

/** Every suite on every Redis there is. */
for (const { name, url } of profiles) {
  const proxy = await startSwallowingProxy(url);
  afterAll(proxy.stop);
  const interrupt = async () => {
    await proxy.setMode("refuse");
    return () => proxy.setMode("pass");
  };
  runApprovalContract(redisApprovalHarness(name, { url }), { describe, it });
  runPolicyCacheContract(redisPolicyCacheHarness(name, { url: proxy.url }, interrupt), { describe, it });
  runRateLimiterContract(redisRateLimitHarness(name, { url }), { describe, it });
}
