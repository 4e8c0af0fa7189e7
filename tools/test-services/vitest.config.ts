import { defineConfig } from "vitest/config";

// The first run on a machine downloads the packages.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/services.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
