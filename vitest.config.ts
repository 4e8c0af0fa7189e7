import { testConfig } from "./vitest.shared.js";

/** All packages' tests as one project, so that its few processes take the files of all. */
export default testConfig({
  include: ["{packages,tools,examples}/*/test/**/*.test.ts"],
  globalSetup: ["./tools/test-services/src/vitest/setup.ts"],
});
