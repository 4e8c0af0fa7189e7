import type { AgentRow } from "./agents/row.js";
import type { ApiTokenRow } from "./api-tokens/row.js";
import type { ErasureRow } from "./erasure/row.js";
import type { HoldRow } from "./holds/row.js";
import type { KeyedTable } from "./records/keyed-table.js";
import type { LeaseRow } from "./retention/create-leases.js";
import type { ArchiveRow } from "./retention/parse-archive.js";
import type { RunRow } from "./retention/parse-run.js";
import type { ApprovalRow } from "./state/approvals/row.js";

/** One table for each kind of record that the rules of the core work on. */
export interface RecordTables {
  readonly agents: KeyedTable<AgentRow>;
  readonly apiTokens: KeyedTable<ApiTokenRow>;
  readonly approvals: KeyedTable<ApprovalRow>;
  readonly archives: KeyedTable<ArchiveRow>;
  readonly erasures: KeyedTable<ErasureRow>;
  readonly holds: KeyedTable<HoldRow>;
  readonly leases: KeyedTable<LeaseRow>;
  readonly runs: KeyedTable<RunRow>;
}
