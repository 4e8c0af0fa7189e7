import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunReport } from "@agent-assembly/retention";
import { type LoadedConfig, loadConfigWithSources } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { renderRestore, renderVerified } from "../../src/commands/archive/view.js";
import { type LoggedEvent, renderScheduleEvent } from "../../src/commands/retention/schedule-log.js";
import { configFileOf, refuseVanished, restartKeys, watchConfigFile } from "../../src/commands/retention/settings.js";
import { scopeText } from "../../src/commands/retention/view-hold.js";
import { renderRun, runDocument } from "../../src/commands/retention/view-run.js";
import { retentionFields } from "../../src/commands/status/retention.js";
import { explainWith } from "../../src/explain-error.js";
import { formatDay, formatDuration } from "../../src/terminal/format.js";
import { createStyle } from "../../src/terminal/style.js";
import { itemOf, makePlan, NOW } from "./make-plan.js";

const plain = createStyle(false);
const folder = await mkdtemp(join(tmpdir(), "aasm-reload-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

let loaded: LoadedConfig;
let report: RunReport;
beforeAll(async () => {
  const path = join(folder, "config.yaml");
  await writeFile(path, "mode: local\n");
  loaded = await loadConfigWithSources({ path, env: {} });
  const item = itemOf("archive", "2026-01-01", 100);
  report = {
    runId: "r",
    startedAt: NOW,
    finishedAt: new Date(NOW.getTime() + 65_400),
    outcome: "failed",
    plan: await makePlan({}, { days: 1, perDay: 1 }),
    rows: 1500,
    bytes: 2048,
    archivedRows: 1000,
    compressedPartitions: 2,
    failures: [
      {
        item,
        error: new StorageError({
          code: "permission_denied",
          message: "s3://b: no\u001b[31m credentials",
          option: "options.s3.region",
          remedy: "Set {option}.",
          backend: "archive",
        }),
      },
      { error: new StorageError({ code: "retention_failed", message: "a file is missing" }) },
    ],
    warnings: [],
    detail: "",
  };
});

const explain = (error: Error): Error => explainWith(loaded)(error);

test("a run says what it did, what failed and what to do", () => {
  expect(renderRun(report, explain, plain)).toBe(
    [
      "Run failed after 1 min 5 s: 1,500 rows left the store (about 2.0 KiB), 1,000 archived, 500 dropped, 2 partitions compressed",
      "! audit/2026-01-01/archive: permission_denied: s3://b: no\\x1b[31m credentials. Set storage.retention.s3.region.",
      "! an archive of an earlier run: retention_failed: a file is missing",
      "What failed is still in the store; when the cause is gone: aasm retention run",
      "",
    ].join("\n"),
  );
  const document = JSON.parse(JSON.stringify(runDocument(report, explain)));
  expect(document).toMatchObject({ outcome: "failed", failures: [{ item: "audit/2026-01-01/archive" }, {}] });
  expect(document).not.toHaveProperty("plan");
  const ended = { ...report, outcome: "interrupted" as const, failures: [], rows: 0, archivedRows: 0 };
  expect(renderRun(ended, explain, plain)).toMatch(/^Run interrupted .*: no rows left the store, 2 partitions/);
  expect(renderRun(ended, explain, plain)).toContain("The next run goes on from there: aasm retention run\n");
});

describe("events of a schedule, each a line", () => {
  const due = new Date("2026-03-01T03:00:00Z");
  const failure = new StorageError({ code: "unavailable", message: "away\nfor now" });
  const item = itemOf("archive", "2026-01-01", 1);
  const cases: [event: LoggedEvent, line: string][] = [
    [
      { kind: "watching", schedule: "0 3 * * *", file: "/etc/aasm.yaml", dryRun: true },
      'schedule "0 3 * * *" in UTC, dry runs only; watching /etc/aasm.yaml',
    ],
    [{ kind: "waiting", until: new Date("2026-03-02T03:00:00Z") }, "waiting until 2026-03-02 03:00:00Z (in 15h)"],
    [{ kind: "started", scheduledFor: due, missed: true }, "run for 2026-03-01 03:00:00Z begins, which was missed"],
    [{ kind: "progress", progress: { kind: "done", item } }, "archived 1 row of audit 2026-01-01 (about 100 B)"],
    [
      { kind: "progress", progress: { kind: "failed", item, error: failure } },
      "audit/2026-01-01/archive failed: unavailable: away; for now",
    ],
    [{ kind: "left", scheduledFor: due, to: "done" }, "run for 2026-03-01 03:00:00Z was made by another process"],
    [
      { kind: "left", scheduledFor: due, to: "running" },
      "run for 2026-03-01 03:00:00Z is being made by another process",
    ],
    [{ kind: "failed", error: failure }, "failed: unavailable: away; for now"],
    [
      { kind: "reloaded", cause: "SIGHUP", schedule: "0 4 * * *", dryRun: false, restartFor: ["storage.sqlite"] },
      'configuration read again (SIGHUP): schedule "0 4 * * *"; a restart is needed for the new storage.sqlite',
    ],
    [
      { kind: "reload_failed", cause: "file", message: "unknown key x" },
      "the configuration was not taken over, the old settings stay: unknown key x",
    ],
    [{ kind: "stopped" }, "stopped"],
  ];
  test.each(cases)("%j", (event, line) => {
    expect(renderScheduleEvent(event, NOW, explain, plain)).toBe(`2026-03-01 12:00:00Z  ${line}`);
  });

  test("plans and reports are summed up", async () => {
    const plan = await makePlan({}, { days: 100, perDay: 2 });
    expect(renderScheduleEvent({ kind: "planned", scheduledFor: due, plan }, NOW, explain, plain)).toContain(
      "dry run: archive 0 rows, drop 20 rows, compress 0 partitions, keep 180 rows",
    );
    expect(renderScheduleEvent({ kind: "ended", scheduledFor: due, report }, NOW, explain, plain)).toContain(
      "run failed: 1,500 rows left the store",
    );
  });
});

test("verification names what is wrong, where and why", () => {
  const url = "file:///a";
  const file = { path: "dataset=audit/x.parquet", archiveId: "i", rows: 6, bytes: 9 } as const;
  const damaged = [{ ...file, status: "damaged", reason: "its SHA-256 is another" }] as const;
  expect(renderVerified(url, { files: 2, rows: 9, bytes: 18, damaged }, undefined, plain)).toBe(
    [
      "FILE                     STATUS   EVENTS  WHY",
      "dataset=audit/x.parquet  damaged       6  its SHA-256 is another",
      "! 1 of 2 files in file:///a is not as it was written (6 events); put it back from a copy",
      "",
    ].join("\n"),
  );
  expect(renderVerified(url, { files: 1, rows: 1, bytes: 18, damaged: [] }, undefined, plain)).toBe(
    "ok 1 file with 1 event (18 B) in file:///a\n",
  );
});

test("a restore says what was there already, and what retention will do", () => {
  expect(renderRestore("s3://b", { inserted: 1, duplicates: 2, conflicts: 3 }, undefined, plain)).toBe(
    [
      "Restored 1 event from s3://b; stored already: 2.",
      "! Left out: 3. The store has other events of the same time and id, which stay.",
      "The next retention run takes them again where the rules still say so; --hold REASON keeps them.",
      "",
    ].join("\n"),
  );
});

test("scopes, days and durations", () => {
  const from = new Date("2026-01-01T00:00:00Z");
  expect(scopeText({})).toBe("everything");
  expect(scopeText({ from })).toBe("everything from 2026-01-01");
  expect(scopeText({ agentId: "a", teamId: "t", from, to: NOW })).toBe(
    "agent a in team t from 2026-01-01 before 2026-03-01 12:00:00Z",
  );
  expect(formatDay(NOW)).toBe("2026-03-01 12:00:00Z");
  expect([850, 12_340, 245_000].map(formatDuration)).toEqual(["850 ms", "12.3 s", "4 min 5 s"]);
});

test("where retention stands", () => {
  const status = {
    schedule: "0 3 * * *",
    nextRun: new Date("2026-03-02T03:00:00Z"),
    dryRun: false,
    lastRun: null,
    archived: { tier: "archived", partitions: 0, rows: 0, bytes: 0 },
    halfDone: [],
    holds: 0,
    foreign: [],
  } as const;
  expect(retentionFields(null, NOW.getTime())).toEqual([]);
  expect(retentionFields(status, NOW.getTime()).filter(([, value]) => value !== undefined)).toEqual([
    ["last retention", "never"],
    ["next retention", "2026-03-02 03:00:00Z (in 15h)"],
  ]);
  const lastRun = {
    runId: "r",
    startedAt: NOW,
    finishedAt: NOW,
    outcome: "failed",
    rows: 1,
    bytes: 1,
    detail: "a\nb",
  } as const;
  const half = { archiveId: "i", partitionId: "s", state: "verified", rows: 1, startedAt: NOW } as const;
  expect(
    Object.fromEntries(retentionFields({ ...status, lastRun, holds: 2, halfDone: [half] }, NOW.getTime())),
  ).toMatchObject({
    "last retention": "2026-03-01 12:00:00Z (now): failed, 1 row left the store: a",
    "legal holds": "2",
    "half-done archives": "1; the next run finishes it, aasm retention run does it now",
  });
});

describe("reading the configuration again", () => {
  test("a file that changes, is replaced, goes or comes is noticed", async () => {
    const path = join(folder, "watched.yaml");
    const onChange = vi.fn();
    const stop = watchConfigFile(path, onChange);
    try {
      for (const change of [
        () => writeFile(path, "a: 1\n"),
        () => writeFile(path, "a: 2\n"),
        () => writeFile(`${path}.new`, "a: 3\n").then(() => rename(`${path}.new`, path)),
        () => rm(path),
      ]) {
        onChange.mockClear();
        await change();
        await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000, interval: 50 });
      }
    } finally {
      stop();
    }
  });

  test("what needs a restart is named", async () => {
    const path = join(folder, "restart.yaml");
    await writeFile(path, "storage: { sqlite: { path: /x.db }, retention: { jitter_secs: 1, hot_days: 3 } }\n");
    const now = await loadConfigWithSources({ path, env: {} });
    expect(restartKeys(loaded.config, now.config)).toEqual(["storage.sqlite", "storage.retention.jitter_secs"]);
    expect(restartKeys(now.config, now.config)).toEqual([]);
  });

  test("a file that is gone is no wish for the defaults", () => {
    const { file: _, ...without } = loaded;
    expect(() => refuseVanished(loaded, without)).toThrow(/config\.yaml: the file no longer exists\. Restore it/);
    expect(() => refuseVanished(without, without)).not.toThrow();
    const context = { global: {}, resolvePath: (path: string) => path.replace("~", "/home/me") };
    expect(configFileOf(context, loaded)).toBe(loaded.file);
    expect(configFileOf(context, without)).toBe("/home/me/.aasm/config.yaml");
  });
});
