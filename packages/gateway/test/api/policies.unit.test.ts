import { describe, expect, it } from "vitest";
import { identity, type TestApi, testApi } from "./support/test-api.js";

async function save(api: TestApi, source: string, more: object = {}) {
  return api.call("POST", "/policies/tools/versions", { json: { source, ...more } });
}

describe("policies", () => {
  it("are saved in versions, activated, rolled back and compared", async () => {
    const api = await testApi();
    const first = await save(api, "rules:\n  - allow\n", { expectedLatest: 0 });
    expect([first.status, first.body.version, first.body.actor]).toEqual([201, 1, "operator"]);
    await save(api, "rules:\n  - deny\n", { reason: "stricter" });
    expect((await save(api, "rules: []\n", { expectedLatest: 1 })).status).toBe(409);
    const activated = await api.call("POST", "/policies/tools/activate", {
      json: { version: 1 },
      headers: { "if-match": '"0"' },
    });
    expect(activated.body).toMatchObject({ from: null, to: 1, kind: "activate", actor: "operator" });
    const stale = await api.call("POST", "/policies/tools/activate", {
      json: { version: 2 },
      headers: { "if-match": '"0"' },
    });
    expect([stale.status, stale.body.current]).toEqual([412, 1]);
    await api.call("POST", "/policies/tools/activate", { json: { version: 2 }, headers: { "if-match": '"1"' } });
    expect((await api.call("GET", "/policies/tools/active")).body).toMatchObject({
      version: 2,
      source: "rules:\n  - deny\n",
      document: { rules: ["deny"] },
    });
    const back = await api.call("POST", "/policies/tools/rollback", { headers: { "if-match": '"2"' } });
    expect(back.body).toMatchObject({ from: 2, to: 1, kind: "rollback" });
    const nothing = await api.call("POST", "/policies/tools/rollback", { json: { reason: "again" } });
    expect([nothing.status, nothing.body.code]).toEqual([409, "conflict"]);
    const bound = await api.call("POST", "/policies/tools/rollback", { headers: { "if-match": '"1"' } });
    expect(bound.status).toBe(409);
    expect((await api.call("GET", "/policies")).body.items).toEqual([{ name: "tools", latest: 2, active: 1 }]);
    expect((await api.call("GET", "/policies/tools/versions")).body.items).toHaveLength(2);
    expect((await api.call("GET", "/policies/tools/activations")).body.items).toHaveLength(3);
    const { body } = await api.call("GET", "/policies/tools/diff?from=1&to=2");
    expect(body.same).toBe(false);
    expect(body.patch).toContain("-  - allow\n+  - deny\n");
    const same = await api.call("GET", "/policies/tools/diff?from=2&to=2");
    expect([same.body.same, same.body.patch]).toEqual([true, ""]);
  });

  it("come back byte for byte, with a byte order mark and letters of all planes", async () => {
    const api = await testApi();
    const source = "\ufeff# Prüfung 😀\r\nrules: []\n";
    await save(api, source);
    expect((await api.call("GET", "/policies/tools/versions/1")).body.source).toBe(source);
    const file = await api.fetch("GET", "/policies/tools/versions/1/source");
    expect(Buffer.from(await file.arrayBuffer())).toEqual(Buffer.from(source));
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="policy-1.yaml"');
  });

  it("that are not there are not found", async () => {
    const api = await testApi();
    await save(api, "a: 1\n");
    const missing = [
      "/policies/none/active",
      "/policies/tools/active",
      "/policies/tools/versions/2",
      "/policies/none/versions/1/source",
      "/policies/tools/diff?from=1&to=2",
    ];
    for (const path of missing) expect([path, (await api.call("GET", path)).status]).toEqual([path, 404]);
    expect((await api.call("GET", "/policies/none/versions")).body.items).toEqual([]);
    expect((await api.call("POST", "/policies/none/activate", { json: { version: 1 } })).status).toBe(404);
    expect((await api.call("POST", "/policies/none/rollback")).status).toBe(404);
  });

  it.each([
    ["POST", "/policies/tools/versions", {}, "source"],
    ["POST", "/policies/tools/versions", { source: "a: [" }, undefined],
    ["POST", "/policies/tools/versions", { source: "{", format: "json" }, undefined],
    ["POST", "/policies/tools/versions", { source: "a: 1", format: "xml" }, "format"],
    ["POST", "/policies/tools/activate", { version: 0 }, "version"],
    ["POST", "/policies/tools/activate", { version: 1.5 }, "version"],
    ["GET", "/policies/tools/versions/zero", undefined, "version"],
    ["GET", "/policies/tools/diff?from=1", undefined, "to"],
  ])("refuses %s %s with %j", async (method, path, json, option) => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call(method, path, { json });
    expect([status, body.code]).toEqual([400, "invalid_argument"]);
    if (option !== undefined) expect(body.option).toBe(option);
  });

  it("are read by all, and changed only with the scope and without a team", async () => {
    const api = await testApi({ backend: "memory" });
    await save(api, "a: 1\n");
    const team = identity("care", ["read", "policy"], "care");
    expect((await api.call("GET", "/policies", { as: team })).status).toBe(200);
    expect((await api.call("POST", "/policies/tools/activate", { as: team, json: { version: 1 } })).status).toBe(403);
    const reader = identity("reader", ["read"]);
    expect((await api.call("POST", "/policies/tools/activate", { as: reader, json: { version: 1 } })).status).toBe(403);
  });
});
