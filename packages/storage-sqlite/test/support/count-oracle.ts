import type {
  AuditFilter,
  Partition,
  PartitionSlice,
  StorageBackend,
  SummaryRequest,
} from "@agent-assembly/storage-core";
import { type AuditEventRow, toAuditEvent } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";

const ROW_BYTES = 250;

/** The answers to questions about counts, by the reference in memory, which looks at all events. */
export class CountOracle {
  private constructor(
    private readonly memory: StorageBackend,
    private readonly bytes: ReadonlyMap<string, number>,
  ) {}

  static async of(events: readonly AuditEventRow[]): Promise<CountOracle> {
    const memory = openMemoryStorage();
    if (events.length > 0) await memory.partitions.restore(events.map(toAuditEvent));
    const bytes = events.map(({ ts, eventId, payload }): [string, number] => [
      `${ts} ${eventId}`,
      ROW_BYTES + (payload === null ? 0 : Buffer.byteLength(payload)),
    ]);
    return new CountOracle(memory, new Map(bytes));
  }

  count(filter: AuditFilter): Promise<number> {
    return this.memory.audit.count(filter);
  }

  summarize(filter: AuditFilter, request: SummaryRequest): Promise<unknown[]> {
    return this.memory.audit.summarize(filter, request);
  }

  /** With the bytes as this backend estimates them. */
  async list(): Promise<Partition[]> {
    const days = await this.memory.partitions.list("audit");
    return Promise.all(days.map(async (day) => ({ ...day, bytes: (await this.measure(day)).bytes })));
  }

  async measure(
    partition: Partition,
    selection?: PartitionSlice["selection"],
  ): Promise<{ rows: number; bytes: number }> {
    let [rows, bytes] = [0, 0];
    for await (const { ts, eventId } of this.memory.partitions.read(partition, { selection })) {
      rows++;
      bytes += this.bytes.get(`${ts.getTime()} ${eventId}`) ?? Number.NaN;
    }
    return { rows, bytes };
  }
}
