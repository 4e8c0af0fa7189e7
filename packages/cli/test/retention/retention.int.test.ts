import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { daysAgo, importOldEvents } from "../support/old-events.js";
import { createSandbox, type RunResult, type Sandbox, UNRECORDED } from "../support/run-aasm.js";

interface Plan {
  readonly items: { readonly action: string; readonly rows: number; readonly reason: string }[];
  readonly kept: {
    readonly rows: number;
    readonly reason: string;
    readonly holdIds?: string[];
    readonly until?: string;
  }[];
  readonly totals: Record<"archive" | "drop" | "kept" | "held", { readonly partitions: number; readonly rows: number }>;
  readonly nextRun: string;
}

interface Events {
  readonly items: object[];
}

const ok = ({ code, stdout, stderr }: RunResult): string => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
};

async function archiving(sandbox: Sandbox, more = ""): Promise<string> {
  const archive = pathToFileURL(join(sandbox.folder, "archive")).href;
  const config = join(sandbox.folder, ".aasm", "config.yaml");
  await sandbox.run(["migrate"]);
  await writeFile(config, `storage: { retention: { cold_action: archive, archive_url: "${archive}"${more} } }\n`);
  return archive;
}

describe("from the store into the archive and back", { timeout: 300_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const all = ["audit", "export"];
  let before: string;
  let beforeOld: Events;
  let archive: string;
  const oldOnes = ["--to", daysAgo(89), "--agent", "agent-1", "--limit", "1000"];
  // Segments leave whole: the one of 90 days ago ended 89 days ago.
  const leaving = { days: 100, perDay: 30 };

  beforeAll(async () => {
    archive = await archiving(sandbox);
    await importOldEvents(sandbox, leaving);
    before = ok(await sandbox.run(all));
    beforeOld = await sandbox.json<Events>(["audit", "query", ...oldOnes]);
  });

  test("plan: what goes, what stays and until when; nothing changes", async () => {
    const plan = await sandbox.json<Plan>(["retention", "plan"]);
    expect(plan.totals).toMatchObject({
      archive: { partitions: 10, rows: 300 },
      drop: { rows: 0 },
      kept: { partitions: 91, rows: 2730 },
    });
    expect(new Date(plan.nextRun).getTime()).toBeGreaterThan(Date.now());
    const text = ok(await sandbox.run(["retention", "plan"]));
    expect(text.split("\n").length).toBeLessThan(20);
    expect(text).toMatch(/archive +audit +\S+ +\S+ +10 +300 .* 90 to 99 days old, kept for 90 days\n/);
    expect(ok(await sandbox.run(["retention", "plan", "--all"])).split("\n").length).toBeGreaterThan(100);
    expect(ok(await sandbox.run(all))).toBe(before);
  });

  test("options and another time give another plan", async () => {
    const drop = await sandbox.json<Plan>(["retention", "plan", "--cold-action", "drop", "--warm-days", "95"]);
    expect(drop.totals).toMatchObject({ archive: { rows: 0 }, drop: { partitions: 5, rows: 150 } });
    const later = await sandbox.json<Plan>(["retention", "plan", "--at", "+1d"]);
    expect(later.totals.archive).toMatchObject({ partitions: 11 });
    const refused = await sandbox.run(["retention", "plan", "--hot-days", "90"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^aasm: storage\.retention\.warm_days is 90; allowed: more than hot_days, which is 90/,
    );
  });

  test("without a terminal it asks for --yes; a dry run is the plan", async () => {
    const refused = await sandbox.run(["retention", "run"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("--yes");
    expect(await sandbox.json<Plan>(["retention", "run", "--dry-run"])).toMatchObject({
      totals: { archive: { rows: 300 } },
    });
    expect(ok(await sandbox.run(["retention", "run", "--dry-run"]))).toMatch(/\nDry run: nothing was changed\.\n$/);
    expect(await sandbox.json(["retention", "history"])).toEqual({ items: [] });
  });

  test("run, and then there is nothing left to do", async () => {
    const text = ok(await sandbox.run(["retention", "run", "--yes"]));
    expect(text).toMatch(/^Total {2}300 rows .* leave the store: 300 archived\n/);
    expect(text).toMatch(/\nRun succeeded after .*: 300 rows left the store .*, 300 archived\n$/);
    expect(await sandbox.json(["retention", "run", "--yes"])).toMatchObject({
      outcome: "succeeded",
      rows: 0,
      failures: [],
    });
    expect(await sandbox.json(["audit", "count"])).toEqual({ count: 2730 });
    const { items } = await sandbox.json<{ items: object[] }>(["retention", "history", "--limit", "1"]);
    expect(items).toMatchObject([{ outcome: "succeeded", rows: 0 }]);
    expect(ok(await sandbox.run(["retention", "history"]))).toMatch(/succeeded +300 /);
  });

  test("the archive lists and verifies, without a database", async () => {
    const elsewhere = ["--archive-url", archive, "--path", "none.db"];
    const { items } = await sandbox.json<{ items: { rows: number; files: object[]; reason: string }[] }>([
      "archive",
      "list",
      ...elsewhere,
    ]);
    expect(items.map(({ rows, files }) => [rows, files.length])).toEqual(Array(10).fill([30, 1]));
    expect(items[0]?.reason).toBe("99 days old, kept for 90 days");
    const range = ["--from", daysAgo(95), "--to", daysAgo(93)];
    expect(await sandbox.json<{ items: object[] }>(["archive", "list", ...range])).toHaveProperty("items.length", 2);
    expect(ok(await sandbox.run(["archive", "list"]))).toMatch(/\n300 events \(.*\) in file:\/\//);
    expect(await sandbox.json(["archive", "verify", ...elsewhere])).toMatchObject({
      verified: true,
      files: 10,
      rows: 300,
      damaged: [],
    });
    expect(await readdir(sandbox.folder)).not.toContain("none.db");
  });

  test("a query of the archive is what the store said before", async () => {
    expect(beforeOld.items.length).toBe(110);
    const now = await sandbox.json<Events>(["audit", "query", ...oldOnes]);
    const archived = await sandbox.json<Events>(["archive", "query", ...oldOnes]);
    expect([...now.items, ...archived.items]).toEqual(beforeOld.items);
    expect(await sandbox.json(["archive", "query", "--limit", "1", "--order", "oldest"])).toMatchObject({ more: true });
    const jsonl = ok(await sandbox.run(["archive", "query", "--format", "jsonl"]));
    expect(jsonl).toBe(`${before.split("\n").slice(0, 300).join("\n")}\n`);
    const csv = await sandbox.json(["archive", "query", "--format", "csv", "--decision", "deny", "--out", "deny.csv"]);
    expect(csv).toMatchObject({ exported: 43 });
    expect((await sandbox.run(["archive", "query", "--out", "x"])).code).toBe(2);
  });

  test("status shows the tiers, the last run and the next", async () => {
    const status = await sandbox.json(["status"]);
    expect(status).toMatchObject({
      events: 2730,
      tiers: [
        { tier: "hot", rows: 2730 },
        { tier: "archived", partitions: 10, rows: 300 },
      ],
      retention: { lastRun: { outcome: "succeeded" }, halfDone: [], holds: 0, foreign: [] },
    });
    const text = ok(await sandbox.run(["status"]));
    expect(text).toMatch(/archived +300 events in 10 partitions, .* in files\n/);
    expect(text).toMatch(/last retention .* succeeded/);
  });

  test("restored, the export has the same bytes; twice is as good as once; a hold keeps it", async () => {
    expect(await sandbox.json(["archive", "restore", "--dry-run"])).toMatchObject({ dryRun: true, events: 300 });
    expect(await sandbox.json(["audit", "count"])).toEqual({ count: 2730 });
    const restored = await sandbox.json(["archive", "restore", "--hold", "Case 42", "--actor", "counsel"]);
    expect(restored).toMatchObject({ inserted: 300, duplicates: 0, conflicts: 0, hold: { actor: "counsel" } });
    expect(ok(await sandbox.run(all))).toBe(before);
    expect(await sandbox.json(["archive", "restore"])).toMatchObject({ inserted: 0, duplicates: 300 });
    expect((await sandbox.json<Plan>(["retention", "plan"])).totals).toMatchObject({
      archive: { rows: 0 },
      held: { rows: 300 },
    });
  });
});

describe("legal holds", { timeout: 300_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const hold = ["retention", "hold"];
  let holdId: string;

  beforeAll(async () => {
    await archiving(sandbox);
    await importOldEvents(sandbox, { days: 92, perDay: 30 });
  });

  test("one without a reason or a scope is refused", async () => {
    for (const [args, message] of [
      [["add", "--all"], "required option '--reason <text>' not specified"],
      [["add", "--all", "--reason", " "], '--reason is " "; allowed: why it is kept'],
      [["add", "--reason", "x"], "a hold needs --agent, --team, --from or --to; --all"],
      [["add", "--reason", "x", "--all", "--team", "hr"], "--all covers everything"],
      [["release", "1", "--reason", "x"], 'id is "1"'],
    ] as const) {
      const result = await sandbox.run([...hold, ...args]);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toContain(message);
    }
    const unknown = await sandbox.run([...hold, "release", "00000000-0000-7000-8000-000000000000", "--reason", "x"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/^aasm: not_found: there is no legal hold 0{8}.*\. Run aasm retention hold list/);
  });

  test("what it covers stays through a run, and the plan says why", async () => {
    const placed = await sandbox.json<{ holdId: string }>([
      ...hold,
      ...["add", "--reason", "Case 42", "--agent", "agent-1", "--to", daysAgo(91), "--actor", "counsel"],
    ]);
    holdId = placed.holdId;
    expect(placed).toMatchObject({ reason: "Case 42", agentId: "agent-1", actor: "counsel" });
    const plan = await sandbox.json<Plan>(["retention", "plan"]);
    expect(plan.totals).toMatchObject({ archive: { rows: 50 }, held: { rows: 10 } });
    expect(plan.kept.find(({ holdIds }) => holdIds?.[0] === holdId)).toMatchObject({ reason: "legal hold: Case 42" });
    const text = ok(await sandbox.run(["retention", "plan"]));
    expect(text).toContain(`hold ${holdId}\n`);
    expect(text).toContain("10 of them under legal hold");
    await sandbox.json(["retention", "run", "--yes"]);
    expect(await sandbox.json(["audit", "count", "--to", daysAgo(90)])).toEqual({ count: 10 });
    expect(ok(await sandbox.run([...hold, "list"]))).toMatch(/Case 42 .* counsel\n/);
    expect(ok(await sandbox.run(["status"]))).toMatch(/legal holds +1\n/);
  });

  test("released, it is kept on record, and the next run takes what it held", async () => {
    const released = ok(await sandbox.run([...hold, "release", holdId, "--reason", "settled", "--actor", "judge"]));
    expect(released).toContain(`may take agent agent-1 before ${daysAgo(91)}`);
    expect((await sandbox.run([...hold, "release", holdId, "--reason", "again"])).stderr).toContain(
      "already been released",
    );
    expect(await sandbox.json([...hold, "list"])).toEqual({ items: [] });
    expect(await sandbox.json([...hold, "list", "--released"])).toMatchObject({
      items: [{ holdId, state: "released", release: { actor: "judge", reason: "settled" } }],
    });
    await sandbox.json(["retention", "run", "--yes"]);
    expect(await sandbox.json(["audit", "count", "--to", daysAgo(90)])).toEqual({ count: 0 });
  });
});

describe("interrupted", { timeout: 300_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends a run between two steps; the next one loses and doubles nothing",
    async (signal) => {
      const archive = await archiving(sandbox);
      const store = ["--path", `${signal}.db`];
      const url = ["--archive-url", `${archive}-${signal}`];
      await importOldEvents(sandbox, { days: 150, perDay: 40 }, store);
      const before = ok(await sandbox.run(["audit", "export", ...store]));
      const manifests = join(sandbox.folder, `archive-${signal}`, "_manifests", "dataset=audit");
      const cut = await sandbox.spawn(["retention", "run", "--yes", ...store, ...url], {
        onStart: async (child) => {
          while (child.exitCode === null && (await countIn(manifests)) < 3) await delay(5);
          child.kill(signal);
        },
      });
      expect({ code: cut.code, stderr: cut.stderr }).toEqual({ code: 130, stderr: "" });
      expect(cut.stdout).toMatch(/Run interrupted after .*\nThe next run goes on from there: aasm retention run\n$/);
      const { items } = await sandbox.json<{ items: object[] }>(["retention", "history", ...store]);
      expect(items).toMatchObject([{ outcome: "interrupted" }]);
      expect(await countIn(manifests)).toBeLessThan(60);
      expect(await sandbox.json(["retention", "run", "--yes", ...store, ...url])).toMatchObject({
        outcome: "succeeded",
      });
      expect(await sandbox.json(["archive", "verify", ...url])).toMatchObject({ verified: true, rows: 2400 });
      const archived = ok(await sandbox.run(["archive", "query", "--format", "jsonl", ...url]));
      const stored = ok(await sandbox.run(["audit", "export", ...store]));
      expect(archived + stored).toBe(before);
    },
  );
});

async function countIn(folder: string): Promise<number> {
  try {
    return (await readdir(folder)).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}

describe("a run that fails", async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const inTheWay = join(sandbox.folder, "archive");

  beforeAll(async () => {
    await archiving(sandbox);
    await importOldEvents(sandbox, { days: 92, perDay: 10 });
    await writeFile(inTheWay, "a file where the archive's folder should be");
  });

  test("names what it could not do with its remedy; all of it stays in the store", async () => {
    const { code, stdout } = await sandbox.run(["retention", "run", "--yes"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Run failed after .*: no rows left the store\n/);
    expect(stdout).toMatch(/! audit\/\S+\/archive\/default: \w+: .*archive.*\n/);
    expect(stdout).toContain("What failed is still in the store; when the cause is gone: aasm retention run\n");
    expect(await sandbox.json(["audit", "count"])).toEqual({ count: 930 });
    expect(await sandbox.json(["retention", "history"])).toMatchObject({ items: [{ outcome: "failed" }] });
    expect(ok(await sandbox.run(["status"]))).toMatch(/last retention .*: failed, 0 rows left the store: audit\//);
  });

  test("is made up for when the cause is gone", async () => {
    await rm(inTheWay);
    expect(await sandbox.json(["retention", "run", "--yes"])).toMatchObject({ outcome: "succeeded", archivedRows: 20 });
  });
});
