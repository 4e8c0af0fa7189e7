import { testConfig } from "../../vitest.shared.js";

/** A test takes minutes on a busy machine. */
const LIMIT_MS = 1_200_000;

export default testConfig({
  include: ["rehearsal/**/*.test.ts"],
  testTimeout: LIMIT_MS,
  hookTimeout: LIMIT_MS,
  reporters: ["default"],
});
