import { type BenchResult, judge } from "../result.js";
import { type BenchServer, fill, type Sql, withStore } from "./store.js";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** What somebody who tunes by hand would try. */
const BY_HAND: readonly { readonly segmentBy: string; readonly orderBy: string }[] = [
  { segmentBy: "agent_id", orderBy: "ts DESC" },
  { segmentBy: "agent_id", orderBy: "ts, event_id" },
  { segmentBy: "agent_id, action", orderBy: "ts DESC" },
  { segmentBy: "team_id", orderBy: "agent_id, ts DESC" },
  { segmentBy: "", orderBy: "ts DESC" },
  { segmentBy: "", orderBy: "agent_id, ts DESC" },
];

/** Bytes of a compressed event, against the best of the settings that were tuned by hand, on the same rows. */
export async function compression(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  if (server.edition !== "community") return [];
  const count = quick ? 100_000 : 500_000;
  const bytes = (settings?: (typeof BY_HAND)[number]) =>
    withStore(server, async (_ours, raw) => {
      await fill(raw, count, START, Math.floor((7 * DAY_MS) / count));
      if (settings !== undefined) await set(raw, settings);
      await raw.unsafe("SELECT compress_chunk(c) FROM show_chunks('audit_events') AS c");
      const [row] = await raw.unsafe<{ bytes: string }[]>(
        "SELECT after_compression_total_bytes::text AS bytes FROM hypertable_compression_stats('audit_events')",
      );
      return Number(row?.bytes) / count;
    });
  const ours = await bytes();
  const others: number[] = [];
  for (const settings of BY_HAND) others.push(await bytes(settings));
  const best = Math.min(...others);
  const name = `postgres (${server.edition}) compressed event`;
  return [judge(name, "bytes", { value: ours, floor: best, ratio: ours / best }, { kind: "at most", ratio: 1.05 })];
}

async function set(raw: Sql, { segmentBy, orderBy }: (typeof BY_HAND)[number]): Promise<void> {
  await raw.unsafe(
    `ALTER TABLE audit_events SET (timescaledb.compress_segmentby = '${segmentBy}', timescaledb.compress_orderby = '${orderBy}')`,
  );
}
