import type { FinishedRun } from "@agent-assembly/storage-core/backend";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { databaseOfFile, poolOn } from "../setup/database.js";
import { retentionOn } from "../support/retention-on.js";

const run = (runId: string, startedAt: number, detail = ""): FinishedRun => ({
  runId,
  startedAt: new Date(startedAt),
  finishedAt: new Date(startedAt + 1),
  outcome: "succeeded",
  rows: Number.MAX_SAFE_INTEGER,
  bytes: 0,
  detail,
});

describeNeeding("postgres", "retention runs", async () => {
  const pool = poolOn(await databaseOfFile("postgres", "runs"));
  afterAll(() => pool.close());
  const runs = retentionOn(pool);

  it("are listed newest first, those of one instant by code point, descending", async () => {
    const ids = ["Z", "a", "ä", "\uFFFD", "\u{1F600}", "it's %\\ $1"];
    for (const id of ids) await runs.recordRun(run(id, 1000, `about "${id}"`));
    await runs.recordRun(run("newer", 2000));
    const ordered = ids.toSorted((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)));
    const listed = await runs.runs();
    expect(listed.map(({ runId }) => runId)).toEqual(["newer", ...ordered]);
    expect(listed.at(-1)).toEqual(run(ordered.at(-1) as string, 1000, `about "${ordered.at(-1)}"`));
    expect(await runs.runs({ limit: 2 })).toHaveLength(2);
  });

  it("takes the outcome of a running one once, whoever comes first", async () => {
    const { finishedAt, ...begun } = run("begun", 4000);
    await runs.recordRun({ ...begun, outcome: "running", scheduledFor: new Date(3999) });
    const raced = await Promise.allSettled(
      [1, 2, 3].map((rows) => runs.recordRun({ ...begun, finishedAt, outcome: "failed", rows })),
    );
    expect(raced.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const rows = 1 + raced.findIndex(({ status }) => status === "fulfilled");
    expect(await runs.runs({ limit: 1 })).toEqual([
      { ...begun, finishedAt, outcome: "failed", rows, scheduledFor: new Date(3999) },
    ]);
  });

  it("takes a runId once, whoever comes first", async () => {
    for (let round = 0; round < 50; round++) {
      const raced = await Promise.allSettled([1, 2].map(() => runs.recordRun(run(`raced ${round}`, 3000))));
      const [lost] = raced.filter((one) => one.status === "rejected");
      expect(raced.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(lost?.reason).toMatchObject({ code: "conflict" });
    }
  });
});
