import { expect, test } from "vitest";
import { TestGateway } from "../support/gateway.js";

const status = async (gateway: TestGateway, path: string, headers: Record<string, string>): Promise<number> =>
  (await gateway.send(path, { headers })).status;

test("only names of this machine are taken as Host, whatever their port", async () => {
  await using gateway = await TestGateway.open({ anonymous: ["read"] });
  for (const host of ["127.0.0.1:7391", "localhost", "LOCALHOST:1", "[::1]:7391", "127.9.9.9", "127.1"]) {
    expect(await status(gateway, "/api/v1/whoami", { host }), host).toBe(200);
  }
  for (const host of [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:7391",
    "user@127.0.0.1",
    "127.0.0.1/x",
    "0.0.0.0",
    "[::ffff:8.8.8.8]",
    "a b",
    "",
  ]) {
    const refused = await gateway.send("/api/v1/whoami", { headers: { host } });
    expect(refused.status, host).toBe(403);
    const text = await refused.text();
    expect(text).toContain("the Host of the request is not one of this gateway");
    expect(text).not.toContain("evil");
  }
});

test("other names are taken where they are configured", async () => {
  await using named = await TestGateway.open({ anonymous: ["read"], hosts: ["gateway.internal"] });
  expect(await status(named, "/api/v1/whoami", { host: "gateway.internal:7391" })).toBe(200);
  expect(await status(named, "/api/v1/whoami", { host: "evil.example" })).toBe(403);
  await using any = await TestGateway.open({ anonymous: ["read"], hosts: "any" });
  expect(await status(any, "/api/v1/whoami", { host: "evil.example" })).toBe(200);
  await using proxied = await TestGateway.open({ anonymous: ["read"], publicUrl: "https://audit.example.com:8443" });
  expect(await status(proxied, "/api/v1/whoami", { host: "audit.example.com" })).toBe(200);
});

test("a write from a page of another origin is refused, with every method that writes", async () => {
  await using gateway = await TestGateway.open({ anonymous: ["read"] });
  const host = "127.0.0.1:7391";
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (const origin of [
      "https://evil.example",
      "null",
      "http://127.0.0.1:8080",
      "http://127.0.0.1:7391.evil.example",
      "http://x@127.0.0.1:7391",
    ]) {
      const refused = await gateway.send(`${method} /api/v1/none`, { headers: { host, origin } });
      expect(refused.status, `${method} ${origin}`).toBe(403);
      expect(await refused.json()).toMatchObject({ detail: "the Origin of the request is not this gateway" });
    }
    expect(await status(gateway, `${method} /api/v1/none`, { host, origin: `http://${host}` })).toBe(404);
    expect(await status(gateway, `${method} /api/v1/none`, { host })).toBe(404);
  }
});

test("behind a proxy the origin is that of the public address", async () => {
  await using gateway = await TestGateway.open({ publicUrl: "https://audit.example.com" });
  const host = "127.0.0.1:7391";
  expect(await status(gateway, "POST /none", { host, origin: "https://audit.example.com" })).toBe(404);
  expect(await status(gateway, "POST /none", { host, origin: "http://audit.example.com" })).toBe(403);
});

test("no answer lets pages of other origins read it, and none is taken for a script", async () => {
  await using gateway = await TestGateway.open({ anonymous: ["read"] });
  const origin = "https://evil.example";
  for (const path of ["/", "/healthz", "/metrics", "/api/v1/whoami", "/nothing", "OPTIONS /api/v1/whoami"]) {
    const { headers } = await gateway.send(path, { headers: { origin } });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  }
});

test("a public address is scheme, host and port alone", async () => {
  for (const publicUrl of ["audit.example.com", "https://audit.example.com/x", "ftp://a", "https://u:p@a", ""]) {
    await expect(TestGateway.open({ publicUrl })).rejects.toMatchObject({
      code: "invalid_argument",
      option: "options.publicUrl",
    });
  }
});
