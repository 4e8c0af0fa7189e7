import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStorage } from "@agent-assembly/storage";
import { afterAll, describe, expect, it } from "vitest";
import { backendModule, openJsonlStorage } from "../src/index.js";
import { AASM, type Ended, PACKAGE, run, type StartOptions } from "./support/processes.js";

/** An application's folder, with the package installed. */
const folder = mkdtempSync(join(tmpdir(), "aasm-jsonl-app-"));
mkdirSync(join(folder, "node_modules", "@example"), { recursive: true });
symlinkSync(PACKAGE, join(folder, "node_modules", "@example", "aasm-jsonl"), "junction");
writeFileSync(
  join(folder, "config.yaml"),
  'storage:\n  backend: "@example/aasm-jsonl"\n  options: { path: audit.jsonl }\n',
);
afterAll(() => rmSync(folder, { recursive: true }));

const aasm = (args: readonly string[], options: StartOptions = {}): Promise<Ended> =>
  run(process.execPath, [AASM, ...args], { cwd: folder, ...options, env: { HOME: folder, ...options.env } });
const configured = (...args: string[]): Promise<Ended> => aasm([...args, "--config", "config.yaml"]);

const event = { ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" };
const EVENTS = `${JSON.stringify(event)}\n`;

describe("openStorage", () => {
  it("opens it by the module, with approvals that outlive the process", async () => {
    const target = { backend: backendModule, options: { path: join(folder, "app.jsonl") } };
    const storage = await openStorage(target);
    const { requestId } = await storage.approvals.submit({ agentId: "a", action: "pay", request: { amount: 5 } });
    await storage.policies.save({ name: "p", source: "v: 1" }, { actor: "ann" });
    await storage.policies.activate("p", 1, { actor: "ann" });
    expect(await storage.policyCache.active("p")).toMatchObject({ policy: { version: 1 } });
    await storage.close();
    await using again = await openStorage(target);
    expect(await again.approvals.get(requestId)).toMatchObject({ state: "pending" });
    expect(await again.policyCache.active("p")).toMatchObject({ policy: { version: 1 } });
  });

  it("opens it by the name of the package", async () => {
    const program = `
      import { openStorage } from ${JSON.stringify(import.meta.resolve("@agent-assembly/storage"))};
      const storage = await openStorage({ backend: "@example/aasm-jsonl", options: { path: "named.jsonl" } });
      console.log(storage.name, storage.location, await storage.audit.count());
      await storage.close();`;
    const args = ["--input-type=module", "--eval", program];
    expect(await run(process.execPath, args, { cwd: folder })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^jsonl .*named\.jsonl 0\n$/),
      stderr: "",
    });
  });
});

describe("aasm", () => {
  it("runs on it, named by the configuration", async () => {
    const imported = await run(process.execPath, [AASM, "audit", "import", "-", "--config", "config.yaml"], {
      cwd: folder,
      env: { HOME: folder },
      input: EVENTS,
    });
    expect(imported).toMatchObject({ code: 0 });
    expect(await configured("audit", "count")).toMatchObject({ code: 0, stdout: "1\n", stderr: "" });
    expect(readFileSync(join(folder, "audit.jsonl"), "utf8")).toContain('"kind":"events"');
    const status = await configured("status");
    expect(status).toMatchObject({ code: 0, stderr: "" });
    for (const line of [/backend +jsonl/, /location .*audit\.jsonl/, /changes +1/, /multiProcess +unsupported/]) {
      expect(status.stdout).toMatch(line);
    }
  });

  it("runs on it, named by a flag", async () => {
    const env = { AAASM_STORAGE_OPTIONS: '{"path":"flag.jsonl"}' };
    const named = (...args: string[]) => aasm(["--backend", "@example/aasm-jsonl", ...args], { env, input: EVENTS });
    expect(await named("audit", "import", "-")).toMatchObject({ code: 0 });
    expect(await named("audit", "count")).toMatchObject({ code: 0, stdout: "1\n" });
  });

  it("says which process has the file open", async () => {
    await using storage = await openJsonlStorage({ path: join(folder, "audit.jsonl") });
    const { code, stderr } = await configured("audit", "count");
    expect(code).not.toBe(0);
    expect(stderr).toContain(`process ${process.pid} has the file open`);
    expect(stderr).toContain(`Delete ${storage.location}.lock only if no process uses the file`);
  });

  it("names a wrong key of its section", async () => {
    writeFileSync(join(folder, "wrong.yaml"), 'storage: { backend: "@example/aasm-jsonl", options: { pth: x } }\n');
    const { code, stderr } = await aasm(["audit", "count", "--config", "wrong.yaml"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('options has an unknown key "pth". Did you mean "path"?');
  });
});
