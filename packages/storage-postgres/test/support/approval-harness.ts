import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApprovalHarness } from "@agent-assembly/storage-contract";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { ApprovalDefaults, ApprovalQueue } from "@agent-assembly/storage-core/state";
import postgres from "postgres";
import { openPostgresStorage } from "../../src/backend.js";
import type { PostgresStorageOptions } from "../../src/options.js";

interface Schema {
  readonly schema: string;
  readonly stores: StorageBackend[];
}

/** A schema of its own for each queue; time passes by the server's clock. */
export function postgresApprovalHarness(name: string, target: PostgresStorageOptions): ApprovalHarness {
  const schemas = new WeakMap<ApprovalQueue, Schema>();

  async function open(one: Schema, defaults: ApprovalDefaults): Promise<ApprovalQueue> {
    const store = await openPostgresStorage({
      migrate: "auto",
      maxConnections: 8,
      minConnections: 0,
      ...target,
      schema: one.schema,
    });
    one.stores.push(store);
    const queue = store.stateSupport?.openApprovals({ ...defaults });
    if (queue === undefined) throw new TypeError("the store has no approvals");
    schemas.set(queue, one);
    return queue;
  }

  function schemaOf(queue: ApprovalQueue): Schema {
    const one = schemas.get(queue);
    if (one === undefined) throw new TypeError("this queue was not made by this harness");
    return one;
  }

  async function closeStores({ stores }: Schema): Promise<void> {
    for (const store of stores.splice(0)) await store.close();
  }

  return {
    name,
    create: (defaults) => open({ schema: `approvals_${randomBytes(6).toString("hex")}`, stores: [] }, defaults),
    second: (first, defaults) => open(schemaOf(first), defaults),
    async reopen(queue, defaults) {
      await queue.close();
      await closeStores(schemaOf(queue));
      return open(schemaOf(queue), defaults);
    },
    // A moment more: what expires by the server's clock has expired.
    advance: (_queue, ms) => sleep(ms + 20),
    async destroy(queue) {
      await queue.close();
      await closeStores(schemaOf(queue));
      const sql = postgres(target.url, { max: 1, onnotice: () => undefined });
      await sql.unsafe(`DROP SCHEMA "${schemaOf(queue).schema}" CASCADE`);
      await sql.end();
    },
  };
}
