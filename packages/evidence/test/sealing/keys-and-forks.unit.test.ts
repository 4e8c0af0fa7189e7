import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, it } from "vitest";
import {
  createSealer,
  forkLog,
  generateSignerKey,
  logKeys,
  nextLogName,
  openCheckpoint,
  parseSignerKey,
  parseVerifierKey,
  rotateKey,
  signCheckpoint,
  verifyStore,
} from "../../src/index.js";

const ORIGIN = "example.com/audit";

function newKey(name = ORIGIN) {
  const pair = generateSignerKey(name);
  return { key: parseSignerKey(pair.signerKey), verifier: parseVerifierKey(pair.verifierKey), vkey: pair.verifierKey };
}

const [OLD, NEW, THIRD] = [newKey(), newKey(), newKey()];

async function append(storage: StorageBackend, count: number): Promise<void> {
  const event = { ts: new Date(), agentId: "agent-1", action: "tool_call", decision: "allow" };
  await storage.audit.append(Array.from({ length: count }, () => event));
}

async function sealed(events = 3) {
  const storage = openMemoryStorage();
  const sealer = createSealer(storage, { key: OLD.key });
  await sealer.init({ actor: "ann" });
  await append(storage, events);
  await sealer.sealOnce();
  return { storage, sealer, support: storage.evidenceSupport as EvidenceSupport };
}

async function changes({ audit }: StorageBackend) {
  const { items } = await audit.query({ action: "governance" }, { order: "oldest" });
  return items.map(({ payload }) => payload);
}

async function newest(support: EvidenceSupport): Promise<string> {
  return (await support.checkpoints(1))[0]?.note ?? "";
}

describe("a key", () => {
  it("is replaced with one checkpoint that both keys signed", async () => {
    const { storage, sealer, support } = await sealed();
    const before = await newest(support);
    const { leaf, checkpoint } = await rotateKey(storage, { key: OLD.key, next: NEW.key, reason: "yearly" });
    for (const { verifier } of [OLD, NEW]) {
      expect(openCheckpoint(checkpoint.note, [verifier]).size).toBe(checkpoint.size);
    }
    expect(checkpoint.size).toBeGreaterThan(leaf);
    await append(storage, 1);
    await expect(sealer.sealOnce()).rejects.toMatchObject({ code: "conflict" });
    await createSealer(storage, { key: NEW.key }).sealOnce();
    expect(() => openCheckpoint(before, [NEW.verifier])).toThrow(/none of the keys/);
    expect(openCheckpoint(before, [OLD.verifier]).origin).toBe(ORIGIN);
    const after = await newest(support);
    expect(() => openCheckpoint(after, [OLD.verifier])).toThrow(/none of the keys/);
    // The log vouches for the keys before the one that is given.
    for (const keys of [[NEW.verifier], [OLD.verifier, NEW.verifier]]) {
      expect((await verifyStore(storage, { keys })).findings).toEqual([]);
    }
    expect((await verifyStore(storage, { keys: [OLD.verifier] })).findings).toMatchObject([{ code: "key_unknown" }]);
    const log = await support.log();
    expect(log && (await logKeys(support, log))).toMatchObject([
      { vkey: OLD.vkey, from: 0, to: leaf },
      { vkey: NEW.vkey, from: leaf + 1, to: null },
    ]);
    expect(await changes(storage)).toMatchObject([
      { change: "log.begun", actor: "ann", after: { vkey: OLD.vkey } },
      { change: "key.rotated", before: { vkey: OLD.vkey }, after: { vkey: NEW.vkey }, reason: "yearly" },
    ]);
  });

  it("signs nothing behind its replacement that passes", async () => {
    const { storage, support } = await sealed();
    await rotateKey(storage, { key: OLD.key, next: NEW.key });
    await append(storage, 1);
    await createSealer(storage).sealOnce();
    const log = await support.log();
    if (log === undefined) throw new Error("there is a log");
    const stolen = await signCheckpoint(log, [OLD.key]);
    const kept = [{ source: "a mail", note: stolen }];
    const keys = [OLD.verifier, NEW.verifier];
    expect((await verifyStore(storage, { keys, kept })).findings).toMatchObject([
      {
        code: "key_unknown",
        detail: expect.stringMatching(/a mail is not signed by the key that signs the log since/),
      },
    ]);
  });

  it("is replaced by a second call where the first was interrupted", async () => {
    const { storage, support } = await sealed();
    let isCut = true;
    const cut: EvidenceSupport = {
      ...support,
      async recordCheckpoint(checkpoint) {
        if (isCut) throw new StorageError({ code: "unavailable", message: "cut" });
        return support.recordCheckpoint(checkpoint);
      },
    };
    const store = { ...storage, evidenceSupport: cut };
    await expect(rotateKey(store, { key: OLD.key, next: NEW.key })).rejects.toThrow(/cut/);
    isCut = false;
    const { leaf, checkpoint } = await rotateKey(store, { key: OLD.key, next: NEW.key });
    expect(openCheckpoint(checkpoint.note, [OLD.verifier]).note.verified).toHaveLength(1);
    const log = await support.log();
    expect(log && (await logKeys(support, log)).map(({ from }) => from)).toEqual([0, leaf + 1]);
  });

  it("is not replaced by itself, by an earlier one, by another log's, or in place of another", async () => {
    const { storage } = await sealed();
    await rotateKey(storage, { key: OLD.key, next: NEW.key });
    const other = newKey("example.com/other").key;
    await expect(rotateKey(storage, { key: NEW.key, next: NEW.key })).rejects.toMatchObject({ code: "conflict" });
    await expect(rotateKey(storage, { key: NEW.key, next: OLD.key })).rejects.toMatchObject({ code: "conflict" });
    await expect(rotateKey(storage, { key: NEW.key, next: other })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(rotateKey(storage, { key: OLD.key, next: THIRD.key })).rejects.toMatchObject({ code: "conflict" });
    const known = async () => [{ source: "the anchor", origin: ORIGIN, size: 9000 }];
    await expect(rotateKey(storage, { key: NEW.key, next: THIRD.key, known })).rejects.toThrow(/history_forked/);
  });
});

describe("a fork", () => {
  it("continues a log with another one, which has all events", async () => {
    const { storage, sealer, support } = await sealed();
    const ahead = await signCheckpoint({ origin: ORIGIN, size: 9000, root: new Uint8Array(32) }, [OLD.key]);
    const first = await support.log();
    const second = newKey(nextLogName({ log: 1, origin: ORIGIN }));
    const fork = await forkLog(storage, { key: second.key, reason: "restored a backup", known: [ahead], actor: "ann" });
    expect(fork).toEqual({ log: 2, origin: `${ORIGIN}/2`, continues: { origin: ORIGIN, size: 9000 } });
    await append(storage, 2);
    await expect(sealer.sealOnce()).rejects.toMatchObject({ code: "conflict" });
    await createSealer(storage, { key: second.key }).sealOnce();
    const report = await verifyStore(storage, { keys: [second.verifier] });
    expect(report).toMatchObject({
      log: 2,
      events: 7,
      findings: [],
      continues: { origin: ORIGIN, size: 9000, reason: "restored a backup" },
    });
    // The log before is as it was.
    expect((await support.logs())[0]).toEqual(first);
    expect(await verifyStore(storage, { log: 1, keys: [OLD.verifier] })).toMatchObject({ events: 4, findings: [] });
    expect((await changes(storage)).at(-1)).toMatchObject({
      change: "log.forked",
      subject: { log: 2 },
      before: { origin: ORIGIN, size: 9000 },
      after: { vkey: second.vkey },
      actor: "ann",
      reason: "restored a backup",
    });
  });

  it("is found by a sealer that waits for events", async () => {
    const { storage, support } = await sealed(300);
    const second = newKey(`${ORIGIN}/2`);
    const end = new AbortController();
    const running = createSealer(storage, { pollMs: 1 }).run({ signal: end.signal });
    await expect.poll(async () => (await support.next((await support.log())?.position ?? "", 1)).more).toBe(false);
    await forkLog(storage, { key: second.key, reason: "lost the key" });
    await expect.poll(async () => (await support.log())?.size).toBeGreaterThan(301);
    end.abort();
    await running;
  });

  it("names the log before once", () => {
    expect(nextLogName({ log: 2, origin: `${ORIGIN}/2` })).toBe(`${ORIGIN}/3`);
    expect(nextLogName({ log: 1, origin: "example.com/1" })).toBe("example.com/1/2");
  });

  it("is refused without a checkpoint, for a key of another name, and for a checkpoint of another log", async () => {
    const storage = openMemoryStorage();
    await createSealer(storage, { key: OLD.key }).init();
    const { key } = newKey(`${ORIGIN}/2`);
    const reason = "lost the key";
    await expect(forkLog(storage, { key, reason })).rejects.toMatchObject({ code: "conflict" });
    const foreign = await signCheckpoint({ origin: key.name, size: 1, root: new Uint8Array(32) }, [key]);
    const known = [foreign];
    await expect(forkLog(storage, { key, reason, known })).rejects.toMatchObject({ code: "invalid_argument" });
    await createSealer(storage, { key: OLD.key }).sealOnce();
    await expect(forkLog(storage, { key: OLD.key, reason })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(forkLog(storage, { key, reason: "" })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(verifyStore(storage, { log: 2 })).rejects.toMatchObject({ code: "not_found" });
  });
});
