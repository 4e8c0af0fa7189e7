import { runApprovalContract } from "@agent-assembly/storage-contract";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";
import { emptyDatabase, type PostgresProfile, serverOf } from "./setup/database.js";
import { postgresApprovalHarness } from "./support/approval-harness.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15"];

for (const profile of PROFILES) {
  if (serverOf(profile) === undefined) {
    it.skip(needing(profile, profile)[0]);
    continue;
  }
  const database = await emptyDatabase(profile, "approvals");
  afterAll(database.drop);
  runApprovalContract(postgresApprovalHarness(profile, database.options), { describe, it });
  const unprepared = { ...database.options, prepare: false };
  runApprovalContract(postgresApprovalHarness(`${profile} as through a pooler`, unprepared), { describe, it });
}
