import type { ApprovalHarness } from "@agent-assembly/storage-contract";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { ApprovalDefaults, ApprovalQueue } from "@agent-assembly/storage-core/state";
import { openPostgresStorage } from "../../src/backend.js";
import type { PostgresStorageOptions } from "../../src/options.js";
import { SchemaPool } from "../../src/testing/schema-pool.js";

/** Where one queue and the other handles on it are. */
interface Place {
  readonly schema: string;
  readonly stores: StorageBackend[];
  /** What their clock shows, milliseconds since the epoch. */
  now: number;
}

/** A schema for each queue, and a clock that only the cases move; see approval-time.int.test.ts for the server's. */
export function postgresApprovalHarness(name: string, target: PostgresStorageOptions): ApprovalHarness {
  const places = new WeakMap<ApprovalQueue, Place>();
  const schemas = new SchemaPool(target);

  async function open(place: Place, defaults: ApprovalDefaults): Promise<ApprovalQueue> {
    const store = await openPostgresStorage({
      // Each costs the server as much as a dozen statements, and four are enough to race.
      maxConnections: 4,
      minConnections: 0,
      ...target,
      migrate: "off",
      schema: place.schema,
      clock: () => place.now,
    });
    place.stores.push(store);
    const queue = store.stateSupport?.openApprovals?.({ pollMs: 20, ...defaults });
    if (queue === undefined) throw new TypeError("the store has no approvals");
    places.set(queue, place);
    return queue;
  }

  function placeOf(queue: ApprovalQueue): Place {
    const place = places.get(queue);
    if (place === undefined) throw new TypeError("this queue was not made by this harness");
    return place;
  }

  async function closeStores({ stores }: Place): Promise<void> {
    for (const store of stores.splice(0)) await store.close();
  }

  return {
    name,
    create: async (defaults) => open({ schema: await schemas.take(), stores: [], now: Date.now() }, defaults),
    second: (first, defaults) => open(placeOf(first), defaults),
    async reopen(queue, defaults) {
      await queue.close();
      await closeStores(placeOf(queue));
      return open(placeOf(queue), defaults);
    },
    log: (queue) => (placeOf(queue).stores[0] as StorageBackend).audit,
    async advance(queue, ms) {
      placeOf(queue).now += ms;
    },
    async destroy(queue) {
      await queue.close();
      await closeStores(placeOf(queue));
      await schemas.giveBack(placeOf(queue).schema);
    },
    close: () => schemas.close(),
  };
}
