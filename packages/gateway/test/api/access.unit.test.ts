import { API_TOKEN_SCOPES } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import type { Route } from "../../src/api/routing/route.js";
import { ROUTES } from "../../src/api/table.js";
import { identity, testApi } from "./support/test-api.js";

/** A request to a route that says nothing valid beyond its path. */
function requestOf({ method, path, body }: Route): { method: string; path: string; json?: unknown } {
  const concrete = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === "path" ? "0/000" : "1"));
  return { method, path: concrete, ...(body !== undefined && { json: body.example }) };
}

describe("every route", () => {
  it.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s refuses a token without its scope, and one of a team where it concerns all",
    async (_, route) => {
      const api = await testApi({ backend: "memory" });
      const { method, path, json } = requestOf(route);
      const { scopes } = route;
      const missing = API_TOKEN_SCOPES.filter((scope) => scopes !== "any" && !scopes.includes(scope));
      if (scopes !== "any") {
        const { status, body } = await api.call(method, path, { as: identity("other", missing), json });
        expect([status, body.code]).toEqual([403, "forbidden"]);
      }
      if (route.team === "refused") {
        const { status, body } = await api.call(method, path, { as: identity("t", API_TOKEN_SCOPES, "care"), json });
        expect([status, body.code]).toEqual([403, "forbidden"]);
      }
    },
  );

  it.each(ROUTES.filter(({ method }) => method === "GET").map((route) => [route.path, route] as const))(
    "GET %s refuses a parameter that it does not know",
    async (_, route) => {
      const api = await testApi({ backend: "memory" });
      const { path } = requestOf(route);
      const { status, body } = await api.call("GET", `${path}?colour=red`);
      expect([status, body.code]).toEqual([400, "invalid_argument"]);
      expect(body.detail).not.toContain("red");
    },
  );

  it("answers another method with 405 and those that there are", async () => {
    const api = await testApi({ backend: "memory" });
    const { status, headers, body } = await api.call("PUT", "/events");
    expect([status, headers.get("allow"), body.code]).toEqual([405, "POST, GET", "method_not_allowed"]);
  });

  it("takes JSON only where it says so, and a body only as JSON", async () => {
    const api = await testApi({ backend: "memory" });
    const headers = { "content-type": "text/plain" };
    expect((await api.call("POST", "/agents", { body: "{}", headers })).status).toBe(415);
    const ndjson = { "content-type": "application/x-ndjson" };
    expect((await api.call("POST", "/agents", { body: "{}", headers: ndjson })).status).toBe(415);
    expect((await api.call("POST", "/policies/p/rollback", { body: "{", headers })).status).toBe(415);
  });
});
