import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { beforeAll, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const BIN = fileURLToPath(new URL("../../bin/aasm.js", import.meta.url));
const EVENTS = 1341;

const sandbox = await createSandbox();
const out = (name: string): string => join(sandbox.folder, name);

beforeAll(() => sandbox.run(["demo"]));

type Row = Record<string, unknown>;

async function readParquet(path: string): Promise<Row[]> {
  const file = new Uint8Array(await readFile(path)).buffer;
  return parquetReadObjects({ file, compressors: { GZIP: (bytes) => gunzipSync(bytes) } });
}

test("a file with the columns of the archive and every event, oldest first", async () => {
  const args = ["audit", "export", "--format", "parquet", "--out", "events.parquet"];
  const report = await sandbox.json<{ exported: number; file: string; bytes: number; sha256: string }>(args);
  const bytes = await readFile(out("events.parquet"));
  expect(report).toEqual({
    exported: EVENTS,
    file: out("events.parquet"),
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  expect((await stat(out("events.parquet"))).mode & 0o777).toBe(0o600);
  const rows = await readParquet(out("events.parquet"));
  expect(Object.keys(rows[0] as Row).join()).toBe(
    "ts,recorded_at,event_id,agent_id,team_id,org_id,session_id,trace_id,action,decision,dry_run,shadow_decision,matched_rule_id,tool,payload",
  );
  const lines = (await sandbox.run(["audit", "export", "--recorded-at"])).stdout.trimEnd().split("\n");
  const shared = (event: Row, payload: unknown, times: (value: unknown) => unknown): Row => ({
    ts: times(event.ts),
    recordedAt: times(event.recordedAt ?? event.recorded_at),
    eventId: event.eventId ?? event.event_id,
    agentId: event.agentId ?? event.agent_id,
    rule: event.matchedRuleId ?? event.matched_rule_id ?? null,
    payload,
  });
  expect(
    rows.map((row) =>
      shared(row, JSON.parse((row.payload as string | null) ?? "null"), (at) => (at as Date).toISOString()),
    ),
  ).toEqual(
    lines.map((line) => {
      const event = JSON.parse(line) as Row;
      return shared(event, event.payload ?? null, String);
    }),
  );
});

test("a filter narrows it, also to nothing", async () => {
  const args = ["audit", "export", "--format", "parquet", "--out", "some.parquet"];
  const { count } = await sandbox.json<{ count: number }>(["audit", "count", "--decision", "deny"]);
  expect((await sandbox.run([...args, "--decision", "deny"])).stdout).toMatch(`Exported ${count} events (`);
  expect(await readParquet(out("some.parquet"))).toHaveLength(count);
  expect(await sandbox.json([...args, "--agent", "nobody"])).toMatchObject({ exported: 0 });
  expect(await readParquet(out("some.parquet"))).toEqual([]);
});

test("nothing is left behind where the file cannot be put in its place", async () => {
  await mkdir(out("taken.parquet"));
  const result = await sandbox.run(["audit", "export", "--format", "parquet", "--out", "taken.parquet"]);
  expect(result).toMatchObject({ code: 1, stdout: "" });
  expect((await readdir(sandbox.folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("a terminal gets no bytes, a redirected output does", async () => {
  const refused = await sandbox.run(["audit", "export", "--format", "parquet"], { terminal: true });
  expect(refused).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "aasm: --format parquet writes binary data, which a terminal cannot show; add --out FILE, or redirect the output\n",
  });
  const stdout = openSync(out("redirected.parquet"), "w");
  try {
    const { status, stderr } = spawnSync(process.execPath, [BIN, "audit", "export", "--format", "parquet"], {
      cwd: sandbox.folder,
      env: { ...process.env, HOME: sandbox.folder, USERPROFILE: sandbox.folder },
      stdio: ["ignore", stdout, "pipe"],
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  } finally {
    closeSync(stdout);
  }
  await sandbox.run(["audit", "export", "--format", "parquet", "--out", "whole.parquet"]);
  expect(await readFile(out("redirected.parquet"))).toEqual(await readFile(out("whole.parquet")));
});
