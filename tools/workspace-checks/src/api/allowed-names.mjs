/**
 * Public names that nothing in the workspace imports, and why they are public all the same. An entry that is not needed any
 * more fails the check.
 * @type {Readonly<Record<string, Readonly<Record<string, string>>>>} reasons by entry and name
 */
export const ALLOWED_UNUSED = {
  "@agent-assembly/storage-contract": {
    memoryApprovalHarness: "the README names it as an example of a harness",
    memoryPolicyCacheHarness: "as above",
    memoryRateLimitHarness: "as above",
  },
  "@agent-assembly/storage-core/memory": {
    backendModule: "openStorage and openSchema load it by name",
  },
  "@agent-assembly/evidence": {
    leafSeeds: "a program that makes leaves derives the seeds of a whole bundle at once",
    signNote: "an application signs other texts than checkpoints",
  },
  "@agent-assembly/storage-sqlite": {
    backendModule: "openStorage and openSchema load it by name",
  },
  "@agent-assembly/state-redis": {
    backendModule: "openStorage loads it by name",
  },
};

/** Entry points that an application starts from: their docstrings have an `@example`, which the package tests compile. */
export const WITH_EXAMPLE = {
  "@agent-assembly/storage": ["openStorage", "openSchema"],
  "@agent-assembly/storage-sqlite": ["openSqliteStorage"],
  "@agent-assembly/storage-postgres": ["openPostgresStorage"],
  "@agent-assembly/state-redis": ["openRedisState"],
  "@agent-assembly/storage-core/memory": ["openMemoryStorage"],
  "@agent-assembly/storage-core/wrappers": ["observable", "retrying"],
  "@agent-assembly/retention": ["applyRetention", "planRetention", "openArchive"],
  "@agent-assembly/storage-contract": ["runStorageContract"],
  "@agent-assembly/transcripts": ["readTranscript"],
  "@agent-assembly/evidence": ["verifyEntryProof", "writeExport", "verifyExport", "exportStore", "proveEvent"],
};
