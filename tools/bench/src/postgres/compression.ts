import type { StorageBackend } from "@agent-assembly/storage-core";
import { type BenchResult, judge, median, seconds } from "../result.js";
import { type BenchServer, DAY_MS, fill, type Sql, START, withStore } from "./store.js";

/** Settings that a manual tuning would try. */
const BY_HAND: readonly { readonly segmentBy: string; readonly orderBy: string }[] = [
  { segmentBy: "agent_id", orderBy: "ts DESC" },
  { segmentBy: "agent_id", orderBy: "ts, event_id" },
  { segmentBy: "agent_id", orderBy: "tool, ts DESC" },
  { segmentBy: "agent_id, action", orderBy: "ts DESC" },
  { segmentBy: "team_id", orderBy: "agent_id, ts DESC" },
  { segmentBy: "", orderBy: "ts DESC" },
  { segmentBy: "", orderBy: "agent_id, ts DESC" },
  { segmentBy: "", orderBy: "agent_id, tool, ts DESC" },
];

/**
 * Bytes of a compressed event, against the best of the settings that were tuned by hand, on the same rows; and what reading
 * the newest of one agent takes then, against the same chunk before.
 */
export async function compression(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  if (server.edition !== "community") return [];
  const count = quick ? 100_000 : 500_000;
  const name = `postgres (${server.edition})`;
  const compressed = (settings?: (typeof BY_HAND)[number]) =>
    withStore(server, async (ours, raw) => {
      await fill(raw, count, START, Math.floor((7 * DAY_MS) / count));
      if (settings !== undefined) await set(raw, settings);
      const before = await newest(ours);
      await raw.unsafe("SELECT compress_chunk(c) FROM show_chunks('audit_events') AS c");
      await raw.unsafe("VACUUM ANALYZE audit_events");
      const [row] = await raw.unsafe<{ bytes: string }[]>(
        "SELECT after_compression_total_bytes::text AS bytes FROM hypertable_compression_stats('audit_events')",
      );
      return { bytes: Number(row?.bytes) / count, before, after: await newest(ours) };
    });
  const ours = await compressed();
  const others: number[] = [];
  for (const settings of BY_HAND) others.push((await compressed(settings)).bytes);
  const best = Math.min(...others);
  const size = { value: ours.bytes, floor: best, ratio: ours.bytes / best };
  const read = { value: ours.after, floor: ours.before, ratio: ours.after / ours.before };
  return [
    judge(`${name} compressed event`, "bytes", size, { kind: "at most", ratio: 1.05 }),
    judge(`${name} newest 100 of one agent, compressed`, "ms", read, { kind: "at most", ratio: 3 }),
  ];
}

/** Milliseconds for the newest 100 of one agent within five days. */
async function newest(ours: StorageBackend): Promise<number> {
  const [from, to] = [new Date(START + DAY_MS), new Date(START + 6 * DAY_MS)];
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    times.push(await seconds(() => ours.audit.query({ agentId: `agent-${i % 50}`, from, to }, { limit: 100 })));
  }
  return median(times) * 1000;
}

async function set(raw: Sql, { segmentBy, orderBy }: (typeof BY_HAND)[number]): Promise<void> {
  await raw.unsafe(
    `ALTER TABLE audit_events SET (timescaledb.compress_segmentby = '${segmentBy}', timescaledb.compress_orderby = '${orderBy}')`,
  );
}
