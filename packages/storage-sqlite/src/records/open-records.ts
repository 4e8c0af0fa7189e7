import type { RecordTables } from "@agent-assembly/storage-core/backend";
import {
  agents,
  apiTokens,
  approvals,
  archives,
  erasures,
  leases,
  legalHolds,
  retentionRuns,
} from "../schema/tables.js";
import { SqliteKeyedTable, type SqliteRecordParts } from "./keyed-table.js";

/** The tables of a file. */
export function openRecords(parts: SqliteRecordParts): RecordTables {
  return {
    agents: new SqliteKeyedTable(parts, agents),
    apiTokens: new SqliteKeyedTable(parts, apiTokens),
    approvals: new SqliteKeyedTable(parts, approvals),
    archives: new SqliteKeyedTable(parts, archives),
    erasures: new SqliteKeyedTable(parts, erasures),
    holds: new SqliteKeyedTable(parts, legalHolds),
    leases: new SqliteKeyedTable(parts, leases),
    runs: new SqliteKeyedTable(parts, retentionRuns),
  };
}
