import assert from "node:assert/strict";
import {
  type AuditEvent,
  CAPABILITY_NAMES,
  isStorageError,
  type NewAuditEvent,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { OPERATIONS, OPTIONAL_ROLES, type OperationName } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../contract-case.js";
import type { StorageHarness } from "../harness.js";
import { collect, rejects } from "../support/assert.js";
import { ANY_TIME, event, events, NOW } from "../support/fixtures.js";
import { durabilityCases, reopened } from "./durability.js";

type Method = (...args: unknown[]) => unknown;

/** Calls an operation by its name, without arguments; iterables are read to the end. */
async function callByName(backend: StorageBackend, name: OperationName): Promise<unknown> {
  const [role, method] = name.split(".") as [string, string | undefined];
  const owner: unknown = method === undefined ? backend : backend[role as keyof StorageBackend];
  const answer = (owner as Record<string, Method>)[method ?? role]?.apply(owner, []);
  return OPERATIONS[name].shape === "iterate" ? collect(answer as AsyncIterable<unknown>) : answer;
}

/** What a closed store holds: opened again where it outlives its process. */
async function idsAfterClose(harness: StorageHarness, backend: StorageBackend): Promise<string[]> {
  if (backend.capabilities.durability.status === "unsupported") {
    return (await harness.readStoredEvents(backend)).map(({ eventId }) => eventId);
  }
  const again = await reopened(harness, backend, ANY_TIME);
  try {
    return (await collect(again.audit.stream())).map(({ eventId }) => eventId);
  } finally {
    await again.close();
  }
}

export const lifecycleCases = defineCases([
  {
    id: "lifecycle.close.refuses-every-operation",
    title: "after close every operation is refused with closed, before its arguments are looked at",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3));
      await backend.close();
      const absent = OPTIONAL_ROLES.filter((role) => backend[role] === undefined);
      const isThere = (name: string): boolean => !absent.some((role) => name.startsWith(`${role}.`));
      for (const name of (Object.keys(OPERATIONS) as OperationName[]).filter(isThere)) {
        let failure: unknown;
        try {
          await callByName(backend, name);
        } catch (error) {
          failure = error;
        }
        assert.ok(isStorageError(failure, "closed"), `${name}: ${String(failure)}`);
        assert.equal(failure.operation, name);
        assert.equal(failure.backend, backend.name);
        assert.equal(failure.retryable, false);
      }
    },
  },
  {
    id: "lifecycle.close.idempotent",
    title: "closing again, at once or later, and disposing do nothing more",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await Promise.all([backend.close(), backend.close()]);
      await backend.close();
      await backend[Symbol.asyncDispose]();
    },
  },
  {
    id: "lifecycle.dispose.closes",
    title: "leaving a scope with await using closes the store",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.agents.register({ agentId: "a" });
      await backend[Symbol.asyncDispose]();
      await rejects(() => backend.agents.get("a"), "closed");
    },
  },
  {
    id: "lifecycle.close.waits-for-writes",
    title: "writes that were called before close are acknowledged and stored, later ones are refused",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const writes = events(50).map((one) => backend.audit.append([one]));
      const closing = backend.close();
      const late = backend.audit.append([event(999)]).then(
        () => assert.fail("a write after close was accepted"),
        (error: unknown) => error,
      );
      for (const result of await Promise.all(writes)) {
        assert.deepEqual(result, { inserted: 1, duplicates: 0, rejected: [] });
      }
      await closing;
      assert.ok(isStorageError(await late, "closed"));
      const ids = events(50).map(({ eventId }: NewAuditEvent) => eventId);
      assert.deepEqual(await idsAfterClose(harness, backend), ids);
    },
  },
  {
    id: "lifecycle.close.waits-for-large-appends",
    title: "an append of many events that was called before close is acknowledged and stored whole",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const many = events(20_000);
      const appending = backend.audit.append(many);
      const closing = backend.close();
      assert.deepEqual(await appending, { inserted: 20_000, duplicates: 0, rejected: [] });
      await closing;
      assert.deepEqual(
        await idsAfterClose(harness, backend),
        many.map(({ eventId }) => eventId),
      );
    },
  },
  {
    id: "lifecycle.close.waits-for-restores",
    title: "a restore that was called before close is acknowledged and stored whole",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const stored = events(3000).map((one) => ({ ...one, recordedAt: new Date(NOW), dryRun: false }) as AuditEvent);
      const restoring = backend.partitions.restore(stored);
      const closing = backend.close();
      assert.deepEqual(await restoring, { inserted: 3000, duplicates: 0, conflicts: 0 });
      await closing;
      assert.deepEqual(
        await idsAfterClose(harness, backend),
        stored.map(({ eventId }) => eventId),
      );
    },
  },
  {
    id: "lifecycle.health.shape",
    title: "a healthy store says so, with its name, a latency and no problems",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const health = await backend.health();
      assert.equal(health.status, "ok", JSON.stringify(health.problems));
      assert.equal(health.backend, backend.name);
      assert.ok(Number.isFinite(health.latencyMs) && health.latencyMs >= 0, `latency ${health.latencyMs}`);
      assert.deepEqual(health.problems, []);
      for (const [name, value] of Object.entries(health.details)) {
        assert.ok(["string", "number", "boolean"].includes(typeof value), name);
      }
      if (health.schemaVersion !== undefined) assert.ok(Number.isInteger(health.schemaVersion));
    },
  },
  {
    id: "lifecycle.location.no-credentials",
    title: "the location, where there is one, is text for people without credentials",
    async run({ storage }) {
      const { location } = await storage(ANY_TIME);
      if (location === undefined) return;
      assert.ok(typeof location === "string" && location !== "", typeof location);
      if (!URL.canParse(location)) return;
      const { username, password, search } = new URL(location);
      assert.deepEqual([username, password, search], ["", "", ""]);
    },
  },
  {
    id: "lifecycle.migrate.again",
    title: "migrating a migrated store does nothing and says so, as a dry run too",
    async run({ storage, harness }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3));
      const { schemaVersion } = await backend.health();
      const schema = harness.schema?.(backend);
      assert.equal(
        schema === undefined,
        schemaVersion === undefined,
        "a store has a schema version and a schema, or none",
      );
      if (schema === undefined) return;
      const report = await schema.migrate();
      assert.deepEqual(report.steps, []);
      assert.equal(report.from, report.to);
      assert.deepEqual(await schema.migrate({ dryRun: true }), report);
      assert.equal((await schema.status()).state, "current");
      assert.deepEqual(await schema.verify(), []);
      assert.equal((await backend.health()).schemaVersion, report.to);
      assert.equal(await backend.audit.count(), 3);
    },
  },
  {
    id: "lifecycle.errors.carry-context",
    title: "a refusal names the operation and the backend, from calls and from iterations",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const calls: [OperationName, () => unknown][] = [
        ["audit.append", () => backend.audit.append(null as never)],
        ["audit.query", () => backend.audit.query({ nope: 1 } as never)],
        ["audit.stream", () => collect(backend.audit.stream({ nope: 1 } as never))],
        ["audit.tail", () => collect(backend.audit.tail({ nope: 1 } as never))],
        ["agents.update", () => backend.agents.update("unknown", {})],
        ["policies.activate", () => backend.policies.activate("unknown", 1, { actor: "a" })],
        ["metrics.query", () => backend.metrics.query({} as never)],
        ["partitions.read", () => collect(backend.partitions.read({} as never))],
        ["retentionSupport.lease", () => backend.retentionSupport.lease("", 1000)],
      ];
      for (const [operation, call] of calls) {
        let failure: unknown;
        try {
          await call();
        } catch (error) {
          failure = error;
        }
        assert.ok(isStorageError(failure), `${operation}: ${String(failure)}`);
        assert.equal(failure.operation, operation);
        assert.equal(failure.backend, backend.name);
      }
    },
  },
  {
    id: "lifecycle.capabilities.complete",
    title: "every capability has a status and, unless supported, a reason",
    async run({ storage }) {
      const { capabilities } = await storage(ANY_TIME);
      assert.deepEqual(Object.keys(capabilities).sort(), [...CAPABILITY_NAMES].sort());
      for (const name of CAPABILITY_NAMES) {
        const capability = capabilities[name];
        assert.ok(["supported", "degraded", "unsupported"].includes(capability.status), name);
        if (capability.status !== "supported") assert.ok(capability.reason.trim().length > 10, name);
      }
    },
  },
  ...durabilityCases,
]);
