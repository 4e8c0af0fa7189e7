import { defineConfig } from "vitest/config";

// The first run on a machine downloads the servers, which the time limit of a hook does not cover.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/services.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
