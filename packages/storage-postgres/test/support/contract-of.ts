import { runApprovalContract, runStorageContract } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";
import { emptyDatabase, type PostgresProfile, serverOf, withoutBackgroundJobs } from "../setup/database.js";
import { postgresApprovalHarness } from "./approval-harness.js";

const runner = { describe, it, afterAll };

/** The whole contract on one server. A file for each, so that they run side by side. */
export async function contractOf(profile: PostgresProfile): Promise<void> {
  if (serverOf(profile) === undefined) {
    it.skip(needing(profile, profile)[0]);
    return;
  }
  const database = await emptyDatabase(profile, "contract");
  afterAll(database.drop);
  await withoutBackgroundJobs(database.options);
  runStorageContract(postgresHarness(profile, database.options), runner);
}

/** Of approvals, which know nothing of TimescaleDB; also without what a pooler in transaction mode does not have. */
export async function approvalContractOf(profile: PostgresProfile): Promise<void> {
  if (serverOf(profile) === undefined) {
    it.skip(needing(profile, `approvals on ${profile}`)[0]);
    return;
  }
  const database = await emptyDatabase(profile, "approvals");
  afterAll(database.drop);
  runApprovalContract(postgresApprovalHarness(profile, database.options), runner);
  const unprepared = { ...database.options, prepare: false };
  runApprovalContract(postgresApprovalHarness(`${profile} as through a pooler`, unprepared), runner);
}
