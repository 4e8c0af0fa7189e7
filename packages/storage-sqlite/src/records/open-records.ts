import type { AgentRow, ArchiveRow, HoldRow, KeyedTable, LeaseRow, RunRow } from "@agent-assembly/storage-core/backend";
import type { ApprovalRow } from "@agent-assembly/storage-core/state";
import { agents, approvals, archives, leases, legalHolds, retentionRuns } from "../schema/tables.js";
import { SqliteKeyedTable, type SqliteRecordParts } from "./keyed-table.js";

/** The kinds of records that a file has tables for. */
export interface SqliteRecords {
  readonly agents: KeyedTable<AgentRow>;
  readonly approvals: KeyedTable<ApprovalRow>;
  readonly archives: KeyedTable<ArchiveRow>;
  readonly holds: KeyedTable<HoldRow>;
  readonly leases: KeyedTable<LeaseRow>;
  readonly runs: KeyedTable<RunRow>;
}

export function openRecords(parts: SqliteRecordParts): SqliteRecords {
  return {
    agents: new SqliteKeyedTable(parts, agents),
    approvals: new SqliteKeyedTable(parts, approvals),
    archives: new SqliteKeyedTable(parts, archives),
    holds: new SqliteKeyedTable(parts, legalHolds),
    leases: new SqliteKeyedTable(parts, leases),
    runs: new SqliteKeyedTable(parts, retentionRuns),
  };
}
