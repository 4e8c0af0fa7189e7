import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/*", "tools/*"],
    // Most of the time goes into waiting for servers and disks.
    maxWorkers: "100%",
    reporters: ["default", "./tools/test-reporter/src/reporter.ts"],
  },
});
