import { once } from "node:events";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { batchRates, singleRates } from "../append-rates.js";
import { type BenchResult, judge } from "../result.js";
import { RAW_COLUMNS } from "../sample.js";
import { type BenchServer, type Sql, START, withStore } from "./store.js";

const CONNECTIONS = 4;

/** Batches of 1,000, four at once, against one COPY of all rows over each of four connections. */
export function batches(server: BenchServer, quick: boolean): Promise<BenchResult> {
  return withStore(server, async (ours, raw) => {
    const measured = await batchRates(
      quick ? 40 : 100,
      (waiting) => {
        const worker = async () => {
          for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) await ours.audit.append(batch);
        };
        return Promise.all(Array.from({ length: CONNECTIONS }, worker));
      },
      {
        rounds: quick ? 3 : 7,
        startMs: START,
        floor: (made) => {
          const share = Math.ceil(made.length / CONNECTIONS);
          const parts = Array.from({ length: CONNECTIONS }, (_, n) => made.slice(n * share, (n + 1) * share));
          return Promise.all(parts.map((part) => copy(raw, part)));
        },
      },
    );
    const name = `postgres (${server.edition}) append, batches of 1,000, 4 at once`;
    return judge(name, "events/s", measured, { kind: "at least", ratio: 0.65 });
  });
}

/** 10,000 appends of one event started at once, against single-row INSERTs pipelined over four connections. */
export function singles(server: BenchServer, quick: boolean): Promise<BenchResult> {
  return withStore(server, async (ours, raw) => {
    const places = RAW_COLUMNS.split(",").map((_, i) => `$${i + 1}`);
    const statement = `INSERT INTO audit_events (${RAW_COLUMNS}) VALUES (${places.join(", ")})`;
    const insert = (event: NewAuditEvent) => raw.unsafe(statement, columnsOf(event), { prepare: true });
    const measured = await singleRates(ours, {
      rounds: quick ? 2 : 5,
      startMs: START,
      floor: (events) => Promise.all(events.map(insert)),
    });
    const name = `postgres (${server.edition}) append, 10,000 concurrent singles`;
    return judge(name, "events/s", measured, { kind: "at least", ratio: 6 });
  });
}

async function copy(raw: Sql, events: readonly (readonly NewAuditEvent[])[]): Promise<void> {
  const stream = await raw.unsafe(`COPY audit_events (${RAW_COLUMNS}) FROM STDIN`).writable();
  for (const batch of events) {
    let text = "";
    for (const event of batch) text += `${columnsOf(event).map(field).join("\t")}\n`;
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
}

/** In the order of {@link RAW_COLUMNS}. */
export function columnsOf(event: NewAuditEvent): (string | boolean | null)[] {
  return [
    event.ts.toISOString(),
    new Date().toISOString(),
    event.eventId ?? null,
    event.agentId,
    event.teamId ?? null,
    event.orgId ?? null,
    event.sessionId ?? null,
    event.traceId ?? null,
    event.action,
    event.decision,
    event.dryRun ?? false,
    event.shadowDecision ?? null,
    event.matchedRuleId ?? null,
    (event.payload as { tool: string }).tool,
    JSON.stringify(event.payload),
  ];
}

function field(value: string | boolean | null): string {
  return value === null ? "\\N" : String(value).replaceAll("\\", "\\\\");
}
