import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/*", "tools/*"],
    // Much of the time goes into waiting for servers and disks.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    reporters: ["default", "./tools/test-reporter/src/reporter.ts"],
  },
});
