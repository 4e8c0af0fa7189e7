import { runStorageContract } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { afterAll, describe, it } from "vitest";
import { emptyDatabase, type PostgresProfile, serverOf, withoutBackgroundJobs } from "./setup/database.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

/** The whole contract on every server there is; the report at the end of the run names those there are not. */
for (const profile of PROFILES) {
  if (serverOf(profile) === undefined) continue;
  const database = await emptyDatabase(profile, "contract");
  await withoutBackgroundJobs(database.options);
  afterAll(database.drop);
  runStorageContract(postgresHarness(profile, database.options), { describe, it });
}
