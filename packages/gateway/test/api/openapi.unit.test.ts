import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../src/api/openapi/document.js";
import { apiReference } from "../../src/api/openapi/reference.js";
import { ROUTES } from "../../src/api/table.js";
import { testApi } from "./support/test-api.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/** Every `$ref` of a document. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === "$ref" && typeof member === "string" ? [member] : references(member),
  );
}

function resolve(document: unknown, pointer: string): unknown {
  return pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
}

describe("the description of the API", () => {
  it("is committed as the table of routes makes it: pnpm --filter @agent-assembly/gateway openapi", () => {
    expect(`${JSON.stringify(openApiDocument(), null, 2)}\n`).toBe(read("../../openapi.json"));
    expect(apiReference()).toBe(read("../../../../docs/api.md"));
  });

  it("is served without a token", async () => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call("GET", "/openapi.json");
    expect(status).toBe(200);
    expect(body).toEqual(openApiDocument());
  });

  it("refers only to what it has", () => {
    const document = openApiDocument();
    const found = new Set(references(document));
    expect(found.size).toBeGreaterThan(20);
    for (const pointer of found) expect([pointer, typeof resolve(document, pointer)]).toEqual([pointer, "object"]);
  });

  it("names each operation once, with the parameters of its path", () => {
    expect(new Set(ROUTES.map(({ id }) => id)).size).toBe(ROUTES.length);
    expect(new Set(ROUTES.map(({ method, path }) => `${method} ${path}`)).size).toBe(ROUTES.length);
    for (const { path, params } of ROUTES) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([path, Object.keys(params?.shape ?? {})]).toEqual([path, named]);
    }
  });

  it.each(
    ROUTES.flatMap((route) =>
      route.body === undefined ? [] : ([[`${route.method} ${route.path}`, route.body]] as const),
    ),
  )("has an example of the body of %s that the route takes", (_, { schema, example }) => {
    expect(schema.safeParse(example).error).toBeUndefined();
  });
});
