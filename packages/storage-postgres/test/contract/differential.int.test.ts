import { memoryHarness, runDifferential, runMetricDifferential } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";
import { emptyDatabase, type PostgresProfile, withoutBackgroundJobs } from "../setup/database.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

describe("random histories end alike in memory and on", () => {
  for (const profile of PROFILES) {
    it(...needing(profile, profile, { timeout: 300_000 }), async () => {
      const database = await emptyDatabase(profile, "differential");
      afterAll(database.drop);
      await withoutBackgroundJobs(database.options);
      const harness = postgresHarness(profile, database.options);
      // A third of them where the SQL is the same.
      const runs = profile === "postgres" ? 20 : 7;
      await runDifferential(harness, memoryHarness, { runs }).finally(() => harness.close());
    });
  }
});

describe("random questions about metrics are answered alike in memory and on", () => {
  for (const profile of PROFILES) {
    it(...needing(profile, profile, { timeout: 300_000 }), async () => {
      const database = await emptyDatabase(profile, "metric_differential");
      afterAll(database.drop);
      await withoutBackgroundJobs(database.options);
      const harness = postgresHarness(profile, database.options);
      const queries = profile === "postgres" ? 2000 : 300;
      await runMetricDifferential(harness, memoryHarness, { queries }).finally(() => harness.close());
    });
  }
});
