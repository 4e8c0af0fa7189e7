import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, it } from "vitest";
import { appendSealed, createSealer, generateSignerKey, parseSignerKey } from "../../src/index.js";

const key = parseSignerKey(generateSignerKey("example.com/audit").signerKey);

function event(members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return { ts: new Date(), agentId: "agent-1", action: "tool_call", decision: "allow", ...members };
}

async function begun() {
  const storage = openMemoryStorage({ governanceEvents: false });
  const sealer = createSealer(storage, { key });
  await sealer.init();
  return { storage, sealer };
}

it("appends events and gives their leaves, in their order, also of those that were sealed before", async () => {
  const { storage, sealer } = await begun();
  const known = event({ eventId: "00000000-0000-7000-8000-0000000000AB" });
  expect((await appendSealed(storage, [known], { sealer })).leaves).toEqual([1]);
  const bad = { ...event(), agentId: "" };
  const old = event({ ts: new Date(Date.now() - 3_600_000), eventId: "00000000-0000-0000-0000-000000000000" });
  const made = [event(), known, bad, old, event()];
  const { leaves, inserted, duplicates, rejected } = await appendSealed(storage, made, { sealer });
  expect({ inserted, duplicates, rejected: rejected.map(({ index }) => index) }).toEqual({
    inserted: 3,
    duplicates: 1,
    rejected: [2],
  });
  expect(leaves).toEqual([2, 1, undefined, 3, 4]);
});

it("waits for a sealer elsewhere, and says that there is none", async () => {
  const { storage, sealer } = await begun();
  await expect(appendSealed(storage, [event()], { timeoutMs: 50 })).rejects.toMatchObject({
    code: "timeout",
    message: expect.stringContaining("1 event was stored, and not sealed within 0.05 s"),
    remedy: expect.stringContaining("aasm evidence seal --watch"),
  });
  expect(await storage.audit.count()).toBe(1);
  const end = new AbortController();
  const running = sealer.run({ signal: end.signal });
  expect((await appendSealed(storage, [event(), event()])).leaves).toEqual([2, 3]);
  end.abort();
  await running;
});

it("ends when its signal aborts, and is refused without a log", async () => {
  const { storage } = await begun();
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(appendSealed(storage, [event()], { signal })).rejects.toThrow("enough");
  await expect(appendSealed(storage, [event()], { timeoutMs: -1 })).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(appendSealed(openMemoryStorage(), [event()])).rejects.toMatchObject({ code: "not_found" });
});
