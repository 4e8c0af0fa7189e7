import { type BenchResult, inTurn, judge, seconds, withinBudget } from "../result.js";
import { withStores } from "../sqlite/store.js";
import { type GatewayProcess, startGateway } from "./gateway-process.js";
import { eventsOfRequests, SPANS, traceRequests } from "./spans.js";

const CONNECTIONS = 4;
const START = Date.UTC(2026, 0, 1);
/** Of bulk append in the same run. */
const INGEST_RATIO = 0.5;
const DELAY_MS = 50;

/**
 * OTLP with protobuf and gzip over four connections into a file, against bulk append to another one: of the events that such spans
 * become, as many in each call as spans in a request, and as many calls at once as connections. The gateway is a process of its own,
 * with its client in this one; what is sent and appended is made before the time counts.
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
      const taken = await seconds(() => atOnce(bodies, (body) => send(gateway, body)));
      delays.push((await gateway.served()).delayMs);
      return count / taken;
    };
    const appended = async (): Promise<number> => {
      const calls = eventsOfRequests(requests, at);
      at += count;
      let inserted = 0;
      const taken = await seconds(() =>
        atOnce(calls, async (events) => {
          inserted += (await storage.audit.append(events)).inserted;
        }),
      );
      if (inserted !== count) throw new Error(`appended ${inserted} of ${count} events`);
      return count / taken;
    };
    const measured = await inTurn(quick ? 3 : 5, sent, appended);
    const name = `gateway OTLP, ${SPANS} spans a request, ${CONNECTIONS} connections, sqlite`;
    return [
      judge(`${name}, against bulk append of the same events`, "events/s", measured, {
        kind: "at least",
        ratio: INGEST_RATIO,
      }),
      withinBudget(`${name}, event-loop delay p99`, "ms", Math.max(...delays), DELAY_MS),
    ];
  });
}

/** Works through a list, with as many at a time as there are connections. */
async function atOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const workThrough = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, workThrough));
}

async function send({ url }: GatewayProcess, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "gzip" };
  const response = await fetch(`${url}/v1/traces`, { method: "POST", headers, body });
  const answer = await response.arrayBuffer();
  // An empty answer says that all spans were stored.
  if (response.status !== 200 || answer.byteLength > 0) throw new Error(`answered ${response.status}`);
}
