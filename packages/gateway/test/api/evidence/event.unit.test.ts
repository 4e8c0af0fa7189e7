import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  createSealer,
  dropAnnouncer,
  erasureEvidence,
  parseVerifierKey,
  proveEvent,
  restoreAnnouncer,
  verifyEntryProof,
} from "@agent-assembly/evidence";
import { applyRetention, openArchive, restoreArchive } from "@agent-assembly/retention";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { sentEvent, store } from "../support/events.js";
import { changeBySql, type SealedApi, sealedApi } from "../support/sealed.js";
import { identity, testApi } from "../support/test-api.js";

const DAY_MS = 86_400_000;
const CHECKER = fileURLToPath(new URL("../../../../evidence/bin/evidence.js", import.meta.url));

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-gateway-evidence-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function eventOf({ api }: Pick<SealedApi, "api">, at = 0): Promise<AuditEvent> {
  const { items } = await api.storage.audit.query({}, { limit: at + 1, order: "oldest" });
  return items[at] as AuditEvent;
}

const pathOf = ({ ts, eventId }: Pick<AuditEvent, "ts" | "eventId">): string =>
  `/events/${ts.toISOString()}/${eventId}/evidence`;

describe("the evidence of an event", () => {
  it("is proven by the bytes of the answer, as the checker finds without the store", async () => {
    const sealed = await sealedApi();
    const { api, verifierKey } = sealed;
    const event = await eventOf(sealed, 270);
    const { body } = await api.call("GET", pathOf(event));
    expect(body).toMatchObject({
      state: "proven",
      origin: "test.example/log",
      log: 1,
      size: sealed.size,
      erasedParts: 0,
    });
    const file = await api.fetch("GET", `${pathOf(event)}/proof`);
    expect(file.headers.get("content-disposition")).toBe(`attachment; filename="${event.eventId}.tlog-proof"`);
    const bytes = Buffer.from(await file.arrayBuffer());
    expect(verifyEntryProof(bytes, [parseVerifierKey(verifierKey)]).index).toBe(body.leaf);
    // One code path: as the command writes it.
    expect(bytes.toString()).toBe(body.proof);
    expect(bytes.toString()).toBe((await proveEvent(api.storage, event.eventId)).proof);
    const path = join(await tempFolder(), "one.tlog-proof");
    await writeFile(path, bytes);
    const { stdout } = await promisify(execFile)(process.execPath, [CHECKER, "proof", path, "--key", verifierKey]);
    expect(stdout).toContain(`is event ${event.eventId} of ${event.ts.toISOString()}`);
  });

  it("says that it waits, is under no checkpoint yet, or that nothing is sealed", async () => {
    const sealed = await sealedApi();
    const { api, sealer } = sealed;
    const eventId = "019ad4c2-7f00-7000-8000-00000000a001";
    const ts = new Date();
    await store(api, sentEvent({ eventId, ts: ts.toISOString() }));
    const path = pathOf({ ts, eventId });
    expect((await api.call("GET", path)).body).toEqual({ state: "waiting", origin: "test.example/log", log: 1 });
    const early = await api.call("GET", `${path}/proof`);
    expect([early.status, early.body.detail, early.body.retryable]).toEqual([
      404,
      "no checkpoint covers the event yet",
      true,
    ]);
    await createSealer(api.storage).sealOnce();
    expect((await api.call("GET", path)).body).toMatchObject({ state: "unsigned", leaf: sealed.size });
    await sealer.sealOnce();
    expect((await api.call("GET", path)).body).toMatchObject({ state: "proven", leaf: sealed.size });
    const plain = await testApi();
    await store(plain, sentEvent());
    const unsealed = pathOf(await eventOf({ api: plain }));
    expect((await plain.call("GET", unsealed)).body).toEqual({ state: "not_sealed" });
    expect((await plain.call("GET", `${unsealed}/proof`)).status).toBe(404);
  });

  it("is still proven when parts of the event were erased", async () => {
    const sealed = await sealedApi();
    const { api, verifierKey } = sealed;
    const { eventId } = await eventOf(sealed, 5);
    const request = { filter: { eventId }, parts: ["payload"], request: "r-1", basis: "GDPR" };
    await api.storage.erase(request, { evidence: erasureEvidence(api.storage) });
    const path = pathOf(await eventOf(sealed, 5));
    expect((await api.call("GET", path)).body).toMatchObject({ state: "proven", erasedParts: 2 });
    const { text } = await api.call("GET", `${path}/proof`);
    expect(verifyEntryProof(text, [parseVerifierKey(verifierKey)]).index).toBeGreaterThan(0);
  });

  it("says that a row is not what was sealed", async () => {
    const sealed = await sealedApi();
    const { api } = sealed;
    const event = await eventOf(sealed, 5);
    changeBySql(sealed.path, `UPDATE audit_events SET decision = 'redact' WHERE event_id = '${event.eventId}'`);
    const { body } = await api.call("GET", pathOf(event));
    expect(body).toMatchObject({ state: "not_as_sealed", leaf: expect.any(Number) });
    const proof = await api.call("GET", `${pathOf(event)}/proof`);
    expect([proof.status, proof.body.code]).toEqual([500, "corrupt"]);
  });

  it("of an event that was archived names the run and the archive, and is there again with the row", async () => {
    const now = Date.now();
    const sealed = await sealedApi({ limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
    const { api, sealer } = sealed;
    const eventId = "019ad4c2-7f00-7000-8000-00000000a002";
    const ts = new Date(now - 100 * DAY_MS);
    await store(api, sentEvent({ eventId, ts: ts.toISOString() }));
    await sealer.sealOnce();
    const url = `file://${await tempFolder()}`;
    const policy = { archiveUrl: url, audit: { hotDays: 10, warmDays: 20, coldAction: "archive" } } as const;
    const report = await applyRetention(api.storage, policy, {
      now: new Date(now),
      evidence: dropAnnouncer(api.storage),
    });
    expect(report).toMatchObject({ outcome: "succeeded", rows: 1 });
    await sealer.sealOnce();
    const gone = await api.call("GET", pathOf({ ts, eventId }));
    expect(gone.status).toBe(404);
    expect(gone.body.detail).toContain("retention dropped 1 events of its day");
    expect(gone.body.dropped).toEqual([{ run: report.runId, archive: expect.any(String), events: 1 }]);
    expect(gone.body.remedy).toContain("aasm archive restore");
    // Of others' events a team learns nothing.
    const as = identity("care", ["read"], "care");
    expect((await api.call("GET", pathOf({ ts, eventId }), { as })).body.dropped).toBeUndefined();
    const archive = await openArchive(url, { access: "read" });
    await restoreArchive(archive, api.storage, { evidence: restoreAnnouncer(api.storage) });
    await archive.close();
    const { body } = await api.call("GET", pathOf({ ts, eventId }));
    expect(body).toMatchObject({ state: "proven" });
    expect(verifyEntryProof(body.proof, [parseVerifierKey(sealed.verifierKey)]).index).toBe(body.leaf);
  });

  it("is there for a team's own events, and for no others", async () => {
    const sealed = await sealedApi();
    const { api, sealer } = sealed;
    await store(api, sentEvent({ teamId: "care" }));
    await sealer.sealOnce();
    const [own] = (await api.storage.audit.query({ teamId: "care" }, { limit: 1 })).items;
    const as = identity("care", ["read"], "care");
    expect((await api.call("GET", pathOf(own as AuditEvent), { as })).body.state).toBe("proven");
    expect((await api.call("GET", pathOf(await eventOf(sealed)), { as })).status).toBe(404);
    const ingest = identity("sender", ["ingest"]);
    expect((await api.call("GET", pathOf(own as AuditEvent), { as: ingest })).status).toBe(403);
  });
});
