import { createDatabase } from "@agent-assembly/test-services";
import { describe, expect, inject, test } from "vitest";
import { MEMORY_BYTES, reportText, TARGET_NAMES, tryTarget } from "../src/supervise.js";

/** For all targets together. */
const MINUTE_MS = 60_000;
/** The same in each run, so that a failing one says something of the change; `pnpm fuzz` takes another seed each time. */
const seed = 20_261_129;

// One after the other: together they would only take the processor from each other.
describe(`what comes in from outside, with the seed ${seed}`, () => {
  test.each(TARGET_NAMES)("%s: no hang, no crash, no defect, and bounded memory", async (target) => {
    const server = inject("services").profiles.find(({ name }) => name === "postgres");
    const database = server && (await createDatabase(server.url, "fuzz"));
    try {
      const report = await tryTarget(target, { ms: MINUTE_MS / TARGET_NAMES.length, seed, postgresUrl: database?.url });
      const text = reportText(report, seed);
      expect(report.finding, text).toBeUndefined();
      expect(report.inputs, `${text}\nno input was tried`).toBeGreaterThan(0);
      expect(report.memory).toBeGreaterThan(0);
      expect(report.memory).toBeLessThanOrEqual(MEMORY_BYTES);
    } finally {
      await database?.drop();
    }
  });
});
