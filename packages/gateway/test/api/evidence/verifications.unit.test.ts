import { setTimeout as delay } from "node:timers/promises";
import { createSealer, encodeReceipt, fileAnchor, generateSignerKey } from "@agent-assembly/evidence";
import type { AgentStorage } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { sentEvent, store } from "../support/events.js";
import { changeBySql, sealedApi } from "../support/sealed.js";
import { identity, type TestApi, testApi } from "../support/test-api.js";

const BASE = "/evidence/verifications";

// biome-ignore lint/suspicious/noExplicitAny: as the schema of the route has it, to which each answer is held
type Verification = any;

async function ended(api: TestApi, id: string): Promise<Verification> {
  for (;;) {
    const { body } = await api.call("GET", `${BASE}/${id}`);
    if (body.state !== "running" && body.endedAt !== undefined) return body;
    await delay(10);
  }
}

async function verified(api: TestApi, json?: object): Promise<Verification> {
  const { status, body, headers } = await api.call("POST", BASE, json === undefined ? {} : { json });
  expect([status, body.state, body.verdict]).toEqual([202, "running", null]);
  expect(headers.get("location")).toBe(`/api/v1${BASE}/${body.id}`);
  return ended(api, body.id);
}

/** Reads of tiles wait until they are let go. */
function gate(): { readonly wrap: (storage: AgentStorage) => AgentStorage; close(): void; open(): void } {
  let opened = Promise.resolve();
  let open = (): void => undefined;
  const wrap = (storage: AgentStorage): AgentStorage => {
    const support = storage.evidenceSupport;
    if (support === undefined) throw new Error("the store keeps no evidence");
    const tiles: typeof support.tiles = async (...args) => {
      await opened;
      return support.tiles(...args);
    };
    const evidenceSupport = { ...support, tiles };
    return new Proxy(storage, {
      get: (target, name) => (name === "evidenceSupport" ? evidenceSupport : Reflect.get(target, name, target)),
    });
  };
  return {
    wrap,
    close() {
      opened = new Promise((resolve) => {
        open = resolve;
      });
    },
    open: () => open(),
  };
}

describe("verifications", () => {
  it("find a clean store clean, all of it or a range", async () => {
    const { api, verifierKey, size } = await sealedApi();
    const all = await verified(api);
    expect(all).toMatchObject({
      actor: "operator",
      state: "ended",
      verdict: "clean",
      origin: "test.example/log",
      progress: { leaves: size, of: size },
      counts: { leaves: size, passed: 0, events: expect.any(Number), uncompared: 0 },
      findingCount: 0,
      findings: [],
      unchecked: [],
      keysFromLog: true,
      notAsked: [],
    });
    expect(all.counts.events).toBeGreaterThanOrEqual(300);
    const range = { from: "2026-01-01T00:00:00Z", to: "2126-01-01T00:00:00Z", keys: [verifierKey] };
    expect(await verified(api, range)).toMatchObject({
      verdict: "clean",
      from: "2026-01-01T00:00:00.000Z",
      keysFromLog: false,
    });
    const { body } = await api.call("GET", BASE);
    expect(body.items.map(({ verdict }: Verification) => verdict)).toEqual(["clean", "clean"]);
    expect(body.items[1].id).toBe(all.id);
  });

  it("name what was changed, and a key that did not sign", async () => {
    const { api, path } = await sealedApi();
    changeBySql(path, "UPDATE audit_events SET decision = 'redact' WHERE seq = 5");
    const found = await verified(api);
    expect(found).toMatchObject({ verdict: "findings", findingCount: 1 });
    expect(found.findings).toMatchObject([{ code: "edited", seq: 5, leaf: expect.any(Number) }]);
    const other = generateSignerKey("test.example/log").verifierKey;
    const { findings } = await verified(api, { keys: [other] });
    expect(findings.map(({ code }: Verification) => code)).toContain("key_unknown");
  });

  it("list the first findings of many, and count all", async () => {
    const { api, path } = await sealedApi();
    await store(api, ...Array.from({ length: 400 }, () => sentEvent()));
    await createSealer(api.storage).sealOnce();
    changeBySql(path, "UPDATE audit_events SET decision = 'redact'");
    const { findings, findingCount } = await verified(api);
    expect(findings).toHaveLength(500);
    expect(findingCount).toBeGreaterThanOrEqual(700);
  });

  it("never pass what could not be checked", async () => {
    const broken = await sealedApi({
      wrap: (storage) => {
        const support = storage.evidenceSupport;
        if (support === undefined) throw new Error("the store keeps no evidence");
        const rows = async (): Promise<never> => {
          throw new StorageError({ code: "unavailable", message: "the file /secret/place is gone" });
        };
        const evidenceSupport = { ...support, rows };
        return new Proxy(storage, {
          get: (target, name) => (name === "evidenceSupport" ? evidenceSupport : Reflect.get(target, name, target)),
        });
      },
    });
    const failed = await verified(broken.api);
    expect(failed).toMatchObject({ state: "ended", verdict: "unchecked", findings: [] });
    expect(failed.unchecked).toEqual([expect.stringMatching(/^the store cannot be reached, after \d+ of \d+ leaves$/)]);
    // A log that no key signs proves nothing.
    const unsigned = await testApi();
    const sealer = createSealer(unsigned.storage, { origin: "test.example/log" });
    await sealer.init();
    await store(unsigned, sentEvent());
    await sealer.sealOnce();
    expect(await verified(unsigned)).toMatchObject({
      verdict: "unchecked",
      unchecked: [expect.stringContaining("names no key")],
    });
  });

  it("say which anchors were not asked", async () => {
    const { api, path } = await sealedApi();
    const [checkpoint] = (await api.storage.evidenceSupport?.checkpoints(1)) ?? [];
    const anchor = fileAnchor(`${path}.anchor`);
    const receipt = await anchor.put(checkpoint?.note ?? "", { consistencyProof: async () => [] });
    await api.storage.evidenceSupport?.recordAnchor({
      log: 1,
      size: checkpoint?.size ?? 0,
      kind: receipt.anchor,
      target: receipt.where,
      at: receipt.at.getTime(),
      receipt: Buffer.from(encodeReceipt(receipt)),
    });
    expect(await verified(api)).toMatchObject({ verdict: "clean", notAsked: [`file ${path}.anchor`] });
  });

  it("run one at a time, say which, and end when they are cancelled", async () => {
    const { wrap, close, open } = gate();
    const { api } = await sealedApi({ wrap });
    close();
    const first = await api.call("POST", BASE);
    const second = await api.call("POST", BASE);
    expect([second.status, second.body.code, second.body.running]).toEqual([409, "conflict", first.body.id]);
    const cancelling = api.call("DELETE", `${BASE}/${first.body.id}`);
    open();
    const { status, body } = await cancelling;
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: "cancelled", verdict: "unchecked" });
    expect(body.unchecked).toEqual([expect.stringMatching(/^cancelled, after \d+ of \d+ leaves$/)]);
    expect(body.endedAt).toBeDefined();
    const again = await verified(api);
    expect(again.verdict).toBe("clean");
    // One that has ended stays as it is.
    expect((await api.call("DELETE", `${BASE}/${again.id}`)).body).toEqual(again);
  });

  it("end with the gateway, without a pass", async () => {
    const { wrap, close, open } = gate();
    const { api } = await sealedApi({ wrap });
    close();
    const { body } = await api.call("POST", BASE);
    api.closing.abort();
    open();
    const after = await ended(api, body.id);
    expect(after).toMatchObject({ state: "cancelled", verdict: "unchecked" });
    expect(after.unchecked[0]).toMatch(/^the gateway closed, after/);
  });

  it("are kept by the store: another gateway tells of one that runs, and of its end", async () => {
    const { wrap, close, open } = gate();
    const { api } = await sealedApi({ wrap });
    const other = await testApi({ storage: api.storage });
    close();
    const { body: begun } = await api.call("POST", BASE);
    await expect.poll(async () => (await other.call("GET", `${BASE}/${begun.id}`)).body).toEqual(begun);
    expect((await other.call("GET", BASE)).body.items).toEqual([begun]);
    const second = await other.call("POST", BASE);
    expect([second.status, second.body.running]).toEqual([409, begun.id]);
    const cancelled = await other.call("DELETE", `${BASE}/${begun.id}`);
    expect([cancelled.status, cancelled.body.detail]).toEqual([409, "the verification runs in another process"]);
    open();
    const after = await ended(api, begun.id);
    expect(after.verdict).toBe("clean");
    expect((await other.call("GET", `${BASE}/${begun.id}`)).body).toEqual(after);
    // The one that has ended is no longer in the way.
    expect((await verified(other)).verdict).toBe("clean");
    expect((await api.call("GET", BASE)).body.items).toHaveLength(2);
  });

  it("whose gateway has died pass nothing, and are in the way of none", async () => {
    const { wrap, close } = gate();
    const { api, path } = await sealedApi({ wrap });
    close();
    const { body: begun } = await api.call("POST", BASE);
    const other = await testApi({ storage: api.storage });
    await expect.poll(async () => (await other.call("GET", BASE)).body.items).toHaveLength(1);
    changeBySql(path, "UPDATE evidence_verifications SET stored_at = stored_at - 61000");
    const dead = (await other.call("GET", `${BASE}/${begun.id}`)).body;
    expect(dead).toMatchObject({ state: "ended", verdict: "unchecked" });
    expect(dead.unchecked).toEqual([
      expect.stringMatching(/^what ran it has not been heard of for 6\d seconds, after 0 of \d+ leaves$/),
    ]);
    expect((await other.call("POST", BASE)).status).toBe(202);
  });

  it("are remembered by their gateway where the store refuses to keep them", async () => {
    const errors: unknown[] = [];
    const { api } = await sealedApi({
      onError: (error) => errors.push(error),
      wrap: (storage) => {
        const recordVerification = async (): Promise<never> => {
          throw new StorageError({ code: "permission_denied", message: "the login may only read" });
        };
        const evidenceSupport = { ...storage.evidenceSupport, recordVerification };
        return new Proxy(storage, {
          get: (target, name) => (name === "evidenceSupport" ? evidenceSupport : Reflect.get(target, name, target)),
        });
      },
    });
    const own = await verified(api);
    expect(own.verdict).toBe("clean");
    expect((await api.call("GET", BASE)).body.items).toEqual([own]);
    expect(errors).toContainEqual(expect.objectContaining({ message: expect.stringContaining("may only read") }));
  });

  it("that were damaged in the store pass nothing", async () => {
    const { api, path } = await sealedApi();
    const { id } = await verified(api);
    const other = await testApi({ storage: api.storage });
    for (const report of ["[]", "{}", "7", '{"verdict":"clean"}']) {
      changeBySql(path, `UPDATE evidence_verifications SET report = '${report}'`);
      const { status, body } = await other.call("GET", `${BASE}/${id}`);
      expect([status, body.verdict, body.unchecked]).toEqual([
        200,
        "unchecked",
        ["the record of this verification cannot be read"],
      ]);
    }
  });

  it("refuse what is no range, no key, no id", async () => {
    const { api } = await sealedApi();
    const refused = async (json: object): Promise<[number, string]> => {
      const { status, body } = await api.call("POST", BASE, { json });
      return [status, body.option];
    };
    expect(await refused({ from: "2026-11-02T00:00:00Z", to: "2026-11-01T00:00:00Z" })).toEqual([400, "to"]);
    expect(await refused({ from: "yesterday" })).toEqual([400, "from"]);
    expect(await refused({ keys: ["no key"] })).toEqual([400, "keys[0]"]);
    expect((await refused({ wrong: 1 }))[0]).toBe(400);
    expect((await api.call("GET", `${BASE}/7`)).status).toBe(400);
    for (const method of ["GET", "DELETE"]) {
      expect((await api.call(method, `${BASE}/019ad4c2-7f00-7000-8000-000000000001`)).status).toBe(404);
    }
  });

  it("are begun and cancelled by administrators, and read by readers", async () => {
    const { api } = await sealedApi();
    const as = identity("reader", ["read"]);
    expect((await api.call("POST", BASE, { as })).status).toBe(403);
    const { id } = await verified(api);
    expect((await api.call("GET", `${BASE}/${id}`, { as })).body.verdict).toBe("clean");
    expect((await api.call("DELETE", `${BASE}/${id}`, { as })).status).toBe(403);
  });
});
