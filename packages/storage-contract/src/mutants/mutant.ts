import type { StorageBackend } from "@agent-assembly/storage-core";
import { interceptBackend, type ROLES } from "@agent-assembly/storage-core/backend";
import type { CaseId } from "../cases/index.js";
import type { CreateOptions, StorageHarness } from "../harness.js";

/** A backend with one defect, and the case that must notice it. */
export interface Mutant {
  readonly name: string;
  readonly caseId: CaseId;
  harness(base: StorageHarness): StorageHarness;
}

/** Makes the defective backend out of a sound one. */
export type Mutation = (sound: StorageBackend) => StorageBackend;

export function mutant(name: string, caseId: CaseId, mutation: Mutation): Mutant {
  return { name, caseId, harness: (base) => mutatedHarness(base, mutation) };
}

/** A backend that is opened with other options than it was asked to. */
export function misconfigured(name: string, caseId: CaseId, change: (options: CreateOptions) => CreateOptions): Mutant {
  const harness = (base: StorageHarness): StorageHarness => ({
    ...base,
    create: (options = {}) => base.create(change(options)),
  });
  return { name, caseId, harness };
}

/** The same backend with some methods of one role replaced. */
export function override<R extends (typeof ROLES)[number]>(
  sound: StorageBackend,
  role: R,
  members: Partial<NonNullable<StorageBackend[R]>>,
): StorageBackend {
  const plain = interceptBackend(sound, { call: (_, run) => run(), iterate: (_, run) => run() });
  return { ...plain, [role]: { ...plain[role], ...members } };
}

function mutatedHarness(base: StorageHarness, mutation: Mutation): StorageHarness {
  const sources = new WeakMap<StorageBackend, StorageBackend>();
  const mutate = (sound: StorageBackend): StorageBackend => {
    const mutated = mutation(sound);
    sources.set(mutated, sound);
    return mutated;
  };
  const soundOf = (backend: StorageBackend): StorageBackend => sources.get(backend) ?? backend;
  const { reopen, second, schema } = base;
  return {
    name: base.name,
    create: async (options) => mutate(await base.create(options)),
    ...(reopen !== undefined && {
      reopen: async (backend, options) => mutate(await reopen.call(base, soundOf(backend), options)),
    }),
    ...(second !== undefined && {
      second: async (backend, options) => mutate(await second.call(base, soundOf(backend), options)),
    }),
    ...(schema !== undefined && { schema: (backend) => schema.call(base, soundOf(backend)) }),
    destroy: (backend) => base.destroy(soundOf(backend)),
    readStoredEvents: (backend) => base.readStoredEvents(soundOf(backend)),
  };
}
