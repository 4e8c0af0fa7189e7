import { eventsOf } from "../audit/create-store.js";
import type { AuditDriver } from "../audit/driver.js";
import type { AuditEventRow } from "../audit/row.js";
import type { Capabilities } from "../capabilities.js";
import { StorageError } from "../errors.js";
import { throwIfAborted } from "../support/abort.js";
import type { PartitionDriver } from "./driver.js";
import { partitionErrors } from "./errors.js";
import {
  type ParsedSlice,
  parseDataset,
  parseDrop,
  parseMeasureRequests,
  parsePartition,
  parseRead,
  parseSlice,
} from "./parse.js";
import { parseRestoredEvents, parseRestoreOptions } from "./parse-events.js";
import type { MeasureRequest, Partition, PartitionMeasure, PartitionReadOptions } from "./partition.js";
import type { PartitionStore } from "./store.js";

/** What {@link createPartitionStore} needs besides the driver. */
export interface PartitionStoreOptions {
  /** Restored events are appended to it. */
  readonly audit: Pick<AuditDriver, "append">;
  /** Of the backend: metrics that are not persisted have no partitions, and `compress` is refused with the reason. */
  readonly capabilities: Pick<Capabilities, "compression" | "metricsPersistence" | "evidence">;
}

/**
 * What {@link createPartitionStore} makes: a {@link PartitionStore} that also reads rows in the form they are stored in, and measures
 * many partitions at once.
 */
export interface PartitionRowStore extends PartitionStore {
  /** For `createRetentionSupport`. @throws as `read` does */
  readRows(partition: Partition, options?: PartitionReadOptions): AsyncIterable<readonly AuditEventRow[]>;
  /** For `createRetentionSupport`. @throws as `measure` does */
  measureAll(requests: readonly MeasureRequest[]): Promise<PartitionMeasure[]>;
}

/** Implements the rules of {@link PartitionStore} on a backend's driver. */
export function createPartitionStore(
  driver: PartitionDriver,
  { audit, capabilities: { compression, metricsPersistence, evidence: sealing } }: PartitionStoreOptions,
): PartitionRowStore {
  const metricsInMemory = metricsPersistence.status === "unsupported";

  const partitioned = <Part extends ParsedSlice>(part: Part): Part => {
    if (part.dataset === "metrics" && metricsInMemory) throw partitionErrors.metricsInMemory();
    return part;
  };

  const readRows: PartitionRowStore["readRows"] = (partition, options) => {
    const wanted = partitioned(parseRead(partition, options));
    if (wanted.dataset === "metrics") throw partitionErrors.metricsAreNoEvents();
    return driver.slices(wanted);
  };

  return {
    readRows,
    read: (partition, options) => eventsOf(readRows(partition, options), options?.signal),

    async list(dataset) {
      return parseDataset(dataset) === "metrics" && metricsInMemory ? [] : driver.list(dataset);
    },

    async measure(partition, part) {
      const [measure] = await driver.measure([partitioned(parseSlice(partition, part))]);
      return measure as PartitionMeasure;
    },

    async measureAll(requests) {
      return driver.measure(parseMeasureRequests(requests).map(partitioned));
    },

    async compress(partition) {
      const wanted = parsePartition(partition);
      if (compression.status === "unsupported" || driver.compress === undefined) {
        const message = "reason" in compression ? compression.reason : "this backend cannot compress partitions";
        throw new StorageError({ code: "unsupported", message });
      }
      return driver.compress(wanted);
    },

    async drop(partition, options) {
      const wanted = partitioned(parseDrop(partition, options));
      throwIfAborted(wanted.signal);
      return { rows: await driver.drop(wanted) };
    },

    async restore(events, options = {}) {
      // Passed on without an `await` before: a close that is called now waits for what the writer of the backend has.
      const rows = parseRestoredEvents(events);
      const evidence = parseRestoreOptions(options, rows.length);
      if (evidence !== undefined && sealing.status === "unsupported") {
        throw new StorageError({ code: "unsupported", message: `the events of this store have no leaves: ${sealing.reason}` });
      }
      if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
      const { inserted, duplicates, rejected } = await audit.append(rows, { restored: true, evidence });
      return { inserted, duplicates, conflicts: rejected.length };
    },
  };
}
