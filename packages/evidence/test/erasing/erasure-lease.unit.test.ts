import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, it, onTestFinished, vi } from "vitest";
import { ErasureLease } from "../../src/erasing/erasure-lease.js";

/** Between two renewals. */
const RENEWAL_MS = 7000;

it("is lost, and ends nothing, when it cannot be renewed", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const storage = openMemoryStorage();
  onTestFinished(() => storage.close());
  const failure = Object.assign(new Error("write CONNECTION_CLOSED"), { code: "CONNECTION_CLOSED" });
  const retentionSupport: Pick<typeof storage.retentionSupport, "lease"> = {
    async lease(name, ttlMs) {
      const lease = await storage.retentionSupport.lease(name, ttlMs);
      return lease && { ...lease, expiresAt: lease.expiresAt, renew: () => Promise.reject(failure) };
    },
  };
  await using lease = await ErasureLease.acquire(retentionSupport, 0, undefined);
  expect(() => lease.requireHeld()).not.toThrow();
  await vi.advanceTimersByTimeAsync(RENEWAL_MS);
  expect(() => lease.requireHeld()).toThrow(
    expect.objectContaining({ code: "busy", cause: expect.objectContaining({ code: failure.code }) }),
  );
});
