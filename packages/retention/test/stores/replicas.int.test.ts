import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openArchive } from "../../src/index.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { add, all, NOW } from "../support/store.js";
import { on, placeFor } from "./support/stores.js";

const PROGRAM = fileURLToPath(new URL("../programs/retention-replica.mjs", import.meta.url));
/** Three seconds before the hour: two processes have started by then. */
const CLOCK_START = NOW + 3_600_000 - 3000;

interface Replica {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly events: { kind: string; to?: string; outcome?: string; rows?: number; error?: string }[];
}

function startReplica(options: object): Replica {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] });
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
  it(...on(name, title, { timeout: 60_000 }), async () => {
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
      const replicas = [startReplica(dying), startReplica(dying)];
      await vi.waitUntil(() => replicas.some(({ child }) => child.signalCode === "SIGKILL"), { timeout: 20_000 });
      // The other one takes over, and dies in the middle of the third; a new one finishes.
      await vi.waitUntil(() => replicas.every(({ child }) => child.signalCode === "SIGKILL"), { timeout: 20_000 });
      const third = startReplica({ ...common, clockStart: CLOCK_START + 30_000 });
      await vi.waitUntil(() => third.events.some(({ kind }) => kind === "ended"), { timeout: 20_000 });
      expect(third.events).toContainEqual(expect.objectContaining({ kind: "ended", outcome: "succeeded" }));
      const runs = await storage.tiers.runs();
      expect(runs.filter(({ outcome }) => outcome === "succeeded")).toHaveLength(1);
      expect(runs.filter(({ outcome }) => outcome === "interrupted")).toHaveLength(2);
      await using archive = await openArchive(archiveUrl);
      expect([...(await all(archive.events())), ...(await all(storage.audit.stream()))]).toEqual(before);
    } finally {
      await storage.close();
    }
  });
});
