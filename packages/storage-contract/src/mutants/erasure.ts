import type { StorageBackend } from "@agent-assembly/storage-core";
import { type ErasureSupport, interceptBackend } from "@agent-assembly/storage-core/backend";
import type { CaseId } from "../cases/index.js";
import { type Mutant, mutant, override } from "./mutant.js";

type Operations = Pick<StorageBackend, "erase" | "planErasure" | "erasures">;

function erasureMutant(name: string, caseId: CaseId, members: (sound: Operations) => Partial<Operations>): Mutant {
  return mutant(name, caseId, (sound) => ({
    ...interceptBackend(sound, { call: (_, run) => run(), iterate: (_, run) => run() }),
    ...members(sound),
  }));
}

function markerMutant(name: string, caseId: CaseId, members: Partial<ErasureSupport>): Mutant {
  return mutant(name, caseId, (sound) => override(sound, "erasureSupport", members));
}

/** Defects of erasing. */
export const erasureMutants: readonly Mutant[] = [
  erasureMutant("keeps the trace of an erased event", "erasure.parts.rows", (sound) => ({
    erase: ({ parts, ...request }, options) =>
      sound.erase({ ...request, parts: parts.filter((part) => part !== "traceId") }, options),
  })),
  erasureMutant("erases more of the payload than was asked for", "erasure.parts.odd-names", (sound) => ({
    erase: (request, options) => sound.erase({ ...request, parts: ["payload"] }, options),
  })),
  erasureMutant("erases when it plans", "erasure.plan.counts", (sound) => ({
    async planErasure(request, options) {
      const plan = await sound.planErasure(request, options);
      await sound.erase(request);
      return plan;
    },
  })),
  erasureMutant("takes an empty filter for all events", "erasure.requests.refused", (sound) => ({
    erase: (request, options) =>
      sound.erase(
        Object.keys(request.filter).length === 0 ? { ...request, filter: { from: new Date(0) } } : request,
        options,
      ),
  })),
  erasureMutant("plans as if there were no holds", "erasure.holds.refuse", (sound) => ({
    planErasure: async (request, options) => ({ ...(await sound.planErasure(request, options)), refusals: [] }),
  })),
  erasureMutant("takes the same request for another one", "erasure.repeat.idempotent", (sound) => {
    let times = 0;
    return { erase: (request, options) => sound.erase({ ...request, basis: `${request.basis} ${++times}` }, options) };
  }),
  erasureMutant("does not hear a signal", "erasure.interrupted.resumes", (sound) => ({
    erase: (request, options) => sound.erase(request, { ...options, signal: undefined }),
  })),
  erasureMutant("lists erasures oldest first", "erasure.records.newest-first", (sound) => ({
    erasures: async (options) => (await sound.erasures(options)).toReversed(),
  })),
  erasureMutant("asks no archive", "erasure.archives.asked", (sound) => ({
    erase: (request, options) => sound.erase(request, { ...options, archives: [] }),
  })),
  erasureMutant("says nothing of what remains", "erasure.archives.of-the-catalog", (sound) => ({
    erase: async (request, options) => ({ ...(await sound.erase(request, options)), remains: [] }),
  })),
  markerMutant("does not say what was erased", "erasure.markers.names", { erased: async () => [] }),
  markerMutant("does not mark archived events", "erasure.restore.of-marked-events", { mark: async () => true }),
];
