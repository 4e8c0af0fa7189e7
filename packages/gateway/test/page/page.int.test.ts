import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainRequest, TestServer } from "../support/gateway.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-page-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const INDEX = `<!doctype html><title>Agent Assembly</title>${"<p>text</p>".repeat(100)}`;
const SCRIPT = "export {};\n";

/** A build of a page below the test's folder. */
async function built(name: string): Promise<string> {
  const page = join(folder, name);
  await mkdir(join(page, "assets"), { recursive: true });
  await writeFile(join(page, "index.html"), INDEX);
  await writeFile(join(page, "assets", "index-abc.js"), SCRIPT);
  await writeFile(join(page, "assets", "notes.exe"), "no type that a page uses");
  return page;
}

test("the page is served with a policy that lets nothing from elsewhere run", async () => {
  await using server = await TestServer.open({ dashboard: await built("policy") });
  const { status, headers, body } = await plainRequest(`${server.url}/`);
  expect(status).toBe(200);
  expect(body).toBe(INDEX);
  expect(headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
  expect(headers["content-security-policy"]).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
      "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
      "require-trusted-types-for 'script'; trusted-types 'none'",
  );
  expect(headers["permissions-policy"]).toContain("camera=()");
  const head = await plainRequest(`${server.url}/`, { method: "HEAD" });
  expect(head).toMatchObject({ status: 200, body: "" });
});

test("files are sent zipped where that is smaller, and not again while they are the same", async () => {
  await using server = await TestServer.open({ dashboard: await built("files") });
  const zipped = await fetch(`${server.url}/`, { headers: { "accept-encoding": "gzip" } });
  expect(zipped.headers.get("content-encoding")).toBe("gzip");
  expect(await zipped.text()).toBe(INDEX);
  const raw = await plainRequest(`${server.url}/`, { headers: { "accept-encoding": "gzip" } });
  expect(Number(raw.headers["content-length"])).toBeLessThan(INDEX.length / 2);
  const etag = zipped.headers.get("etag") ?? "";
  const same = await plainRequest(`${server.url}/`, { headers: { "if-none-match": etag } });
  expect(same).toMatchObject({ status: 304, body: "" });

  const script = await plainRequest(`${server.url}/assets/index-abc.js`, { headers: { "accept-encoding": "gzip" } });
  expect(script).toMatchObject({ status: 200, body: SCRIPT });
  expect(script.headers).toMatchObject({
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
  });
  expect(script.headers["content-encoding"]).toBeUndefined();
});

test("nothing else of the disk is served", async () => {
  const page = await built("inside");
  await writeFile(join(folder, "secret.txt"), "secret");
  await using server = await TestServer.open({ dashboard: page });
  for (const path of [
    "/assets/../../secret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/notes.exe",
    "/assets/",
    "/index.html",
    "/assets/index-abc.js%00",
  ]) {
    const { status, body } = await plainRequest(`${server.url}${path}`);
    expect(status, path).toBe(404);
    expect(body).not.toContain("secret");
  }
});

test("a page that is not built says how to build it, and is there once it is", async () => {
  const page = join(folder, "later");
  await using server = await TestServer.open({ dashboard: page });
  const missing = await plainRequest(`${server.url}/`);
  expect(missing.status).toBe(404);
  expect(missing.body).toContain("pnpm build");
  expect(missing.headers["content-security-policy"]).toContain("default-src 'none'");
  await built("later");
  expect((await plainRequest(`${server.url}/`)).body).toBe(INDEX);
});
