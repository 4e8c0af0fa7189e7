export { type CaseId, CONTRACT_CASES } from "./cases/index.js";
export type { CaseContext, ContractCase } from "./contract-case.js";
export { type DifferentialOptions, runDifferential } from "./differential/differential.js";
export { type MetricDifferentialOptions, runMetricDifferential } from "./differential/metrics/differential.js";
export type { Exclusion } from "./exclusion.js";
export type { CreateOptions, StorageHarness } from "./harness.js";
export { memoryHarness } from "./memory-harness.js";
export { type ContractOptions, runStorageContract, type TestRunner } from "./run-contract.js";
export type {
  ApprovalHarness,
  PolicyCacheHarness,
  PolicyCacheHarnessOptions,
  RateLimitHarness,
  StateHarness,
} from "./state/harness.js";
export {
  memoryApprovalHarness,
  memoryPolicyCacheHarness,
  memoryRateLimitHarness,
} from "./state/memory-harnesses.js";
export {
  runApprovalContract,
  runPolicyCacheContract,
  runRateLimiterContract,
  type StateContractOptions,
  type StateExclusion,
} from "./state/run.js";
