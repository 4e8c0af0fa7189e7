import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestUserConfig } from "vitest/config";
import { LongestFirst } from "./tools/workspace-checks/src/reporter/longest-first.js";

const REPORTER = fileURLToPath(new URL("./tools/workspace-checks/src/reporter/reporter.ts", import.meta.url));

/** What the run of all tests and the run of one package have in common. */
export function testConfig(own: TestUserConfig = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    test: {
      include: ["test/**/*.test.ts"],
      // Limits only end what hangs: the slowest test takes a tenth of them on an idle machine.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { interval: 20, timeout: 60_000 } },
      // Test files share the modules they import, in a few processes: to load them for each file took longer than the tests.
      isolate: false,
      // Tests leave much garbage; a larger young generation has less of it to copy. In MiB.
      execArgv: ["--max-semi-space-size=64"],
      // Much of the time goes into waiting for servers and disks.
      maxWorkers: Math.ceil(availableParallelism() * 1.5),
      // What is built is imported by Node.js itself, as users' programs do.
      server: { deps: { external: [/\/(packages|tools|examples)\/[^/]+\/dist\//] } },
      // What the SDK says of versions of Node.js to come is not about these tests.
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
      sequence: { sequencer: LongestFirst },
      // Slow tests are not news.
      slowTestThreshold: 600_000,
      reporters: ["default", REPORTER],
      ...own,
    },
  });
}
