import { once } from "node:events";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { sampleEvents } from "../sample.js";
import { type BenchServer, type Sql, START, withStore } from "./store.js";

const CONNECTIONS = 4;
const COLUMNS =
  "ts, recorded_at, event_id, agent_id, team_id, org_id, session_id, trace_id, action, decision, dry_run, shadow_decision, matched_rule_id, tool, payload";

/** Batches of 1,000, four at once, against one COPY of all rows over each of four connections. */
export function batches(server: BenchServer, quick: boolean): Promise<BenchResult> {
  const count = quick ? 40 : 100;
  return withStore(server, async (ours, raw) => {
    let at = START;
    const make = () => {
      at += count * 1000;
      return Array.from({ length: count }, (_, n) => sampleEvents(1000, at + n * 1000));
    };
    const measured = await inTurn(
      quick ? 3 : 7,
      async () => {
        const waiting = make();
        const worker = async () => {
          for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) await ours.audit.append(batch);
        };
        return (count * 1000) / (await seconds(() => Promise.all(Array.from({ length: CONNECTIONS }, worker))));
      },
      async () => {
        const made = make();
        const share = Math.ceil(made.length / CONNECTIONS);
        const parts = Array.from({ length: CONNECTIONS }, (_, n) => made.slice(n * share, (n + 1) * share));
        return (count * 1000) / (await seconds(() => Promise.all(parts.map((part) => copy(raw, part)))));
      },
    );
    const name = `postgres (${server.edition}) append, batches of 1,000, 4 at once`;
    return judge(name, "events/s", measured, { kind: "at least", ratio: 0.65 });
  });
}

/** 10,000 appends of one event started at once, against single-row INSERTs pipelined over four connections. */
export function singles(server: BenchServer, quick: boolean): Promise<BenchResult> {
  const count = 10_000;
  return withStore(server, async (ours, raw) => {
    const places = COLUMNS.split(",").map((_, i) => `$${i + 1}`);
    const statement = `INSERT INTO audit_events (${COLUMNS}) VALUES (${places.join(", ")})`;
    let at = START;
    const make = () => {
      at += count;
      return sampleEvents(count, at);
    };
    const measured = await inTurn(
      quick ? 2 : 5,
      async () => {
        const events = make();
        return count / (await seconds(() => Promise.all(events.map((event) => ours.audit.append([event])))));
      },
      async () => {
        const events = make();
        const insert = (event: NewAuditEvent) => raw.unsafe(statement, columnsOf(event), { prepare: true });
        return count / (await seconds(() => Promise.all(events.map(insert))));
      },
    );
    const name = `postgres (${server.edition}) append, 10,000 concurrent singles`;
    return judge(name, "events/s", measured, { kind: "at least", ratio: 6 });
  });
}

async function copy(raw: Sql, events: readonly (readonly NewAuditEvent[])[]): Promise<void> {
  const stream = await raw.unsafe(`COPY audit_events (${COLUMNS}) FROM STDIN`).writable();
  for (const batch of events) {
    let text = "";
    for (const event of batch) text += `${columnsOf(event).map(field).join("\t")}\n`;
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
}

function columnsOf(event: NewAuditEvent): (string | boolean | null)[] {
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
