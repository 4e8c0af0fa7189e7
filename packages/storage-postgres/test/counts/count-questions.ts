import type { AuditFilter, AuditStore, SummaryRequest } from "@agent-assembly/storage-core";
import { type AuditDriver, DriverAuditStore } from "@agent-assembly/storage-core/backend";
import { selectCount } from "../../src/audit/filter-sql.js";
import { type SummaryGroup, selectSummary, summaryRows } from "../../src/audit/summary-sql.js";
import { countTables } from "../../src/counts/tables.js";
import type { Sql } from "../../src/driver/pool.js";
import { rows } from "../../src/driver/statement.js";
import { type PostgresStorageOptions, parsePostgresOptions } from "../../src/options.js";
import type { Random } from "../support/random.js";

export interface CountQuestion {
  readonly filter: AuditFilter;
  readonly request: SummaryRequest;
}

const HOUR = 3_600_000;
const DIMENSIONS = ["agentId", "teamId", "action", "decision", "dryRun", "matchedRuleId", "tool"] as const;
const BUCKETS = ["1h", "6h", "1d", "1w", "1mo", "15m"];
const ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata"];

/** Hours with many events. */
export interface BusyHours {
  readonly from: number;
  readonly hours: number;
}

/**
 * A question about events of some days after a time; most of them can be answered by counts.
 * @param busy within those days; of many questions the range cuts some of these hours
 */
export function randomQuestion(random: Random, from: number, days: number, busy: BusyHours): CountQuestion {
  const width = random.of([1, HOUR, 24 * HOUR]);
  const isBusy = random.below(2) === 0;
  const [start, length, unit] = isBusy ? [busy.from, busy.hours * HOUR, HOUR / 12] : [from, days * 24 * HOUR, width];
  const at = (): Date => new Date(Math.floor((start + random.next() * length) / unit) * unit);
  const bounds = [at(), at()].toSorted((a, b) => a.getTime() - b.getTime());
  const filter = {
    ...(random.below(2) === 0 ? {} : { from: bounds[0] }),
    ...(random.below(2) === 0 ? {} : { to: bounds[1] }),
    ...(random.below(4) === 0 ? { agentId: ["agent-1", 'agent "2"', "none"] } : {}),
    ...(random.below(5) === 0 ? { tool: "tool-1" } : {}),
    ...(random.below(5) === 0 ? { dryRun: random.below(2) === 0 } : {}),
    ...(random.below(9) === 0 ? { teamId: "red" } : {}),
  };
  const groupBy: string[] = random.some(DIMENSIONS);
  if (random.below(6) === 0) groupBy.push("agent.metadata.owner");
  if (random.below(12) === 0) groupBy.push("sessionId");
  const request = {
    groupBy,
    ...(random.below(2) === 0
      ? {}
      : { bucket: { every: random.of(BUCKETS), ...(random.below(2) === 0 ? {} : { timeZone: random.of(ZONES) }) } }),
  };
  return { filter, request } as unknown as CountQuestion;
}

/** The answer of a log. */
export async function answerOf(log: Pick<AuditStore, "count" | "summarize">, { filter, request }: CountQuestion) {
  return { count: await log.count(filter), rows: await log.summarize(filter, request) };
}

/** A log that answers by reading all events, one by one. */
export function logOfRows(sql: Sql, options: PostgresStorageOptions): AuditStore {
  const tables = { events: "audit_events", agents: "agent_registry", counts: countTables("public") };
  const driver = {
    async count(filter) {
      const [row] = await rows<[string]>(sql, selectCount(tables.events, filter), false);
      return Number(row?.[0]);
    },
    async summarize(filter, request) {
      return summaryRows(request, await rows<SummaryGroup>(sql, selectSummary(tables, filter, request), false));
    },
  } satisfies Pick<AuditDriver, "count" | "summarize">;
  return new DriverAuditStore(driver as unknown as AuditDriver, parsePostgresOptions(options));
}
