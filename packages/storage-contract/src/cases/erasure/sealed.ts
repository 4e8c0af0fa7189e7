import assert from "node:assert/strict";
import type { ErasureEvidence, StorageBackend } from "@agent-assembly/storage-core";
import type { ErasedEvidence, ErasingEvent, EvidencePart } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { bytes, evidenceOf, growth, NEW_LOG, plain } from "../evidence/support.js";
import { erasureCase, mixedEvents, request, subjectEvent } from "./support.js";

const ROOT = { bundle: 0, depth: 0, path: 0, node: bytes(9) };
const LEFT = [
  { bundle: 0, depth: 1, path: 1, node: bytes(1) },
  { bundle: 0, depth: 2, path: 1, node: bytes(2) },
];
const PARTS: readonly EvidencePart[] = [
  { leaf: 0, place: 0, isErased: false, bytes: bytes(3) },
  { leaf: 0, place: 1, isErased: true, bytes: bytes(4) },
  { leaf: 7, place: 2, isErased: false, bytes: bytes(5) },
];

interface Told {
  announced: ErasingEvent[];
  erased: number;
  done: number;
  asked: number;
}

/** Evidence that says what it was told. */
function evidence(
  evidenceFor: (asked: number) => ErasedEvidence,
  known: (event: ErasingEvent) => boolean = () => true,
): { readonly hook: ErasureEvidence; readonly told: Told } {
  const told: Told = { announced: [], erased: 0, done: 0, asked: 0 };
  const hook: ErasureEvidence = {
    finish: async () => [],
    async announce(_, events) {
      for await (const some of events) told.announced.push(...some);
      return {
        async evidenceOf(some) {
          told.asked++;
          return { events: some.filter(known), evidence: evidenceFor(told.asked) };
        },
        erased(some) {
          told.erased += some.length;
        },
        async done() {
          told.done++;
          return { leaf: told.done };
        },
      };
    },
  };
  return { hook, told };
}

async function sealed(backend: StorageBackend): Promise<boolean> {
  if (backend.capabilities.evidence.status === "unsupported") return false;
  const support = evidenceOf(backend);
  await backend.audit.append(mixedEvents(6));
  assert.equal(await support.begin(NEW_LOG), true);
  assert.equal(await support.commit(growth()), true);
  return true;
}

export const erasureSealedCases = defineCases([
  erasureCase(
    "erasure.sealed.refused-without-evidence",
    "a store whose events are sealed refuses an erasure that would not be stated there",
    async (backend) => {
      if (!(await sealed(backend))) return;
      assert.equal((await backend.planErasure(request())).sealed, true);
      await rejects(backend.erase(request()), "conflict", /erasureEvidence/);
      assert.equal(await backend.audit.count({ agentId: "subject" }), 3);
      assert.deepEqual(await backend.erasures(), []);
    },
  ),
  erasureCase(
    "erasure.sealed.evidence-in-the-transaction",
    "evidence is announced before, changed with the events, and stated behind them",
    async (backend) => {
      if (!(await sealed(backend))) return;
      const { hook, told } = evidence(() => ({ log: 1, replaced: [ROOT], seeds: LEFT, parts: PARTS }));
      const { statements, events } = await backend.erase(request(), { evidence: hook });
      assert.deepEqual([events, statements], [3, [1]]);
      assert.deepEqual([told.announced.length, told.erased, told.done], [3, 3, 1]);
      const [first] = told.announced;
      assert.deepEqual(
        [first?.event.agentId, first?.after.agentId, first?.before, first?.parts],
        ["subject", "erased", [], ["agentId", "sessionId", "traceId", "payload:/arguments", "payload:/tool"]],
      );
      const support = evidenceOf(backend);
      assert.deepEqual(plain(await support.seeds(1, { from: 0, limit: 5 })), plain(LEFT));
      assert.deepEqual(plain(await support.parts(1, { from: 0, limit: 5 })), plain(PARTS));
      assert.deepEqual(plain(await support.parts(1, { from: 0, limit: 1 })), plain(PARTS.slice(0, 2)));
      assert.deepEqual(plain(await support.parts(1, { from: 1, limit: 1 })), plain(PARTS.slice(2)));
      assert.deepEqual(await support.parts(2, { from: 0, limit: 5 }), []);
      // Nothing is announced where nothing is erased.
      await backend.erase(request(), { evidence: hook });
      assert.equal(told.done, 1);
    },
  ),
  erasureCase(
    "erasure.sealed.other-seeds",
    "where the seeds are not as they were read, nothing is erased and the evidence is asked for again",
    async (backend) => {
      if (!(await sealed(backend))) return;
      const stale = [{ ...ROOT, node: bytes(8) }];
      const { hook, told } = evidence((asked) => ({
        log: 1,
        replaced: asked === 1 ? stale : asked === 2 ? [] : [ROOT],
        seeds: asked === 3 ? LEFT : [{ ...ROOT, node: bytes(6) }],
        parts: [],
      }));
      const { events } = await backend.erase(request(), { evidence: hook });
      assert.deepEqual([events, told.asked, told.erased], [3, 3, 3]);
      assert.deepEqual(plain(await evidenceOf(backend).seeds(1, { from: 0, limit: 5 })), plain(LEFT));
    },
  ),
  erasureCase(
    "erasure.sealed.parts-are-replaced",
    "what is stored of a part takes the place of what was",
    async (backend) => {
      if (!(await sealed(backend))) return;
      const erase = async (part: EvidencePart, agentId: string) => {
        await backend.audit.append([subjectEvent(50 + Number(part.isErased), { agentId })]);
        const { hook } = evidence(() => ({ log: 1, replaced: [], seeds: [], parts: [part] }));
        await backend.erase(request({ filter: { agentId } }), { evidence: hook });
      };
      await erase({ leaf: 3, place: 1, isErased: false, bytes: bytes(1) }, "a");
      await erase({ leaf: 3, place: 1, isErased: true, bytes: bytes(2) }, "b");
      const stored = await evidenceOf(backend).parts(1, { from: 0, limit: 5 });
      assert.deepEqual(plain(stored), plain([{ leaf: 3, place: 1, isErased: true, bytes: bytes(2) }]));
    },
  ),
  erasureCase(
    "erasure.sealed.unannounced-events",
    "events that were not announced stay for the next round, which announces them",
    async (backend) => {
      if (!(await sealed(backend))) return;
      let late = true;
      const { hook, told } = evidence(
        () => ({ log: 1, replaced: [], seeds: [], parts: [] }),
        ({ event }) => !late || event.eventId !== subjectEvent(4).eventId,
      );
      const again: ErasureEvidence = {
        finish: async () => [],
        async announce(request, events) {
          late = told.done === 0;
          return hook.announce(request, events);
        },
      };
      const { events, statements } = await backend.erase(request(), { evidence: again });
      assert.deepEqual([events, statements, told.announced.length], [3, [1, 2], 4]);
    },
  ),
]);
