import {
  createSealer,
  decodeEntryBundle,
  forkLog,
  generateSignerKey,
  leafHash,
  openCheckpoint,
  parseSignerKey,
  parseVerifierKey,
} from "@agent-assembly/evidence";
import { describe, expect, it } from "vitest";
import { sentEvent, store } from "../support/events.js";
import { changeBySql, sealedApi } from "../support/sealed.js";
import { identity, testApi } from "../support/test-api.js";

describe("evidence", () => {
  it("says where the log stands, and serves checkpoint and tiles", async () => {
    const { api, verifierKey } = await sealedApi();
    const { body } = await api.call("GET", "/evidence/status");
    expect(body).toMatchObject({ sealed: true, origin: "test.example/log", lagMs: 0, waiting: { events: 0 } });
    expect(body.size).toBeGreaterThan(300);
    for (const path of ["/evidence/checkpoint", "/evidence/logs/1/checkpoint"]) {
      const note = await api.call("GET", path);
      expect(openCheckpoint(note.text, [parseVerifierKey(verifierKey)]).size).toBe(body.size);
      expect(note.headers.get("cache-control")).toBe("no-store");
    }
    const full = await api.fetch("GET", "/evidence/tile/0/000");
    expect((await full.arrayBuffer()).byteLength).toBe(256 * 32);
    const partial = await api.fetch("GET", "/evidence/tile/0/001.p/3");
    expect((await partial.arrayBuffer()).byteLength).toBe(3 * 32);
    expect(partial.headers.get("content-type")).toBe("application/octet-stream");
    for (const path of ["0/1", "x", "0/000.p/256", "0/x000/000", "entries/1"]) {
      expect([path, (await api.call("GET", `/evidence/tile/${path}`)).status]).toEqual([path, 400]);
    }
    expect((await api.call("GET", "/evidence/logs/2/checkpoint")).status).toBe(404);
    expect((await api.call("GET", "/evidence/logs/0/checkpoint")).status).toBe(400);
  });

  it("serves bundles of entries that hash to the tree", async () => {
    const { api, size } = await sealedApi();
    const bytes = async (path: string): Promise<Uint8Array> => {
      const response = await api.fetch("GET", `/evidence/tile/${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      return new Uint8Array(await response.arrayBuffer());
    };
    for (const tile of ["000", "000.p/7", `001.p/${size - 256}`]) {
      const hashes = Buffer.from(await bytes(`0/${tile}`));
      const entries = decodeEntryBundle(await bytes(`entries/${tile}`));
      expect(Buffer.concat(entries.map((entry) => leafHash(entry)))).toEqual(hashes);
    }
  });

  it("lets caches keep full tiles of a log for ever, and no tile of a path whose log may change", async () => {
    const { api } = await sealedApi();
    const full = "/evidence/logs/1/tile/entries/000";
    const kept = await api.fetch("GET", full);
    expect(kept.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    const partial = await api.fetch("GET", "/evidence/logs/1/tile/0/001.p/3");
    expect(partial.headers.get("cache-control")).toBe("private, max-age=300");
    const newest = await api.fetch("GET", "/evidence/tile/entries/000");
    expect(newest.headers.get("cache-control")).toBe("private, no-cache");
    const etag = kept.headers.get("etag") ?? "";
    expect(newest.headers.get("etag")).toBe(etag);
    const again = await api.fetch("GET", full, { headers: { "if-none-match": `"other", W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await api.fetch("GET", full, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("says why there is no such tile", async () => {
    const { api, size, path } = await sealedApi();
    const why = async (tile: string): Promise<[number, string]> => {
      const { status, body } = await api.call("GET", `/evidence/tile/${tile}`);
      return [status, body.detail];
    };
    expect(await why("0/002")).toEqual([404, `the newest checkpoint covers ${size} leaves, and none of this tile`]);
    expect(await why("entries/001")).toEqual([
      404,
      `the newest checkpoint covers ${size} leaves, and of this tile ${size - 256} of 256`,
    ]);
    expect((await why("1/000.p/2"))[0]).toBe(404);
    // Sealed, and under no checkpoint yet.
    await store(api, ...Array.from({ length: 260 }, () => sentEvent()));
    await createSealer(api.storage).sealOnce();
    expect((await why("0/001"))[1]).toBe(
      `the newest checkpoint covers ${size} leaves, and of this tile ${size - 256} of 256`,
    );
    changeBySql(path, "UPDATE audit_events SET decision = 'redact' WHERE seq = 5");
    expect(await why("entries/000")).toEqual([
      500,
      expect.stringMatching(/^entries of this bundle are not what was sealed: those of leaves \d+$/),
    ]);
    changeBySql(path, "DELETE FROM audit_events WHERE seq IN (5, 6)");
    expect(await why("entries/000")).toEqual([
      404,
      expect.stringContaining("2 of the 256 entries of this bundle are gone"),
    ]);
  });

  it("serves another log at the same path once it is begun, and the first one at its own", async () => {
    const { api } = await sealedApi();
    const before = await (await api.fetch("GET", "/evidence/tile/0/000")).arrayBuffer();
    const key = parseSignerKey(generateSignerKey("test.example/log/2").signerKey);
    await forkLog(api.storage, { reason: "a test", key });
    await createSealer(api.storage, { key }).sealOnce();
    const after = await api.fetch("GET", "/evidence/tile/0/000");
    expect(after.headers.get("etag")).toBe('"2-0-0-256"');
    expect(Buffer.from(await after.arrayBuffer())).not.toEqual(Buffer.from(before));
    const first = await api.fetch("GET", "/evidence/logs/1/tile/0/000");
    expect(Buffer.from(await first.arrayBuffer())).toEqual(Buffer.from(before));
  });

  it("says that events are not sealed", async () => {
    const api = await testApi();
    expect((await api.call("GET", "/evidence/status")).body).toEqual({ sealed: false });
    expect((await api.call("GET", "/evidence/checkpoint")).status).toBe(404);
    expect((await api.call("GET", "/evidence/tile/0/000.p/1")).status).toBe(404);
    expect((await api.call("POST", "/evidence/verifications")).status).toBe(404);
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
    for (const path of ["/status", "/tile/0/000", "/logs/1/tile/0/000", "/verifications"]) {
      expect([path, (await api.call("GET", `/evidence${path}`, { as })).status]).toEqual([path, 403]);
    }
  });
});
