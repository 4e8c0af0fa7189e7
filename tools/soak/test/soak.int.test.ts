import { fileURLToPath } from "node:url";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";
import { run } from "./support/run.js";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));
/** For each store; the faults stop then, and what came of them is checked. */
const MINUTES = "0.5";
/** Limits only end what hangs. */
const LONGEST_MS = 1_200_000;
/** The same in each run, so that a failing one says something of the change; `pnpm soak` takes another one each time. */
const SEED = "20261129";

describe(...needing("own-servers", "under random faults"), () => {
  it.for([
    ["sqlite", "process killed"],
    ["postgres", "process killed"],
    ["postgres-failover", "failover"],
  ] as const)(
    "%s keeps what it acknowledged, and whatever else it promises",
    { timeout: LONGEST_MS },
    async ([store, fault], context) => {
      const { status, stdout, stderr } = await run(PROGRAM, ["--store", store, "--minutes", MINUTES, "--seed", SEED]);
      if (status === 2 && stderr.includes("in Docker")) context.skip(stderr);
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toContain("\n0 violations\n");
      expect(stdout).toMatch(/^erased: [1-9]\d* sessions$/m);
      expect(stdout).toMatch(new RegExp(`^faults: .*\\b${fault} [1-9]`, "m"));
      for (const role of [
        "writer",
        "reader",
        "follower",
        "retainer",
        "approver",
        "policyEditor",
        "holder",
        "sealer",
        "eraser",
      ]) {
        expect(stdout).toMatch(new RegExp(`^work: .*\\b${role} [1-9]`, "m"));
      }
    },
  );
});
