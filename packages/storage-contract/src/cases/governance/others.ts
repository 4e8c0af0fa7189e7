import assert from "node:assert/strict";
import { GOVERNANCE_AGENT } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, uuid } from "../../support/fixtures.js";
import { changesOf, governanceEvents, recordOf } from "./support.js";

const ARCHIVE = {
  archiveId: uuid(1),
  dataset: "audit",
  partitionId: "2026-03-01",
  from: new Date("2026-03-01T00:00:00Z"),
  to: new Date("2026-03-02T00:00:00Z"),
  asOf: "position" as never,
  url: "file:///archive/2026-03-01",
  state: "writing",
  rows: 10,
  bytes: 0,
  startedAt: new Date("2026-03-14T00:00:00Z"),
} as const;

/** What is recorded of legal holds, of retention runs and of archives. */
export const governanceOthersCases = defineCases([
  {
    id: "governance.holds.recorded",
    title: "placing and releasing a hold is one event each, with what it covers, who and why",
    async run({ storage }) {
      const { holds, audit } = await storage(ANY_TIME);
      const from = new Date("2026-03-01T00:00:00Z");
      const { holdId } = await holds.place({ agentId: "a", teamId: "red", from, reason: "case 7", actor: "ann" });
      await holds.release(holdId, { actor: "bob", reason: "settled" });
      await rejects(() => holds.release(holdId, { actor: "bob", reason: "again" }), "conflict");
      await rejects(() => holds.place({ reason: "", actor: "ann" }), "invalid_argument");
      assert.deepEqual(await changesOf(audit), ["hold.placed", "hold.released"]);
      const scope = { agentId: "a", teamId: "red", from: from.toISOString(), to: null };
      assert.deepEqual(await recordOf(audit, "hold.placed"), {
        ...{ change: "hold.placed", subject: { holdId }, after: scope, actor: "ann", reason: "case 7" },
      });
      assert.deepEqual(await recordOf(audit, "hold.released"), {
        ...{ change: "hold.released", subject: { holdId }, before: scope, actor: "bob", reason: "settled" },
      });
      const events = await governanceEvents(audit);
      assert.ok(events.every(({ agentId, teamId }) => agentId === "a" && teamId === "red"));
    },
  },
  {
    id: "governance.runs.recorded",
    title: "a retention run leaves an event when it begins, and one with its outcome",
    async run({ storage }) {
      const { retentionSupport, audit } = await storage(ANY_TIME);
      const run = { runId: "run-1", startedAt: new Date("2026-03-15T03:00:00Z"), rows: 0, bytes: 0, detail: "" };
      await retentionSupport.recordRun({ ...run, outcome: "running", scheduledFor: run.startedAt });
      const finishedAt = new Date("2026-03-15T03:01:00Z");
      const outcome = { ...run, outcome: "succeeded", finishedAt, rows: 7, bytes: 700 } as const;
      await retentionSupport.recordRun(outcome);
      await rejects(() => retentionSupport.recordRun(outcome), "conflict");
      assert.deepEqual(await changesOf(audit), ["retention.finished", "retention.started"]);
      const started = await recordOf(audit, "retention.started");
      assert.deepEqual(started.subject, { runId: "run-1" });
      assert.deepEqual(started.after, { scheduledFor: run.startedAt.toISOString() });
      const { after } = await recordOf(audit, "retention.finished");
      assert.deepEqual(after, { outcome: "succeeded", rows: 7, bytes: 700, detail: "" });
    },
  },
  {
    id: "governance.archives.recorded",
    title: "an archive leaves an event for each of its states, and one when it is given up",
    async run({ storage }) {
      const { retentionSupport, audit } = await storage(ANY_TIME);
      await retentionSupport.recordArchive(ARCHIVE);
      await retentionSupport.recordArchive({ ...ARCHIVE, state: "verified", bytes: 900 }, { from: "writing" });
      await retentionSupport.recordArchive({ ...ARCHIVE, state: "dropped", bytes: 900 }, { from: "verified" });
      await rejects(() => retentionSupport.recordArchive(ARCHIVE), "conflict");
      const given = { ...ARCHIVE, archiveId: uuid(2) };
      await retentionSupport.recordArchive(given);
      await retentionSupport.forgetArchive(given.archiveId);
      await retentionSupport.forgetArchive(given.archiveId);
      assert.deepEqual(await changesOf(audit), [
        "archive.dropped",
        "archive.forgotten",
        "archive.started",
        "archive.started",
        "archive.verified",
      ]);
      const { subject, before, after } = await recordOf(audit, "archive.verified");
      assert.deepEqual(subject, { archiveId: ARCHIVE.archiveId });
      assert.deepEqual([before?.state, after?.state, after?.bytes], ["writing", "verified", 900]);
      assert.equal(after?.url, ARCHIVE.url);
      assert.ok((await governanceEvents(audit)).every(({ agentId }) => agentId === GOVERNANCE_AGENT));
    },
  },
]);
