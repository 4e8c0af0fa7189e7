import {
  createSealer,
  generateSignerKey,
  openCheckpoint,
  parseSignerKey,
  parseVerifierKey,
} from "@agent-assembly/evidence";
import { describe, expect, it } from "vitest";
import { sentEvent, store } from "./support/events.js";
import { identity, type TestApi, testApi } from "./support/test-api.js";

async function sealed(): Promise<{ api: TestApi; verifierKey: string }> {
  const api = await testApi();
  const { signerKey, verifierKey } = generateSignerKey("test.example/log");
  const sealer = createSealer(api.storage, { key: parseSignerKey(signerKey), origin: "test.example/log" });
  await sealer.init();
  await store(api, ...Array.from({ length: 300 }, () => sentEvent()));
  await sealer.sealOnce();
  return { api, verifierKey };
}

describe("evidence", () => {
  it("says where the log stands, and serves checkpoint and tiles", async () => {
    const { api, verifierKey } = await sealed();
    const { body } = await api.call("GET", "/evidence/status");
    expect(body).toMatchObject({ sealed: true, origin: "test.example/log", lagMs: 0, waiting: { events: 0 } });
    expect(body.size).toBeGreaterThan(300);
    const note = await api.call("GET", "/evidence/checkpoint");
    expect(openCheckpoint(note.text, [parseVerifierKey(verifierKey)]).size).toBe(body.size);
    const full = await api.fetch("GET", "/evidence/tile/0/000");
    expect((await full.arrayBuffer()).byteLength).toBe(256 * 32);
    const partial = await api.fetch("GET", "/evidence/tile/0/001.p/3");
    expect((await partial.arrayBuffer()).byteLength).toBe(3 * 32);
    expect(partial.headers.get("content-type")).toBe("application/octet-stream");
    for (const path of ["0/002", "0/001", "entries/000", "1/000.p/2"]) {
      expect([path, (await api.call("GET", `/evidence/tile/${path}`)).status]).toEqual([path, 404]);
    }
    for (const path of ["0/1", "x", "0/000.p/256", "0/x000/000"]) {
      expect([path, (await api.call("GET", `/evidence/tile/${path}`)).status]).toEqual([path, 400]);
    }
  });

  it("says that events are not sealed", async () => {
    const api = await testApi();
    expect((await api.call("GET", "/evidence/status")).body).toEqual({ sealed: false });
    expect((await api.call("GET", "/evidence/checkpoint")).status).toBe(404);
    expect((await api.call("GET", "/evidence/tile/0/000.p/1")).status).toBe(404);
    expect((await api.call("GET", "/evidence/erasures")).body.items).toEqual([]);
  });

  it("lists erasures", async () => {
    const api = await testApi();
    await store(api, sentEvent());
    await api.storage.erase({ filter: { agentId: "bot" }, parts: ["payload"], request: "r-1", basis: "GDPR" });
    const { body } = await api.call("GET", "/evidence/erasures");
    expect(body.items).toMatchObject([{ request: "r-1", state: "done", events: 1 }]);
  });

  it("is not for tokens of a team", async () => {
    const api = await testApi({ backend: "memory" });
    const as = identity("care", ["read"], "care");
    expect((await api.call("GET", "/evidence/status", { as })).status).toBe(403);
  });
});
