import assert from "node:assert/strict";
import type { ErasableArchive, ErasureProgress } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { ANY_TIME, event, NOW, UNRECORDED, uuid } from "../../support/fixtures.js";
import { changesOf, DIGEST, recordOf, recordsOf } from "../governance/support.js";
import { asStored, erasedEvent, erasureCase, mixedEvents, request, storedEvents, subjectEvent } from "./support.js";

/** More than one transaction takes. */
const MANY = 2500;

/** An archive that has nothing, and keeps what it was asked. */
function archive(members: Partial<ErasableArchive> = {}): ErasableArchive & { readonly asked: string[] } {
  const asked: string[] = [];
  const url = "s3://bucket/archive";
  return {
    url,
    asked,
    async plan({ parts, erasureId }) {
      asked.push(`plan ${parts.join(" ")} ${erasureId}`);
      return { url, archiveIds: [], events: 0, files: 0, remains: [], refusals: [] };
    },
    async erase({ parts, erasureId }) {
      asked.push(`erase ${parts.join(" ")} ${typeof erasureId}`);
      return { url, archiveIds: [], events: 3, files: 1, remains: ["archive 1: locked until 2027-01-01"] };
    },
    ...members,
  };
}

export const erasureRunCases = defineCases([
  erasureCase("erasure.plan.counts", "a plan counts events by part and day, and changes nothing", async (backend) => {
    const dayBefore = { ts: new Date(NOW - 86_400_000), payload: { result: "sent" } };
    await backend.audit.append([...mixedEvents(6), subjectEvent(20, dayBefore)]);
    const before = await storedEvents(backend);
    const plan = await backend.planErasure(request());
    assert.equal(plan.events, 4);
    assert.deepEqual(plan.parts, {
      agentId: 4,
      "payload:/arguments": 3,
      "payload:/tool": 3,
      sessionId: 4,
      traceId: 4,
    });
    assert.deepEqual(plan.days, { "2026-03-14": 1, "2026-03-15": 3 });
    assert.deepEqual([plan.refusals, plan.archives, plan.archived, plan.sealed], [[], [], [], false]);
    assert.ok(plan.notCovered.some((text) => text.includes("backups")));
    assert.deepEqual(await storedEvents(backend), before);
    assert.deepEqual(await backend.erasures(), []);
  }),
  erasureCase(
    "erasure.repeat.idempotent",
    "the same request again finds nothing more, takes what came since, and is the same erasure",
    async (backend) => {
      await backend.audit.append(mixedEvents(6));
      const first = await backend.erase(request());
      const again = await backend.erase(request());
      assert.deepEqual([again.erasureId, again.events, again.newEvents], [first.erasureId, 3, 0]);
      await backend.audit.append([subjectEvent(20)]);
      const later = await backend.erase(request());
      assert.deepEqual([later.erasureId, later.events, later.newEvents], [first.erasureId, 4, 1]);
      assert.deepEqual([later.from, later.to], [subjectEvent(0).ts, subjectEvent(20).ts]);
      const other = await backend.erase(request({ request: "ticket 4712" }));
      assert.notEqual(other.erasureId, first.erasureId);
      assert.deepEqual([other.events, other.from], [0, undefined]);
    },
  ),
  erasureCase(
    "erasure.interrupted.resumes",
    "an erasure that was interrupted stands as failed, and the same request again finishes it",
    async (backend) => {
      await backend.audit.append(Array.from({ length: MANY }, (_, n) => subjectEvent(n)));
      const stop = new AbortController();
      const reason = new Error("enough");
      const onProgress = ({ step }: ErasureProgress): void => {
        if (step === "erase") stop.abort(reason);
      };
      await assert.rejects(backend.erase(request(), { signal: stop.signal, onProgress }), reason);
      const left = await backend.audit.count({ agentId: "subject" });
      assert.ok(left > 0 && left < MANY, `${left} events are left`);
      const [failed] = await backend.erasures();
      assert.deepEqual([failed?.state, failed?.events, failed?.detail], ["failed", MANY - left, "interrupted"]);
      const done = await backend.erase(request());
      assert.deepEqual(
        [done.erasureId, done.state, done.events, done.newEvents, done.detail],
        [failed?.erasureId, "done", MANY, left, ""],
      );
      assert.equal(await backend.audit.count({ agentId: "erased" }), MANY);
      assert.equal((await backend.erasures()).length, 1);
    },
  ),
  erasureCase(
    "erasure.interrupted.before-it-begins",
    "an erasure whose signal was aborted before does nothing, and throws its reason",
    async (backend) => {
      await backend.audit.append(mixedEvents(2));
      const reason = new Error("no");
      await assert.rejects(backend.erase(request(), { signal: AbortSignal.abort(reason) }), reason);
      assert.equal(await backend.audit.count({ agentId: "subject" }), 1);
      assert.deepEqual(await backend.erasures(), []);
    },
  ),
  erasureCase(
    "erasure.governance.recorded",
    "an erasure is recorded when it begins and when it ends, without anything of the filter but its digest",
    async (backend) => {
      await backend.audit.append(mixedEvents(6));
      const { erasureId, filterDigest } = await backend.erase(request({ actor: "officer" }));
      assert.match(filterDigest, DIGEST);
      const begun = await recordOf(backend.audit, "erasure.begun");
      assert.deepEqual(begun, {
        change: "erasure.begun",
        subject: { erasureId },
        after: {
          request: "ticket 4711",
          basis: "Art. 17(1)(b)",
          parts: [...request().parts].sort(),
          filter: filterDigest,
        },
        actor: "officer",
      });
      assert.deepEqual(await recordOf(backend.audit, "erasure.finished"), {
        change: "erasure.finished",
        subject: { erasureId },
        after: { outcome: "done", events: 3, detail: "" },
        actor: "officer",
      });
      assert.ok(!JSON.stringify(await recordsOf(backend.audit)).includes(':"subject"'));
      const [record] = await backend.erasures();
      assert.deepEqual([record?.erasureId, record?.actor, record?.state], [erasureId, "officer", "done"]);
    },
  ),
  erasureCase(
    "erasure.governance.not-recorded",
    "an erasure is not recorded as an event where changes are not, and is in the list of erasures",
    async (backend) => {
      await backend.audit.append(mixedEvents(2));
      await backend.erase(request());
      assert.deepEqual(await changesOf(backend.audit), []);
      assert.equal((await backend.erasures()).length, 1);
    },
    UNRECORDED,
  ),
  erasureCase(
    "erasure.governance.records-stay",
    "records of erasures are not erased, those of other changes are",
    async (backend) => {
      await backend.audit.append(mixedEvents(2));
      await backend.agents.register({ agentId: "subject" });
      await backend.erase(request());
      const all = { filter: { action: "governance" }, parts: ["payload"], request: "ticket 4713", basis: "all" };
      const { events } = await backend.erase(all);
      assert.equal(events, 1);
      const changes = (await backend.audit.query({ action: "governance" })).items.map(({ payload }) => payload);
      assert.equal(changes.filter((payload) => payload !== undefined).length, 4);
    },
  ),
  erasureCase(
    "erasure.records.newest-first",
    "erasures are listed by when they began, newest first",
    async (_, { storage }) => {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => ++now });
      const names = ["one", "two", "three"];
      for (const name of names) await backend.erase(request({ request: name }));
      await backend.erase(request({ request: "one" }));
      const listed = await backend.erasures();
      assert.deepEqual(
        listed.map((record) => record.request),
        names.toReversed(),
      );
      assert.deepEqual(
        (await backend.erasures({ limit: 2 })).map((record) => record.request),
        ["three", "two"],
      );
      assert.ok(listed.every(({ state, finishedAt }) => state === "done" && finishedAt !== undefined));
    },
  ),
  erasureCase(
    "erasure.archives.asked",
    "archives are planned before the first event is erased and rewritten behind the last, and say what remains",
    async (backend) => {
      await backend.audit.append(mixedEvents(2));
      const wanted = request({ parts: ["agentId"] });
      const refusing = archive({
        plan: async () => ({
          url: "s3://bucket/archive",
          archiveIds: [],
          events: 1,
          files: 1,
          remains: [],
          refusals: [{ kind: "hold", holdId: uuid(1), events: 1 }],
        }),
      });
      await assert.rejects(backend.erase(wanted, { archives: [refusing] }), new RegExp(uuid(1)));
      assert.deepEqual(refusing.asked, []);
      const asked = archive();
      const { archives, remains } = await backend.erase(wanted, { archives: [asked] });
      assert.deepEqual(asked.asked, ["plan agentId undefined", "erase agentId string"]);
      assert.deepEqual(
        archives.map(({ events, files }) => [events, files]),
        [[3, 1]],
      );
      assert.ok(remains.includes("archive 1: locked until 2027-01-01"));
    },
  ),
  erasureCase(
    "erasure.archives.of-the-catalog",
    "archives of the time that are not given are named in the plan, and remain",
    async (backend) => {
      await backend.audit.append(mixedEvents(2));
      const [partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      const { asOf } = await backend.partitions.measure(partition);
      assert.ok(asOf !== undefined);
      const record = (n: number, from: Date, to: Date) =>
        backend.retentionSupport.recordArchive({
          archiveId: uuid(n),
          dataset: "audit",
          partitionId: `p${n}`,
          from,
          to,
          asOf,
          url: `s3://bucket/${n}`,
          state: "writing",
          rows: 2,
          bytes: 0,
          startedAt: new Date(NOW),
        });
      await record(1, partition.from, partition.to);
      await record(2, new Date(0), new Date(1000));
      const wanted = request({ filter: { agentId: "subject", from: new Date(5000) } });
      const { archives } = await backend.planErasure(wanted);
      assert.deepEqual(
        archives.map(({ archiveId, covered }) => [archiveId, covered]),
        [[uuid(1), false]],
      );
      const { remains } = await backend.erase(wanted);
      const named = [1, 2].map((n) => remains.some((text) => text.includes(uuid(n))));
      assert.deepEqual(named, [true, false]);
    },
  ),
  erasureCase(
    "erasure.concurrent.appends",
    "appends go on while events are erased, and none is lost",
    async (backend) => {
      await backend.audit.append(Array.from({ length: MANY }, (_, n) => subjectEvent(n)));
      const appended = Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? subjectEvent(MANY + n) : event(MANY + n)));
      const [erased] = await Promise.all([
        backend.erase(request()),
        ...appended.map((one) => backend.audit.append([one])),
      ]);
      assert.ok(erased.events >= MANY);
      const { events } = await backend.erase(request());
      assert.equal(events, MANY + 30);
      assert.equal(await backend.audit.count({ action: "tool_call" }), MANY + 60);
      assert.equal(await backend.audit.count({ agentId: "subject" }), 0);
      const groups = await backend.audit.summarize({ action: "tool_call" }, { groupBy: ["agentId"] });
      assert.deepEqual(
        groups.map(({ key, count }) => [key.agentId, count]),
        [
          ["agent-1", 30],
          ["erased", MANY + 30],
        ],
      );
    },
  ),
  erasureCase(
    "erasure.concurrent.erasures",
    "erasures of other parts of the same events, at once and from two handles, all take effect",
    async (backend, { harness }) => {
      const shared = backend.capabilities.multiProcess.status !== "unsupported";
      const second = shared ? await harness.second?.(backend, ANY_TIME) : backend;
      assert.ok(second !== undefined);
      await backend.audit.append(mixedEvents(40));
      const results = await Promise.all([
        backend.erase(request({ parts: ["agentId"], filter: { teamId: "team-1" } })),
        second.erase(request({ parts: ["sessionId", "payload:/tool"], filter: { teamId: "team-1" } })),
        second.erase(request({ parts: ["traceId"], filter: { teamId: "team-1" } })),
        backend.erase(request({ parts: ["payload:/arguments"], filter: { teamId: "team-1" } })),
      ]);
      assert.deepEqual(
        results.map(({ events }) => events),
        [20, 20, 20, 20],
      );
      assert.deepEqual(
        await storedEvents(second),
        mixedEvents(40).map((one, n) => asStored(n % 2 === 0 ? erasedEvent(n) : one)),
      );
      const { duplicates } = await backend.audit.append(mixedEvents(40));
      assert.equal(duplicates, 40);
    },
  ),
]);
