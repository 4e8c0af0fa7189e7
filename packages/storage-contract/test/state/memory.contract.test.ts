import { describe, it } from "vitest";
import {
  memoryApprovalHarness,
  memoryPolicyCacheHarness,
  memoryRateLimitHarness,
  runApprovalContract,
  runPolicyCacheContract,
  runRateLimiterContract,
} from "../../src/index.js";

runApprovalContract(memoryApprovalHarness(), { describe, it });
runPolicyCacheContract(memoryPolicyCacheHarness(), { describe, it });
runRateLimiterContract(memoryRateLimitHarness(), { describe, it });
