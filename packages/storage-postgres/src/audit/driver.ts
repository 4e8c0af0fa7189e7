import type { Clock } from "@agent-assembly/storage-core";
import { type AuditDriver, planCounts } from "@agent-assembly/storage-core/backend";
import { answerCounted, explainCounted } from "../counts/answers.js";
import type { CountTables } from "../counts/tables.js";
import type { ReadRouter } from "../driver/read-server.js";
import { selectCount } from "./filter-sql.js";
import {
  type SummaryGroup,
  selectCountedEvents,
  selectCountedSummary,
  selectSummary,
  summaryRows,
} from "./summary-sql.js";
import type { AuditTail } from "./tail.js";
import type { AuditWriter } from "./writer.js";

export interface PostgresAuditParts {
  readonly writer: AuditWriter;
  readonly reads: ReadRouter;
  readonly reader: Pick<AuditDriver, "page" | "slices">;
  readonly tail: AuditTail;
  /** Quoted, with their schema. */
  readonly tables: { readonly events: string; readonly agents: string; readonly counts: CountTables };
  /** Whether `recordedAt` is this process's time; the server sets it otherwise. */
  readonly keepsTime: boolean;
  /** Tells up to when events are expected. */
  readonly clock: Clock;
}

/** The audit log on PostgreSQL. Writing, reading and following are left to its parts. */
export function createPostgresAuditDriver(parts: PostgresAuditParts): AuditDriver {
  const { writer, reads, reader, tail, tables, keepsTime, clock } = parts;
  return {
    append: (events, { restored = false, evidence } = {}) =>
      writer.append(events, restored ? "archive" : keepsTime ? "dated" : "now", evidence),
    page: (filter, order, after, limit) => reader.page(filter, order, after, limit),
    slices: (filter, order, signal) => reader.slices(filter, order, signal),
    follow: (filter, after, signal) => tail.follow(filter, after, signal),

    async count(filter) {
      const plan = planCounts(filter, { dimensions: [], bucket: undefined }, clock());
      const [row] = await answerCounted<[string]>(
        reads,
        tables.counts,
        plan,
        (way) => selectCountedEvents(tables.counts, filter, way),
        () => selectCount(tables.events, filter),
      );
      return Number(row?.[0]);
    },

    async summarize(filter, request) {
      const rows = await answerCounted<SummaryGroup>(
        reads,
        tables.counts,
        planCounts(filter, request, clock()),
        (way) => selectCountedSummary(tables, filter, request, way),
        () => selectSummary(tables, filter, request),
      );
      return summaryRows(request, rows);
    },

    explain: (filter, request) => explainCounted(reads, tables.counts, planCounts(filter, request, clock())),
  };
}
