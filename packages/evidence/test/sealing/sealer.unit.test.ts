import { setTimeout as sleep } from "node:timers/promises";
import {
  type NewAuditEvent,
  type StorageBackend,
  StorageError,
  type StorageErrorCode,
} from "@agent-assembly/storage-core";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { afterEach, describe, expect, it } from "vitest";
import {
  createSealer,
  generateSignerKey,
  openCheckpoint,
  parseSignerKey,
  parseVerifierKey,
  type SealStatement,
  type Statement,
  verifyStore,
} from "../../src/index.js";

const NOW = Date.UTC(2026, 10, 28, 9, 30);
const HOUR_MS = 3_600_000;
const ORIGIN = "example.com/audit";
const { signerKey, verifierKey } = generateSignerKey(ORIGIN);
const key = parseSignerKey(signerKey);
const keys = [parseVerifierKey(verifierKey)];

let storage: StorageBackend | undefined;
afterEach(async () => {
  await storage?.close();
});

let now = NOW;
function opened(): StorageBackend {
  now = NOW;
  storage = openMemoryStorage({ clock: () => now, governanceEvents: false });
  return storage;
}

function events(count: number, day = 0): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    ts: new Date(now - day * 24 * HOUR_MS - n),
    agentId: "agent-1",
    action: "tool_call",
    decision: "allow",
  }));
}

async function statements({ evidenceSupport }: StorageBackend): Promise<{ leaf: number; statement: Statement }[]> {
  const found = (await evidenceSupport?.statements(1, { from: 0, limit: 4096 })) ?? [];
  return found.map(({ leaf, entry }) => ({ leaf, statement: JSON.parse(entry) as Statement }));
}

async function seals(store: StorageBackend): Promise<{ leaf: number; statement: SealStatement }[]> {
  return (await statements(store)).filter(
    (one): one is { leaf: number; statement: SealStatement } => one.statement.t === "seal",
  );
}

describe("a sealer", () => {
  it("begins a log once, by the name of its key, with the key as first leaf", async () => {
    const store = opened();
    const sealer = createSealer(store, { key, clock: () => now });
    await expect(sealer.sealOnce()).rejects.toMatchObject({ code: "not_found" });
    expect(await sealer.init()).toBe(true);
    expect(await sealer.init()).toBe(false);
    expect(await createSealer(store, { origin: "other" }).init()).toBe(false);
    expect(await store.evidenceSupport?.log()).toMatchObject({ origin: ORIGIN, size: 1 });
    expect((await statements(store))[0]?.statement).toMatchObject({ t: "key", replaces: null, vkey: verifierKey });
    await expect(createSealer(opened()).init()).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("is refused for a store that keeps no evidence", () => {
    const { evidenceSupport: _, ...without } = opened();
    expect(() => createSealer(without as StorageBackend)).toThrow(/keeps no evidence/);
  });

  it("seals what was there before, closes 4,096 leaves at a time, and chains the seals", async () => {
    const store = opened();
    await store.audit.append(events(5000));
    await store.audit.append(events(4000, 1));
    const sealer = createSealer(store, { key, clock: () => now });
    await sealer.init();
    expect(await sealer.sealOnce()).toEqual({ sealed: true, events: 9000, size: 9003, checkpoint: 9003 });
    const [first, second, ...others] = await seals(store);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ leaf: 4096, statement: { n: 0, first: 0, count: 4096, prev: null } });
    expect(second).toMatchObject({ leaf: 4097 + 4096, statement: { n: 1, first: 4097, count: 4096 } });
    expect(first?.statement.days).toEqual({ "2026-11-28": 4095 });
    expect(second?.statement.days).toEqual({ "2026-11-28": 905, "2026-11-27": 3191 });
    expect((await verifyStore(store, { keys })).findings).toEqual([]);
  });

  it("closes what waits since an earlier hour, also when no event comes", async () => {
    const store = opened();
    const sealer = createSealer(store, { clock: () => now });
    await createSealer(store, { origin: ORIGIN, clock: () => now }).init();
    await store.audit.append(events(3));
    await sealer.sealOnce();
    now += 29 * 60_000;
    await sealer.sealOnce();
    expect(await seals(store)).toEqual([]);
    now += 60_000;
    expect(await sealer.sealOnce()).toEqual({ sealed: true, events: 0, size: 4 });
    expect(await seals(store)).toMatchObject([
      { leaf: 3, statement: { count: 3, sealedAt: "2026-11-28T10:00:00.000Z" } },
    ]);
    now += 24 * HOUR_MS;
    expect(await sealer.sealOnce()).toEqual({ sealed: true, events: 0, size: 4 });
    // Another process goes on where this one was.
    await store.audit.append(events(2));
    expect(await createSealer(store, { clock: () => now }).sealOnce()).toMatchObject({ events: 2 });
    expect((await verifyStore(store)).findings).toEqual([]);
  });

  it("signs the log when it grew, and by the key it was given", async () => {
    const store = opened();
    const sealer = createSealer(store, { key, clock: () => now });
    await sealer.init();
    await store.audit.append(events(3));
    expect(await sealer.sealOnce()).toMatchObject({ checkpoint: 4 });
    expect(await sealer.sealOnce()).toEqual({ sealed: true, events: 0, size: 4 });
    const [{ note = "" } = {}] = (await store.evidenceSupport?.checkpoints(5)) ?? [];
    expect(openCheckpoint(note, keys)).toMatchObject({ origin: ORIGIN, size: 4 });
    expect(await store.evidenceSupport?.checkpoints(5)).toHaveLength(1);
  });

  it("tells of each checkpoint that it signed, and keeps one that could not be told", async () => {
    const store = opened();
    const told: number[] = [];
    const onCheckpoint = async ({ size, note }: { readonly size: number; readonly note: string }): Promise<void> => {
      expect(openCheckpoint(note, keys).size).toBe(size);
      told.push(size);
      if (told.length === 2) throw new StorageError({ code: "permission_denied", message: "the anchor is read-only" });
    };
    const sealer = createSealer(store, { key, onCheckpoint, clock: () => now });
    await sealer.init();
    await sealer.sealOnce();
    await sealer.sealOnce();
    await store.audit.append(events(1));
    await expect(sealer.sealOnce()).rejects.toMatchObject({ code: "permission_denied" });
    expect((await store.evidenceSupport?.checkpoints(10))?.map(({ size }) => size)).toEqual([2, 1]);
    expect(told).toEqual([1, 2]);
  });

  it("states a gap once where events waited too long, but not for those that were there first", async () => {
    const store = opened();
    await store.audit.append(events(3));
    now += HOUR_MS;
    const sealer = createSealer(store, { key, clock: () => now, maxLagMs: 60_000 });
    await sealer.init();
    await sealer.sealOnce();
    const gaps = async () => (await statements(store)).filter(({ statement }) => statement.t === "gap");
    expect(await gaps()).toEqual([]);
    await store.audit.append(events(5000));
    now += 61_000;
    await sealer.sealOnce();
    const at = "2026-11-28T10:31:01.000Z";
    const since = "2026-11-28T10:30:00.000Z";
    expect(await gaps()).toMatchObject([{ statement: { at, since, reason: expect.stringContaining("60 s") } }]);
    await store.audit.append(events(1));
    now += 59_000;
    await sealer.sealOnce();
    expect(await gaps()).toHaveLength(1);
    expect((await verifyStore(store, { keys })).findings).toEqual([]);
  });

  it("works beside others one at a time, and leaves the work to the one that has the lease", async () => {
    const store = opened();
    const sealer = createSealer(store, { key, clock: () => now });
    await sealer.init();
    await store.audit.append(events(3));
    const lease = await store.retentionSupport.lease("evidence", 5000);
    expect(await sealer.sealOnce()).toEqual({ sealed: false, events: 0, size: 1 });
    await lease?.release();
    expect(await sealer.sealOnce()).toMatchObject({ sealed: true, events: 3 });
    expect(await store.retentionSupport.lease("evidence", 5000)).toBeDefined();
  });

  it("seals what was there before the call beside one that has the lease, and signs nothing", async () => {
    const store = opened();
    const sealer = createSealer(store, { key, clock: () => now });
    await sealer.init();
    await store.audit.append(events(5000));
    const evidenceSupport = store.evidenceSupport as EvidenceSupport;
    // Others append as long as it seals.
    const support: EvidenceSupport = {
      ...evidenceSupport,
      async next(...args) {
        now += 1000;
        await store.audit.append(events(5000));
        return evidenceSupport.next(...args);
      },
    };
    await store.retentionSupport.lease("evidence", 60_000);
    const signed = await evidenceSupport.checkpoints(10);
    const busy = createSealer({ ...store, evidenceSupport: support }, { key, clock: () => now });
    await busy.sealSoFar();
    const size = (await evidenceSupport.log())?.size ?? 0;
    expect(size).toBeGreaterThan(5000);
    expect(size).toBeLessThan(await store.audit.count());
    expect(await evidenceSupport.checkpoints(10)).toEqual(signed);
    await sealer.sealSoFar();
    expect((await verifyStore(store, { keys })).findings).toEqual([]);
  });

  it("seals each event once where several seal at once", async () => {
    const store = opened();
    const sealers = Array.from({ length: 3 }, () => createSealer(store, { key, clock: () => now }));
    await sealers[0]?.init();
    await store.audit.append(events(9000));
    await Promise.all([sealers[0]?.sealOnce(), sealers[1]?.sealSoFar(), sealers[2]?.sealSoFar()]);
    expect(await sealers[0]?.sealOnce()).toMatchObject({ sealed: true, events: 0 });
    expect(await verifyStore(store, { keys })).toMatchObject({ events: 9000, findings: [] });
  });

  it("seals and signs until it is told to end, and lets the next one in", async () => {
    const store = opened();
    const sealer = createSealer(store, { key, clock: () => now, pollMs: 1, checkpointMs: 1, leaseMs: 1000 });
    await sealer.init();
    const end = new AbortController();
    const running = sealer.run({ signal: end.signal });
    await store.audit.append(events(3));
    await expect.poll(async () => (await store.evidenceSupport?.checkpoints(1))?.[0]?.size).toBe(4);
    await store.audit.append(events(2));
    await expect.poll(async () => (await store.evidenceSupport?.checkpoints(1))?.[0]?.size).toBe(6);
    end.abort();
    await running;
    expect(await sealer.sealOnce()).toMatchObject({ sealed: true });
  });

  it.each([
    { lag: "is short", waited: 0, rests: true },
    { lag: "is long", waited: 40_000, rests: false },
  ])("rests after each slice while its lag $lag: $rests", async ({ waited, rests }) => {
    const store = opened();
    await createSealer(store, { key, clock: () => now }).init();
    for (let n = 0; n < 4; n++) await store.audit.append(events(4096));
    now += waited;
    const evidenceSupport = store.evidenceSupport as EvidenceSupport;
    const turns: { readonly begun: number; ended: number }[] = [];
    const support: EvidenceSupport = {
      ...evidenceSupport,
      next(...args) {
        turns.push({ begun: performance.now(), ended: Number.NaN });
        return evidenceSupport.next(...args);
      },
      async commit(...args) {
        const isDone = await evidenceSupport.commit(...args);
        const turn = turns.at(-1);
        if (turn !== undefined) turn.ended = performance.now();
        return isDone;
      },
    };
    const end = new AbortController();
    const sealer = createSealer({ ...store, evidenceSupport: support }, { clock: () => now, pollMs: 10_000 });
    const running = sealer.run({ signal: end.signal });
    await expect.poll(() => turns.length, { timeout: 60_000 }).toBeGreaterThan(3);
    end.abort();
    await running;
    const worked = turns.slice(0, 3).reduce((sum, { begun, ended }) => sum + ended - begun, 0);
    const rested = turns.slice(0, 3).reduce((sum, { ended }, at) => sum + (turns[at + 1]?.begun ?? 0) - ended, 0);
    if (rests) expect(rested).toBeGreaterThan(2 * worked);
    else expect(rested).toBeLessThan(worked);
  });

  it("goes on after a failure that passes, and ends with one that does not", async () => {
    const store = opened();
    await createSealer(store, { key, clock: () => now }).init();
    await store.audit.append(events(3));
    const failures: StorageErrorCode[] = ["unavailable"];
    const support = store.evidenceSupport as EvidenceSupport;
    const failing: EvidenceSupport = {
      ...support,
      async commit(commit) {
        const code = failures.shift();
        if (code !== undefined) throw new StorageError({ code, message: "not now" });
        return support.commit(commit);
      },
    };
    const sealer = createSealer({ ...store, evidenceSupport: failing }, { key, clock: () => now, pollMs: 1 });
    const end = new AbortController();
    const running = sealer.run({ signal: end.signal });
    await expect.poll(async () => (await support.log())?.size).toBe(4);
    failures.push("full");
    await store.audit.append(events(1));
    await expect(running).rejects.toMatchObject({ code: "full" });
    end.abort();
    expect(await sealer.sealOnce()).toMatchObject({ events: 1, size: 5 });
  });

  it("signs nothing where more is known of the log than it has, or something else", async () => {
    const store = opened();
    const plain = createSealer(store, { key, clock: () => now });
    await plain.init();
    await store.audit.append(events(300));
    await plain.sealOnce();
    await store.audit.append(events(5));
    for (const known of [
      { source: "the anchor", origin: ORIGIN, size: 9000 },
      { source: "the anchor", origin: ORIGIN, size: 301, root: new Uint8Array(32) },
    ]) {
      const sealer = createSealer(store, { key, clock: () => now, known: async () => [known] });
      await expect(sealer.sealOnce()).rejects.toMatchObject({ code: "conflict", finding: { code: "history_forked" } });
    }
    expect(await store.evidenceSupport?.checkpoints(5)).toHaveLength(1);
    const other = { source: "the anchor", origin: "example.com/other", size: 9000 };
    const sealer = createSealer(store, { key, clock: () => now, known: async () => [other] });
    expect(await sealer.sealOnce()).toMatchObject({ checkpoint: 306 });
    await store.evidenceSupport?.recordAnchor({
      log: 1,
      size: 10_000,
      kind: "file",
      target: "/anchors",
      at: now,
      receipt: new Uint8Array(0),
    });
    await store.audit.append(events(1));
    await expect(plain.sealOnce()).rejects.toThrow(/the anchor file \/anchors has size 10,000, this store 307/);
  });

  it("takes statements while it seals, each once", async () => {
    const store = opened();
    const sealer = createSealer(store, { key, clock: () => now });
    await sealer.init();
    await store.audit.append(events(6000));
    const at = new Date(now).toISOString();
    const sealing = sealer.sealOnce();
    const leaves = [];
    for (let n = 0; n < 5; n++) {
      leaves.push(await sealer.appendStatement({ t: "gap", v: 1, at, since: at, reason: `statement ${n}` }));
      await sleep(0);
    }
    await sealing;
    const found = (await statements(store)).filter(({ statement }) => statement.t === "gap");
    expect(found.map(({ leaf }) => leaf)).toEqual(leaves);
    expect((await verifyStore(store, { keys })).findings).toEqual([]);
  });
});
