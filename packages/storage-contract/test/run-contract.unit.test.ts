import { describe, expect, it } from "vitest";
import { CONTRACT_CASES, type ContractOptions, memoryHarness, runStorageContract } from "../src/index.js";
import { manifestIds } from "../src/manifest.js";

type Body = () => Promise<void> | void;

const cases = CONTRACT_CASES.map((testCase) => ({ ...testCase, run: () => Promise.resolve() }));

/** Registers the suite with a runner that leaves some tests out, and runs what it kept. @returns titles of failures */
async function failures(skips: (title: string) => boolean, options: Partial<ContractOptions> = {}) {
  const kept: [title: string, body: Body][] = [];
  const it = (title: string, body: Body): void => {
    if (!skips(title)) kept.push([title, body]);
  };
  runStorageContract(memoryHarness, { describe: (_, body) => body(), it, cases, ...options });
  const failed: string[] = [];
  for (const [title, body] of kept) {
    try {
      await body();
    } catch (error) {
      failed.push(`${title}: ${(error as Error).message}`);
    }
  }
  return failed;
}

describe("runStorageContract", () => {
  const [id] = manifestIds() as [string];
  const skipped = (title: string): boolean => title.startsWith(`${id}:`);

  it("passes when every case ran", async () => {
    expect(await failures(() => false)).toEqual([]);
  });

  it("fails when the runner skipped a case", async () => {
    expect(await failures(skipped)).toEqual([`runs every case of the manifest: cases that did not run: ${id}`]);
  });

  it("fails when a case was not registered", async () => {
    const some = cases.filter((testCase) => testCase.id !== id);
    expect(await failures(() => false, { cases: some })).toEqual([expect.stringContaining(id)]);
  });

  it("closes the harness behind the last case, once", async () => {
    const order: string[] = [];
    const hooks: (() => Promise<void>)[] = [];
    const harness = { ...memoryHarness, close: async () => void order.push("close") };
    runStorageContract(harness, {
      describe: (_, body) => body(),
      it: (title) => void order.push(title),
      afterAll: (body) => void hooks.push(body),
      cases: cases.slice(0, 2),
    });
    for (const hook of hooks) await hook();
    expect(order).toHaveLength(4);
    expect(order.at(-1)).toBe("close");
  });

  it("lets an excluded case be left out only for a reason", async () => {
    const exclude = (reason: string) => ({ exclusions: [{ id: id as never, reason }] });
    expect(await failures(skipped, exclude("the service takes no such calls"))).toEqual([]);
    expect(await failures(skipped, exclude(" "))).toEqual([expect.stringContaining(`without a reason: ${id}`)]);
  });
});
