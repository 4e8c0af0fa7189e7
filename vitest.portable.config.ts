import { testConfig } from "./vitest.shared.js";

/**
 * The tests that run on every operating system: they need no server, no shell, no signals and no modes of files. Those of
 * the rules and the contract on the backends that need no server, and unit tests.
 */
export default testConfig({
  include: [
    "packages/*/test/**/*.unit.test.ts",
    "packages/storage-contract/test/**/*.{contract.test,test}.ts",
    "packages/storage-sqlite/test/contract/*.contract.test.ts",
    "tools/workspace-checks/test/mistakes/*.test.ts",
  ],
});
