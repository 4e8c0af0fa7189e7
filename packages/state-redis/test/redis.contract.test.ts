import {
  redisApprovalHarness,
  redisPolicyCacheHarness,
  redisRateLimitHarness,
} from "@agent-assembly/state-redis/testing";
import { runApprovalContract, runPolicyCacheContract, runRateLimiterContract } from "@agent-assembly/storage-contract";
import { type ProfileName, startSwallowingProxy } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, inject, it } from "vitest";

const PROFILES: readonly ProfileName[] = ["redis", "redis-7"];

const { profiles } = inject("services");

/** Every suite on every Redis there is. */
for (const name of PROFILES) {
  const url = profiles.find((profile) => profile.name === name)?.url;
  if (url === undefined) {
    it.skip(needing(name, name)[0]);
    continue;
  }
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
