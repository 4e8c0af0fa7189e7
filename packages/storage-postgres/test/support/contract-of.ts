import { runStorageContract } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";
import { emptyDatabase, type PostgresProfile, serverOf, withoutBackgroundJobs } from "./setup/database.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

/** The whole contract on every server there is. */
for (const profile of PROFILES) {
  if (serverOf(profile) === undefined) {
    it.skip(needing(profile, profile)[0]);
    continue;
  }
  const database = await emptyDatabase(profile, "contract");
  await withoutBackgroundJobs(database.options);
  afterAll(database.drop);
  runStorageContract(postgresHarness(profile, database.options), { describe, it });
}
