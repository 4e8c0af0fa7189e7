import {
  redisApprovalHarness,
  redisPolicyCacheHarness,
  redisRateLimitHarness,
} from "@agent-assembly/state-redis/testing";
import { runApprovalContract, runPolicyCacheContract, runRateLimiterContract } from "@agent-assembly/storage-contract";
import { startSwallowingProxy } from "@agent-assembly/test-services";
import { afterAll, describe, inject, it } from "vitest";

/** Every suite on every Redis there is; the report at the end of the run names those there are not. */
for (const { name, url } of inject("services").profiles) {
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
