import assert from "node:assert/strict";
import { AUDIT_ACTIONS, type AuditEvent, type AuditStore, type GovernanceRecord } from "@agent-assembly/storage-core";
import { collect } from "../../support/assert.js";

/** The events of action `governance`, oldest first. */
export function governanceEvents(audit: Pick<AuditStore, "stream">): Promise<AuditEvent[]> {
  return collect(audit.stream({ action: AUDIT_ACTIONS.governance }));
}

/** What is recorded: the payload of each event. */
export async function recordsOf(audit: Pick<AuditStore, "stream">): Promise<GovernanceRecord[]> {
  return (await governanceEvents(audit)).map(({ payload }) => payload as GovernanceRecord);
}

/** Sorted, since the events of one millisecond have no order that a case could rely on. */
export async function changesOf(audit: Pick<AuditStore, "stream">): Promise<string[]> {
  return (await recordsOf(audit)).map(({ change }) => change).toSorted();
}

/** The only record of a change. */
export async function recordOf(audit: Pick<AuditStore, "stream">, change: string): Promise<GovernanceRecord> {
  const found = (await recordsOf(audit)).filter((record) => record.change === change);
  assert.equal(found.length, 1, `${found.length} records of ${change}`);
  return found[0] as GovernanceRecord;
}

/** SHA-256 as records have it. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;
