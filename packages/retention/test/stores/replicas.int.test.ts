import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { builtProgram } from "@agent-assembly/test-programs";
import { describe, expect, it, onTestFinished } from "vitest";
import { openArchive } from "../../src/index.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { add, all, NOW } from "../support/store.js";
import { on, placeFor } from "./support/stores.js";

const PROGRAM = await builtProgram(new URL("../programs/retention-replica.mjs", import.meta.url));
const HOUR_MS = 3_600_000;
/** Just before the hour. */
const CLOCK_START = NOW + HOUR_MS - 200;

interface Replica {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly events: { kind: string; to?: string; outcome?: string; rows?: number; error?: string }[];
}

/** Processes whose clocks start once each has read the schedule. */
async function startReplicas(...options: readonly object[]): Promise<Replica[]> {
  const replicas = options.map(startReplica);
  await expect.poll(() => replicas.every(({ events }) => events.length > 0)).toBe(true);
  for (const { child } of replicas) child.stdin.write("go\n");
  return replicas;
}

function startReplica(options: object): Replica {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ["pipe", "pipe", "pipe"] });
  const events: Replica["events"] = [];
  let rest = "";
  child.stdout.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => JSON.parse(line)));
  });
  child.stderr.on("data", (chunk) => {
    events.push({ kind: "stderr", error: String(chunk) });
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "close");
  });
  return { child, events };
}

describe.each(["sqlite", "postgres"] as const)("two processes with one schedule on %s", (name) => {
  const title = "share its runs, and when the owner dies in the middle another goes on, exactly";
  it(...on(name, title, {}), async () => {
    await using place = await placeFor(name);
    const storage = await place.open();
    try {
      await add(storage, [
        { day: 40, count: 50 },
        { day: 41, count: 60 },
        { day: 42, count: 70 },
        { day: 1, count: 5 },
      ]);
      const before = await all(storage.audit.stream());
      const archiveUrl = `file://${tempFolder()}/archive`;
      const policy = { archiveUrl, audit: { hotDays: 10, warmDays: 20, coldAction: "archive" } };
      const common = { store: place.options, policy, schedule: "0 * * * *", clockStart: CLOCK_START };
      // In the middle of the second day: after it was published.
      const dying = { ...common, dieAfter: 9 };
      const replicas = await startReplicas(dying, dying);
      const areKilled = (): boolean[] => replicas.map(({ child }) => child.signalCode === "SIGKILL");
      await expect.poll(areKilled).toContain(true);
      // The other one takes over when the lease is over, and dies in the middle of the third; a new one finishes. By its
      // clock that lease is over, too.
      await expect.poll(areKilled).toEqual([true, true]);
      const [third] = await startReplicas({ ...common, clockStart: CLOCK_START + 30_000, storeAheadMs: HOUR_MS });
      if (third === undefined) throw new Error("the third process was not started");
      await expect.poll(() => third.events.map(({ kind }) => kind)).toContain("ended");
      expect(third.events).toContainEqual(expect.objectContaining({ kind: "ended", outcome: "succeeded" }));
      const runs = await storage.retentionSupport.runs();
      expect(runs.filter(({ outcome }) => outcome === "succeeded")).toHaveLength(1);
      expect(runs.filter(({ outcome }) => outcome === "interrupted")).toHaveLength(2);
      await using archive = await openArchive(archiveUrl);
      expect([...(await all(archive.events())), ...(await all(storage.audit.stream()))]).toEqual(before);
    } finally {
      await storage.close();
    }
  });
});
