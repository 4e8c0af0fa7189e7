import type { AuditDriver } from "../audit/driver.js";
import type { EvidenceSupport } from "../evidence/support.js";
import type { HoldRow } from "../holds/row.js";
import type { KeyedTable } from "../records/keyed-table.js";
import type { ArchiveRow } from "../retention/parse-archive.js";
import type { ErasureDriver } from "./driver.js";
import type { ErasureRow } from "./row.js";

/** What a backend brings to erase parts of events. */
export interface ErasureTables {
  readonly driver: ErasureDriver;
  readonly audit: Pick<AuditDriver, "slices">;
  readonly erasures: KeyedTable<ErasureRow>;
  readonly holds: Pick<KeyedTable<HoldRow>, "list">;
  readonly archives: Pick<KeyedTable<ArchiveRow>, "list">;
  /** Absent where events cannot be sealed. */
  readonly evidence?: Pick<EvidenceSupport, "log"> | undefined;
}
