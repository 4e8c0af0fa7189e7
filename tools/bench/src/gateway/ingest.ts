import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { type BenchResult, inTurn, judge, seconds, withinBudget } from "../result.js";
import { sampleEvents } from "../sample.js";
import { withStores } from "../sqlite/store.js";
import { type GatewayProcess, startGateway } from "./gateway-process.js";
import { eventsOfRequests, SPANS, traceRequests } from "./spans.js";

const CONNECTIONS = 4;
const BATCH = 1024;
const START = Date.UTC(2026, 0, 1);
/** Of bulk append in the same run. */
const INGEST_RATIO = 0.5;
const DELAY_MS = 50;

/**
 * OTLP with protobuf and gzip over four connections into a file, against two kinds of bulk append to another one: of the events that
 * such spans become, as many in each call as spans in a request, and as many calls at once as connections; and of the smaller events
 * that the other rows append, in batches one after another. The gateway is a process of its own, with its client in this one; what is
 * sent and appended is made before the time counts.
 */
export function ingest(quick: boolean): Promise<BenchResult[]> {
  const requests = quick ? 20 : 100;
  const count = requests * SPANS;
  return withStores(async (storage, _raw, { raw: path }) => {
    await using gateway = await startGateway(path);
    let at = START;
    const delays: number[] = [];
    const sent = async (): Promise<number> => {
      const bodies = traceRequests(requests, at);
      at += count;
      await gateway.served();
      const taken = await seconds(() => workThrough(bodies, CONNECTIONS, (body) => send(gateway, body)));
      delays.push((await gateway.served()).delayMs);
      return count / taken;
    };
    const appended = async (calls: readonly NewAuditEvent[][], atOnce: number): Promise<number> => {
      at += count;
      let inserted = 0;
      const taken = await seconds(() =>
        workThrough(calls, atOnce, async (events) => {
          const result = await storage.audit.append(events);
          inserted += result.inserted;
        }),
      );
      if (inserted !== count) throw new Error(`appended ${inserted} of ${count} events`);
      return count / taken;
    };
    const rounds = quick ? 3 : 5;
    const same = await inTurn(rounds, sent, () => appended(eventsOfRequests(requests, at), CONNECTIONS));
    const bulk = await inTurn(rounds, sent, () => appended(batches(count, at), 1));
    const name = `gateway OTLP, ${SPANS} spans a request, ${CONNECTIONS} connections, sqlite`;
    const target = { kind: "at least", ratio: INGEST_RATIO } as const;
    return [
      judge(`${name}, against bulk append`, "events/s", bulk, target),
      judge(`${name}, against bulk append of the same events`, "events/s", same, target),
      withinBudget(`${name}, event-loop delay p99`, "ms", Math.max(...delays), DELAY_MS),
    ];
  });
}

/** Works through a list, with so many at a time. */
async function workThrough<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const next = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

function batches(count: number, startMs: number): NewAuditEvent[][] {
  return Array.from({ length: count / BATCH }, (_, n) => sampleEvents(BATCH, startMs + n * BATCH));
}

async function send({ url }: GatewayProcess, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "gzip" };
  const response = await fetch(`${url}/v1/traces`, { method: "POST", headers, body });
  const answer = await response.arrayBuffer();
  // An empty answer says that all spans were stored.
  if (response.status !== 200 || answer.byteLength > 0) throw new Error(`answered ${response.status}`);
}
