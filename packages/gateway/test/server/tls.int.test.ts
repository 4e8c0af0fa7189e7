import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "../../src/server/serve.js";
import { createToken, type PlainAnswer, plainRequest, TestServer } from "../support/gateway.js";

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-gateway-tls-"));
  await Promise.all(["one", "two"].map(certificate));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

/** A self-signed certificate of `localhost`, with its key. */
async function certificate(name: string): Promise<void> {
  await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost", "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)],
  ]);
}

async function tlsRequest(url: string, options: object = {}): Promise<PlainAnswer> {
  const ca = await readFile(at("one.pem"));
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, servername: "localhost", agent: false, ...options }, (answer) => {
      let body = "";
      answer.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    sent.on("error", reject);
    sent.end((options as { readonly body?: string }).body);
  });
}

test("with a certificate, the gateway serves TLS beyond this machine, and its cookie is never sent without", async () => {
  await using local = await TestServer.open();
  const token = await createToken(local.storage, { scopes: ["read"] });
  const tls = { certFile: at("one.pem"), keyFile: at("one.key") };
  await using server = await serve(local.storage, { host: "0.0.0.0", port: 0, tls });
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const url = server.url.replace("127.0.0.1", "localhost");
  expect((await tlsRequest(`${url}/api/v1/whoami`)).status).toBe(401);
  const headers = { authorization: `Bearer ${token}` };
  expect((await tlsRequest(`${url}/api/v1/whoami`, { headers })).status).toBe(200);

  const login = await tlsRequest(`${url}/api/v1/session`, {
    method: "POST",
    headers: { "x-aasm": "1", "content-type": "application/json", origin: url },
    body: JSON.stringify({ token: server.gateway.link() }),
  });
  expect(login.status).toBe(200);
  expect(login.headers["set-cookie"]?.[0]).toMatch(/^__Host-aasm_session=.*; Secure; SameSite=Strict$/);
  await expect(plainRequest(url.replace("https", "http"))).rejects.toThrow();
});

test("files that are no certificate with its key are refused by name, and their content is not repeated", async () => {
  await writeFile(at("secret.txt"), "secret");
  const files = (cert: string, key: string) => ({ certFile: at(cert), keyFile: at(key) });
  for (const [tls, option] of [
    [files("none.pem", "one.key"), "options.tls.certFile"],
    [files("one.pem", "none.key"), "options.tls.keyFile"],
    [files("one.pem", "two.key"), "options.tls"],
    [files("secret.txt", "one.key"), "options.tls"],
    [files("one.key", "one.pem"), "options.tls"],
  ] as const) {
    const refused = await TestServer.open({ tls }).then(
      () => expect.unreachable("the server has started"),
      (error: unknown) => error as Error,
    );
    expect(refused).toMatchObject({ code: "invalid_argument", option, operation: "serve", backend: "gateway" });
    expect(JSON.stringify(refused)).not.toMatch(/secret(?!\.txt)|BEGIN/);
  }
});
