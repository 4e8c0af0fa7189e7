import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { withPatience } from "../src/support/patience.js";
import { watched } from "../src/support/watched.js";

const built = (file: string): string => JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

/** Runs the case on a store whose tail never gives the event loop a turn once its position is no number. */
const PROGRAM = `
import { CONTRACT_CASES } from ${built("cases/index.js")};
import { memoryHarness } from ${built("memory-harness.js")};
import { interceptBackend } from ${built("../../storage-core/dist/author-kit.js")};
import { runCase } from ${built("run-case.js")};
import { withPatience } from ${built("support/patience.js")};

async function* blocked() {
  for (let position = Number.NaN; !(position > 1); position += 1);
}
const create = async (options) => {
  const sound = await memoryHarness.create(options);
  const plain = interceptBackend(sound, { call: (_, run) => run(), iterate: (_, run) => run() });
  const tail = (filter, given) => {
    try {
      return sound.audit.tail(filter, given);
    } catch {
      return blocked();
    }
  };
  return { ...plain, audit: { ...plain.audit, tail } };
};
const testCase = CONTRACT_CASES.find(({ id }) => id === "audit.tail.forged-position");
await withPatience(1000, () => runCase({ ...memoryHarness, create }, testCase));
`;

describe("work that is watched", () => {
  it("ends the process, and says what blocked it, when the event loop gets no turn", () => {
    const args = ["--input-type=module", "--eval", PROGRAM];
    const { signal, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
    expect(stderr).toContain("case audit.tail.forged-position blocked the event loop for 1000 ms");
    expect(signal).toBe("SIGKILL");
  });

  it("may take its time, and fail, as long as the event loop turns", async () => {
    const slow = new Promise((resolve) => setTimeout(resolve, 1500, "done"));
    await expect(withPatience(1000, () => watched("slow work", () => slow))).resolves.toBe("done");
    await expect(watched("bad work", () => Promise.reject(new Error("bad")))).rejects.toThrow("bad");
  });
});
