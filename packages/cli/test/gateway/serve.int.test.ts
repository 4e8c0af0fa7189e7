import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Daemon, start } from "../support/daemon.js";
import { createSandbox, type Sandbox } from "../support/run-aasm.js";

/** The built command as a process of its own; killed when the test ends. */
class Serving implements AsyncDisposable {
  private constructor(
    readonly daemon: Daemon,
    readonly url: string,
  ) {}

  static async start(sandbox: Sandbox, args: readonly string[] = ["--port", "0"]): Promise<Serving> {
    const daemon = start(sandbox, ["serve", ...args]);
    const line = await daemon.line(/Gateway on \S+ /);
    return new Serving(daemon, line.trim().split(" ").at(-1) as string);
  }

  get port(): string {
    return new URL(this.url).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.daemon.child.kill("SIGKILL");
    await this.daemon.ended;
  }
}

const runtimeFiles = async (sandbox: Sandbox): Promise<string[]> =>
  (await readdir(join(sandbox.folder, ".aasm"))).filter((name) => name.startsWith("gateway-"));

test("a store is served until Ctrl-C, and nothing is left behind but the store", async () => {
  const sandbox = await createSandbox();
  await using serving = await Serving.start(sandbox);
  await serving.daemon.line(/Access {2}programs of this machine send without a token/);
  await serving.daemon.line(/Ctrl-C ends it/);
  expect(await (await fetch(`${serving.url}/api/v1/whoami`)).json()).toMatchObject({ name: "loopback" });
  const [file = ""] = await runtimeFiles(sandbox);
  expect(file).toBe(`gateway-${serving.port}.json`);
  if (process.platform !== "win32") {
    expect((await stat(join(sandbox.folder, ".aasm", file))).mode & 0o777).toBe(0o600);
  }
  serving.daemon.child.kill("SIGINT");
  const { code, stderr } = await serving.daemon.ended;
  expect([code, stderr]).toEqual([130, ""]);
  expect(await runtimeFiles(sandbox)).toEqual([]);
  await expect(fetch(`${serving.url}/healthz`)).rejects.toThrow();
});

test("SIGTERM is how a service ends: with 0", async () => {
  const sandbox = await createSandbox();
  await using serving = await Serving.start(sandbox);
  serving.daemon.child.kill("SIGTERM");
  expect((await serving.daemon.ended).code).toBe(0);
});

test("after kill -9 nothing acknowledged is missing, the same port is served again, and the page is found anew", async () => {
  const sandbox = await createSandbox();
  await using killed = await Serving.start(sandbox);
  const event = { ts: new Date().toISOString(), agentId: "a", action: "tool_call", decision: "allow" };
  const stored = await fetch(`${killed.url}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([event, event]),
  });
  expect(stored.status).toBe(200);
  killed.daemon.child.kill("SIGKILL");
  await killed.daemon.ended;
  expect(await runtimeFiles(sandbox)).toEqual([`gateway-${killed.port}.json`]);

  await using serving = await Serving.start(sandbox, ["--port", killed.port]);
  const { url } = await sandbox.json<{ url: string }>(["dashboard", "--port", killed.port]);
  expect(url).toMatch(new RegExp(`^${serving.url}/#t=[\\w-]{43}$`));
  expect(await sandbox.json(["audit", "count", "--agent", "a"])).toEqual({ count: 2 });
});

test.skipIf(process.platform !== "linux")("30 MB of zeros, zipped, take less than 40 MB of memory", async () => {
  const sandbox = await createSandbox();
  await using serving = await Serving.start(sandbox);
  const resident = async (): Promise<number> => {
    const status = await readFile(`/proc/${serving.daemon.child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  };
  const post = async (body: Uint8Array<ArrayBuffer>): Promise<number> => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    return (await fetch(`${serving.url}/v1/traces`, { method: "POST", headers, body })).status;
  };
  // What the first request loads is no part of it.
  expect(await post(gzipSync("{}"))).toBe(200);
  const before = await resident();
  expect(await post(gzipSync(Buffer.alloc(30_000_000)))).toBe(413);
  expect((await resident()) - before).toBeLessThan(40_000_000);
});

test("dashboard asks the running gateway for a link, which works once", async () => {
  const sandbox = await createSandbox();
  await using serving = await Serving.start(sandbox);
  const { code, stdout } = await sandbox.run(["dashboard", "--no-open", "--port", serving.port]);
  expect(code).toBe(0);
  const [link = "", note] = stdout.split("\n");
  expect(note).toBe("The link works once, within 15 minutes.");
  const token = new URL(link).hash.slice("#t=".length);
  const login = () =>
    fetch(`${serving.url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-aasm": "1", origin: serving.url },
      body: JSON.stringify({ token }),
    });
  const answer = await login();
  expect(answer.status).toBe(200);
  expect(answer.headers.get("set-cookie")).toContain("HttpOnly");
  expect((await login()).status).toBe(401);
});

test("behind a proxy the link is to its address", async () => {
  const sandbox = await createSandbox({ AAASM_GATEWAY_PUBLIC_URL: "https://audit.example.com/" });
  await using serving = await Serving.start(sandbox);
  const { url } = await sandbox.json<{ url: string }>(["dashboard", "--port", serving.port]);
  expect(url).toMatch(/^https:\/\/audit\.example\.com\/#t=[\w-]{43}$/);
});

test("dashboard starts a gateway where none runs, which shows nothing without its link", async () => {
  const sandbox = await createSandbox();
  const daemon = start(sandbox, ["dashboard", "--no-open", "--port", "0"]);
  try {
    const link = new URL(await daemon.line(/http:\S+/));
    await daemon.line(/Ctrl-C ends it/);
    const whoami = (await (await fetch(`${link.origin}/api/v1/whoami`)).json()) as { scopes: string[] };
    expect(whoami.scopes).toEqual(["ingest"]);
    expect((await fetch(`${link.origin}/metrics`)).status).toBe(401);
    expect(link.hash).toMatch(/^#t=[\w-]{43}$/);
  } finally {
    daemon.child.kill("SIGINT");
    expect((await daemon.ended).code).toBe(130);
  }
});

test("another program on the port is no gateway, and is named", async () => {
  const sandbox = await createSandbox();
  await using other = await Serving.start(await createSandbox());
  await sandbox.run(["migrate"]);
  // As left by a gateway that was killed.
  const file = join(sandbox.folder, ".aasm", `gateway-${other.port}.json`);
  await writeFile(file, JSON.stringify({ url: other.url, pid: 1, key: "key of another time" }));
  const { code, stderr } = await sandbox.run(["dashboard", "--port", other.port]);
  expect(code).toBe(1);
  expect(stderr).toContain(`conflict: --port is ${other.port}, on which another program of this machine listens`);
  expect(await readFile(file, "utf8")).toContain("key of another time");
});

test("beyond this machine it does not start without tokens, nor without TLS", async () => {
  const sandbox = await createSandbox();
  const serve = (...args: string[]) => sandbox.run(["serve", "--port", "0", "--host", "0.0.0.0", ...args]);
  const without = await serve();
  expect(without.code).toBe(2);
  expect(without.stderr).toBe(
    "aasm: --host is reached from other machines, and there is no token to tell clients by. " +
      "Create one with aasm token create, or listen on 127.0.0.1.\n",
  );
  await sandbox.run(["token", "create", "--name", "a", "--scope", "read"]);
  const plain = await serve();
  expect([plain.code, plain.stderr]).toEqual([2, expect.stringContaining("tokens would be sent to it in plain text")]);
  const file = await sandbox.run(["serve", "--port", "0"], {
    env: { AAASM_GATEWAY_CERT_FILE: "cert.pem", AAASM_GATEWAY_KEY_FILE: "key.pem" },
  });
  expect([file.code, file.stderr]).toEqual([
    2,
    expect.stringContaining("AAASM_GATEWAY_CERT_FILE names a file that is not there"),
  ]);
});

test("a token of the command line is taken by the running gateway at once, and refused at once", async () => {
  const sandbox = await createSandbox();
  await using serving = await Serving.start(sandbox);
  const whoami = (headers: Record<string, string> = {}) => fetch(`${serving.url}/api/v1/whoami`, { headers });
  expect((await whoami()).status).toBe(200);
  const { stdout } = await sandbox.run(["token", "create", "--name", "ann", "--scope", "read"]);
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  expect((await whoami()).status).toBe(401);
  expect(await (await whoami(headers)).json()).toEqual({ name: "ann", scopes: ["read"] });
  await sandbox.run(["token", "revoke", stdout.trim()]);
  expect((await whoami(headers)).status).toBe(401);
});

test.each([
  [["--port", "x"], /--port is "x"; allowed: a whole number from 0 to 65535/],
  [["--otlp-port", "65536"], /--otlp-port is "65536"/],
  [["--host", "256.0.0.1"], /--host/],
])("mistakes are named: %j", async (args, message) => {
  const sandbox = await createSandbox();
  const { code, stderr } = await sandbox.run(["serve", ...args]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});
