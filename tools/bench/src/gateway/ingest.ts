import { type BenchResult, inTurn, judge, seconds, withinBudget } from "../result.js";
import { sampleEvents } from "../sample.js";
import { withStores } from "../sqlite/store.js";
import { type GatewayProcess, startGateway } from "./gateway-process.js";
import { SPANS, traceRequests } from "./spans.js";

const CONNECTIONS = 4;
const BATCH = 1000;
const START = Date.UTC(2026, 0, 1);
/** Of bulk append in the same run. */
const INGEST_RATIO = 0.5;
const DELAY_MS = 50;

/** OTLP with protobuf and gzip over four connections into a file, against bulk append of as many events to another one. */
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
      const taken = await seconds(() => sendAll(gateway, bodies));
      delays.push((await gateway.served()).delayMs);
      return count / taken;
    };
    const appended = async (): Promise<number> => {
      const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, n) => sampleEvents(BATCH, at + n * BATCH));
      at += batches.length * BATCH;
      const taken = await seconds(async () => {
        for (const batch of batches) await storage.audit.append(batch);
      });
      return (batches.length * BATCH) / taken;
    };
    const measured = await inTurn(quick ? 3 : 5, sent, appended);
    const name = `gateway OTLP, ${SPANS} spans a request, ${CONNECTIONS} connections, sqlite`;
    return [
      judge(`${name}, against bulk append`, "events/s", measured, { kind: "at least", ratio: INGEST_RATIO }),
      withinBudget(`${name}, event-loop delay p99`, "ms", Math.max(...delays), DELAY_MS),
    ];
  });
}

async function sendAll({ url }: GatewayProcess, bodies: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "gzip" };
  const left = bodies.values();
  const send = async (): Promise<void> => {
    for (const body of left) {
      const response = await fetch(`${url}/v1/traces`, { method: "POST", headers, body });
      const answer = await response.arrayBuffer();
      // An empty answer says that all spans were stored.
      if (response.status !== 200 || answer.byteLength > 0) throw new Error(`answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
}
