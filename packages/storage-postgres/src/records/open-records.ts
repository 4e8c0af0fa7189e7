import type { Clock } from "@agent-assembly/storage-core";
import { type RecordTables, systemClock } from "@agent-assembly/storage-core/backend";
import { sql } from "drizzle-orm";
import { channelOf } from "../driver/listener.js";
import type { Pool } from "../driver/pool.js";
import { tablesIn } from "../schema/tables.js";
import { PostgresKeyedTable } from "./keyed-table.js";
import type { RecordedEvents } from "./recorded-events.js";

export interface RecordOptions {
  /** One other than the system's, as in tests, replaces the server's too. */
  readonly clock?: Clock | undefined;
  /** Where changes are recorded; default: nowhere. */
  readonly events?: RecordedEvents | undefined;
}

/** The tables of a schema. */
export function openRecords(pool: Pool, { clock = systemClock, events }: RecordOptions = {}): RecordTables {
  const { schema } = pool.options;
  const tables = tablesIn(schema);
  const shared = clock === systemClock ? "server" : clock;
  const channel = approvalChannel(schema);
  return {
    agents: new PostgresKeyedTable(pool, tables.agents, { name: "agent", time: clock, events }),
    apiTokens: new PostgresKeyedTable(pool, tables.apiTokens, { name: "token", time: clock, events }),
    approvals: new PostgresKeyedTable(pool, tables.approvals, {
      name: "approval",
      time: shared,
      events,
      // Only a decision ends a wait.
      announce: ({ verdict, requestId }) =>
        verdict === null ? undefined : sql`SELECT pg_notify(${channel}, ${requestId})`,
    }),
    archives: new PostgresKeyedTable(pool, tables.archives, { name: "archive", time: clock, events }),
    erasures: new PostgresKeyedTable(pool, tables.erasures, { name: "erasure", time: clock, events }),
    holds: new PostgresKeyedTable(pool, tables.legalHolds, { name: "hold", time: clock, events }),
    leases: new PostgresKeyedTable(pool, tables.leases, { name: "lease", time: shared }),
    runs: new PostgresKeyedTable(pool, tables.retentionRuns, { name: "run", time: clock, events }),
  };
}

/** Where decisions of approvals are announced, by `requestId`. */
export function approvalChannel(schema: string): string {
  return channelOf(schema, "approvals");
}
