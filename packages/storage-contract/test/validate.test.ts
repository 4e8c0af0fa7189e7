import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTRACT_CASES } from "../src/index.js";
import { USAGE, validate } from "../src/validate.js";

let directory: string;
let memory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "harness-"));
  const source = new URL("../src/memory-harness.ts", import.meta.url).href;
  memory = await module("memory", `export { memoryHarness as harness } from ${JSON.stringify(source)};`);
});

afterAll(() => rm(directory, { recursive: true }));

async function module(name: string, text: string): Promise<string> {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, text);
  return file;
}

async function run(args: string[], cases?: Parameters<typeof validate>[2]) {
  let out = "";
  let err = "";
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const status = await validate(args, { stdout, stderr }, cases);
  return { status, out, err };
}

describe("validate-storage-backend", () => {
  it("prints a line per case and succeeds when every case holds", async () => {
    const { status, out } = await run([memory, "--filter", "audit.append."]);
    const appends = CONTRACT_CASES.filter(({ id }) => id.startsWith("audit.append."));
    expect(out.split("\n").filter((line) => line.startsWith("passed "))).toHaveLength(appends.length);
    expect(out).toContain(`memory: ${appends.length} passed, 0 failed, 0 missing`);
    expect(status).toBe(0);
  });

  it("fails, with the reason, when a case fails", async () => {
    const broken = {
      id: "audit.append.broken",
      title: "never holds",
      run: () => Promise.reject(new Error("it broke")),
    };
    const { status, out } = await run([memory, "--filter", "audit.append.b"], [...CONTRACT_CASES, broken]);
    expect(out).toMatch(/^failed {3}audit\.append\.broken \(\d+ ms\): never holds\n {2}Error: it broke/m);
    expect(status).toBe(1);
  });

  it("fails when a case of the manifest is missing", async () => {
    const cases = CONTRACT_CASES.filter(({ id }) => id !== "audit.append.large-batch");
    const { status, out } = await run([memory, "--filter", "audit.append."], cases);
    expect(out).toContain("missing  audit.append.large-batch\n");
    expect(status).toBe(1);
  });

  it("fails a case that exceeds the time limit, by its id, and goes on", async () => {
    const stuck = {
      id: "audit.append.aa-stuck",
      title: "never ends",
      run: () => new Promise<void>(() => undefined),
    };
    const args = [memory, "--filter", "audit.append.", "--case-timeout", "500"];
    const { status, out } = await run(args, [stuck, ...CONTRACT_CASES]);
    expect(out).toMatch(/^failed {3}audit\.append\.aa-stuck \(\d+ ms\): never ends\n/m);
    expect(out).toContain("case audit.append.aa-stuck took longer than 500 ms");
    expect(out).toContain("passed   audit.append.same-id-other-time");
    expect(status).toBe(1);
  });

  it("fails a case whose stores cannot be destroyed in time", async () => {
    const text = `import { memoryHarness } from ${JSON.stringify(new URL("../src/memory-harness.ts", import.meta.url).href)};
      export const harness = { ...memoryHarness, destroy: () => new Promise(() => undefined) };`;
    const harness = await module("undying", text);
    const { status, out } = await run([harness, "--filter", "audit.append.same-id", "--case-timeout", "200"]);
    expect(out).toContain("destroying the stores of case audit.append.same-id-other-time took longer than 200 ms");
    expect(status).toBe(1);
  });

  it("closes the harness when the last case is over, and fails when that takes too long", async () => {
    const source = new URL("../src/memory-harness.ts", import.meta.url).href;
    const closing = (name: string, close: string): Promise<string> =>
      module(
        name,
        `import { memoryHarness } from ${JSON.stringify(source)};
        export const harness = { ...memoryHarness, destroy: async (store) => (await store.close(), globalThis.order.push("destroy")),
          close: async () => { ${close} } };`,
      );
    const order: string[] = [];
    Object.assign(globalThis, { order });
    const filter = ["--filter", "audit.append.same-id"];
    const { status } = await run([await closing("closing", 'globalThis.order.push("close");'), ...filter]);
    expect(status).toBe(0);
    expect(order).toEqual(["destroy", "close"]);
    const stuck = await closing("stuck", "await new Promise(() => undefined);");
    await expect(run([stuck, ...filter, "--case-timeout", "500"])).rejects.toThrow(/closing the harness took longer/);
  });

  it("writes one JSON document with --json", async () => {
    const { status, out } = await run([memory, "--filter", "audit.append.same", "--json"]);
    const report = JSON.parse(out) as { cases: { id: string; status: string; mode: string }[] };
    expect(report).toMatchObject({ harness: "memory", passed: 2, failed: 0, missing: [] });
    expect(report.cases[0]).toMatchObject({
      id: "audit.append.same-batch-duplicates",
      status: "passed",
      mode: "behaviour",
    });
    expect(status).toBe(0);
  });

  it("explains a wrong call and exits with 2", async () => {
    const calls: [string[], RegExp][] = [
      [[], /name one harness module/],
      [[memory, memory], /name one harness module/],
      [[memory, "--nope"], /--nope/],
      [[memory, "--case-timeout", "0"], /--case-timeout must be/],
      [[memory, "--case-timeout", "1s"], /--case-timeout must be/],
      [[memory, "--case-timeout", "99999999999"], /--case-timeout must be/],
      [[memory, "--filter", "nothing."], /no case begins with "nothing\."/],
    ];
    for (const [args, message] of calls) {
      const { status, out, err } = await run(args);
      expect(err).toMatch(message);
      expect(err).toContain(USAGE);
      expect(out).toBe("");
      expect(status).toBe(2);
    }
  });

  it("prints its usage when asked", async () => {
    expect(await run(["--help"])).toEqual({ status: 0, out: USAGE, err: "" });
  });
});
