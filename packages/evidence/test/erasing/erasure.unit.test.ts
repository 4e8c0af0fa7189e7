import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErasureRequest, NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createSealer,
  type EraseStatement,
  erasureEvidence,
  exportStore,
  generateSignerKey,
  parseEntry,
  parseSignerKey,
  parseVerifierKey,
  proveEvent,
  proveStatement,
  verifyEntryProof,
  verifyExport,
  verifyStore,
} from "../../src/index.js";
import { dyingStore } from "../support/dying-store.js";

const NOW = Date.UTC(2026, 10, 28, 9, 30);
const { signerKey, verifierKey } = generateSignerKey("example.com/audit");
const key = parseSignerKey(signerKey);
const keys = [parseVerifierKey(verifierKey)];
const SECRET = "ann@example.com";
const idOf = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

function event(n: number, members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    ts: new Date(NOW - 2 * 86_400_000 + n * 1000),
    eventId: idOf(n),
    agentId: `agent-${n % 3}`,
    sessionId: `session-${n % 10}`,
    action: "tool_call",
    decision: "allow",
    payload: { tool: "send_mail", arguments: { n, to: SECRET }, tries: n % 4 },
    ...members,
  };
}

/** A sealed store; `at` is its time. */
async function sealed(events: readonly NewAuditEvent[]) {
  const storage = openMemoryStorage({ clock: () => NOW, governanceEvents: false });
  onTestFinished(() => storage.close());
  const sealer = createSealer(storage, { key, clock: () => NOW });
  await sealer.init();
  await storage.audit.append(events);
  await sealer.sealOnce();
  return { storage, sealer };
}

const numbers = (count: number): NewAuditEvent[] => Array.from({ length: count }, (_, n) => event(n));

function requestOf(filter: ErasureRequest["filter"], parts: readonly string[], request = "R1"): ErasureRequest {
  return { filter, parts, request, basis: "Art. 17(1)(b)" };
}

async function statementsOf({ evidenceSupport }: StorageBackend) {
  const all = (await evidenceSupport?.statements(1, { from: 0, limit: 4096 })) ?? [];
  return all
    .filter(({ kind }) => kind === "erase")
    .map(({ leaf, entry, list }) => ({ leaf, list, statement: parseEntry(Buffer.from(entry)) as EraseStatement }));
}

/** What an auditor gets of the store. */
async function exported(storage: StorageBackend) {
  const folder = mkdtempSync(join(tmpdir(), "aasm-erasure-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { problems } = await exportStore(storage, { folder: join(folder, "export") });
  expect(problems).toEqual([]);
  return verifyExport(join(folder, "export"), { keys });
}

describe("an erasure in a sealed store", () => {
  it("is stated before and after, and the rest stays verifiable", async () => {
    const { storage, sealer } = await sealed(numbers(600));
    const request = requestOf({ sessionId: "session-3" }, ["sessionId", "payload:/arguments"]);
    const { events, statements } = await storage.erase(request, { evidence: erasureEvidence(storage) });
    expect([events, statements.length]).toEqual([60, 1]);
    const [intent, result, ...others] = await statementsOf(storage);
    expect(others).toEqual([]);
    expect(intent?.statement).toMatchObject({
      intent: null,
      request: "R1",
      basis: "Art. 17(1)(b)",
      leaves: { count: 60 },
      days: { "2026-11-26": 60 },
    });
    expect(result).toMatchObject({ leaf: statements[0], statement: { intent: intent?.leaf, leaves: { count: 60 } } });
    // The first leaf is the key.
    expect(JSON.parse(result?.list ?? "").slice(0, 2)).toEqual([
      [4, [2, 4]],
      [14, [2, 4]],
    ]);
    await sealer.sealOnce();
    const found = await verifyStore(storage, { keys });
    expect(found).toMatchObject({ events: 600, erased: 60, uncompared: 0, findings: [] });
    expect(await exported(storage)).toMatchObject({
      events: 600,
      erased: 60,
      findings: [],
      unchecked: [],
      isComplete: true,
    });

    const { proof } = await proveEvent(storage, idOf(3));
    const proven = verifyEntryProof(Buffer.from(proof), keys);
    expect(proven.index).toBe(4);
    const stated = await proveStatement(storage, statements[0] as number);
    expect(stated.kind).toBe("erase");
    expect(parseEntry(verifyEntryProof(Buffer.from(stated.proof), keys).entry)).toMatchObject({
      t: "erase",
      request: "R1",
    });
  });

  it("leaves no salt of what was erased, and all others", async () => {
    const { storage } = await sealed(numbers(600));
    const request = requestOf({ eventId: idOf(300) }, ["payload:/arguments", "agentId"]);
    await storage.erase(request, { evidence: erasureEvidence(storage) });
    const support = storage.evidenceSupport;
    const parts = (await support?.parts(1, { from: 0, limit: 10 })) ?? [];
    expect(parts.map(({ leaf, place, isErased }) => [leaf, place, isErased])).toEqual([
      [301, 0, false],
      [301, 1, true],
      [301, 2, false],
      [301, 3, false],
      [301, 4, true],
      [301, 5, false],
      [301, 6, false],
    ]);
    const seeds = (await support?.seeds(1, { from: 0, limit: 3 })) ?? [];
    expect(seeds.filter(({ bundle }) => bundle === 1)).toHaveLength(8);
    expect(seeds.filter(({ bundle }) => bundle !== 1)).toHaveLength(2);
  });

  it("takes further parts of an event whose seed is gone, also those behind the 32nd", async () => {
    const members = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`m${String(n).padStart(2, "0")}`, SECRET]),
    );
    const { storage, sealer } = await sealed([...numbers(5), event(5, { payload: members }), ...numbers(300).slice(6)]);
    const filter = { eventId: idOf(5) };
    const evidence = erasureEvidence(storage);
    for (const parts of [["payload:/m02"], ["payload:/m30", "traceId"], ["payload:*"], ["agentId", "payload"]]) {
      await storage.erase(requestOf(filter, parts), { evidence });
      const found = await verifyStore(storage, { keys });
      expect(found, parts.join()).toMatchObject({ erased: 1, findings: [], uncompared: 0 });
      await sealer.sealOnce();
      expect(await exported(storage), parts.join()).toMatchObject({ erased: 1, findings: [], isComplete: true });
    }
    expect(await statementsOf(storage)).toHaveLength(8);
    const [stored] = (await storage.audit.query(filter)).items;
    expect(stored).toMatchObject({ agentId: "erased", sessionId: "session-5" });
    expect(stored).not.toHaveProperty("payload");
    await sealer.sealOnce();
    const { proof } = await proveEvent(storage, idOf(5));
    expect(parseEntry(verifyEntryProof(Buffer.from(proof), keys).entry)).toMatchObject({ eventId: idOf(5) });
  });

  it("refuses what cannot be stated, and erases nothing then", async () => {
    const { storage } = await sealed(numbers(20));
    const request = requestOf({ sessionId: "session-3" }, ["payload"]);
    await expect(storage.erase(request)).rejects.toMatchObject({ code: "conflict" });
    await storage.holds.place({ reason: "case 7", actor: "ann", agentId: "agent-0" });
    const held = storage.erase(request, { evidence: erasureEvidence(storage) });
    await expect(held).rejects.toThrow(/legal hold/);
    expect(await statementsOf(storage)).toEqual([]);
    expect(await verifyStore(storage, { keys })).toMatchObject({ erased: 0, findings: [] });
  });

  it("seals what was appended before, and states what comes meanwhile in another round", async () => {
    const { storage } = await sealed(numbers(20));
    await storage.audit.append([event(23)]);
    let isLate = true;
    const evidence = erasureEvidence(storage);
    const { events, statements } = await storage.erase(requestOf({ sessionId: "session-3" }, ["payload"]), {
      evidence: {
        finish: (request) => evidence.finish(request),
        async announce(request, found) {
          const announced = await evidence.announce(request, found);
          if (isLate) await storage.audit.append([event(33)]);
          isLate = false;
          return announced;
        },
      },
    });
    expect([events, statements.length]).toEqual([4, 2]);
    expect(await verifyStore(storage, { keys })).toMatchObject({ events: 22, erased: 4, findings: [] });
  });

  it("waits for another erasure, and does not take its intent for one that was cut off", async () => {
    const { storage } = await sealed(numbers(100));
    const requests = [1, 2, 3].map((n) => requestOf({ sessionId: `session-${n}` }, ["payload"], `R${n}`));
    const results = await Promise.all(
      requests.map((request) => storage.erase(request, { evidence: erasureEvidence(storage) })),
    );
    expect(results.map(({ events }) => events)).toEqual([10, 10, 10]);
    const stated = await statementsOf(storage);
    expect(stated).toHaveLength(6);
    expect(stated.every(({ statement }) => statement.leaves.count === 10)).toBe(true);
    expect(await verifyStore(storage, { keys })).toMatchObject({ erased: 30, findings: [] });
    const busy = await storage.retentionSupport.lease("erasure", 20_000);
    const refused = storage.erase(requestOf({ sessionId: "session-4" }, ["payload"]), {
      evidence: erasureEvidence(storage, { waitMs: 10 }),
    });
    await expect(refused).rejects.toMatchObject({ code: "busy" });
    await busy?.release();
  });

  it("takes and states parts of an event that came again after they were erased in an archive", async () => {
    const { storage, sealer } = await sealed([]);
    const came = event(3);
    const marked = { ts: came.ts.getTime(), eventId: idOf(3), parts: ["payload:/arguments", "sessionId"] };
    await storage.erasureSupport?.mark([marked]);
    await storage.audit.append([came]);
    await sealer.sealOnce();
    const request = requestOf({ agentId: "agent-0" }, ["payload:/tool"]);
    await storage.erase(request, { evidence: erasureEvidence(storage, { sealer }) });
    const [left] = (await storage.audit.query({ agentId: "agent-0" })).items;
    expect(left).toMatchObject({ payload: { tries: 3 } });
    expect(left).not.toHaveProperty("sessionId");
    await sealer.sealOnce();
    expect(await verifyStore(storage, { keys })).toMatchObject({ events: 1, erased: 1, findings: [] });
    expect(await exported(storage)).toMatchObject({ erased: 1, findings: [], isComplete: true });
  });
});

describe("an erasure that is cut off", () => {
  /** An erasure whose process ends after so many changes of the store. */
  async function killedAfter(changes: number, storage: StorageBackend, request: ErasureRequest): Promise<boolean> {
    const dying = dyingStore(storage, changes);
    const evidence = erasureEvidence(dying, { waitMs: 0 });
    return storage.erase(request, { evidence }).then(
      () => true,
      () => false,
    );
  }

  it("is stated by the next one, wherever it ended", async () => {
    let isOver = false;
    let changes = 0;
    for (; !isOver; changes++) {
      let now = NOW;
      const storage = openMemoryStorage({ clock: () => now, governanceEvents: false });
      const sealer = createSealer(storage, { key, clock: () => now });
      await sealer.init();
      await storage.audit.append(numbers(600));
      await sealer.sealOnce();
      const request = requestOf({ sessionId: "session-3" }, ["payload:/arguments"]);
      isOver = await killedAfter(changes, storage, request);
      const what = `cut off after ${changes} changes`;
      expect((await verifyStore(storage, { keys })).findings, what).toEqual([]);
      // The lease of what was killed has run out.
      now += 60_000;
      const { statements } = await storage.erase(request, { evidence: erasureEvidence(storage) });
      expect(statements.length, what).toBeLessThanOrEqual(2);
      const stated = await statementsOf(storage);
      const results = stated.filter(({ statement }) => statement.intent !== null);
      const intents = stated.filter(({ statement }) => statement.intent === null);
      expect(
        results.map(({ statement }) => statement.intent),
        what,
      ).toEqual(intents.map(({ leaf }) => leaf));
      expect(
        results.reduce((sum, { statement }) => sum + statement.leaves.count, 0),
        what,
      ).toBe(60);
      expect(await verifyStore(storage, { keys }), what).toMatchObject({ erased: 60, findings: [] });
      await storage.close();
    }
    expect(changes).toBeGreaterThan(4);
  });
});
