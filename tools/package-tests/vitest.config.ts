import { defineConfig } from "vitest/config";

// Installing better-sqlite3 compiles it where no build is cached.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/services.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
