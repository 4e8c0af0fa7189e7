import { isStorageError } from "@agent-assembly/storage-core";
import { type Mutant, mutant, override } from "./mutant.js";

/** Defects of the registry, the policies and the metrics. */
export const recordMutants: readonly Mutant[] = [
  mutant("accepts a stale revision", "agents.change.stale-revision", (sound) =>
    override(sound, "agents", { update: (agentId, changes) => sound.agents.update(agentId, changes) }),
  ),
  mutant("lets both of two racing updates win", "concurrency.agents.update", (sound) =>
    override(sound, "agents", {
      async update(agentId, changes, options) {
        const stored = await sound.agents.get(agentId);
        const expected = options?.expectedRevision;
        if (expected !== undefined && stored?.revision !== expected) {
          return sound.agents.update(agentId, changes, options);
        }
        return sound.agents.update(agentId, changes);
      },
    }),
  ),
  mutant("overwrites a registered agent", "agents.register.conflict", (sound) =>
    override(sound, "agents", {
      async register(agent) {
        try {
          return await sound.agents.register(agent);
        } catch (error) {
          if (!isStorageError(error, "conflict")) throw error;
          await sound.agents.remove(agent.agentId);
          return sound.agents.register(agent);
        }
      },
    }),
  ),
  mutant("orders agents by UTF-16 code unit", "agents.list.code-point-order", (sound) =>
    override(sound, "agents", {
      async list(filter, page) {
        const answer = await sound.agents.list(filter, page);
        return { ...answer, items: answer.items.toSorted((a, b) => (a.agentId < b.agentId ? -1 : 1)) };
      },
    }),
  ),
  mutant("toggles on rollback", "policies.rollback.is-a-stack", (sound) =>
    override(sound, "policies", {
      async rollback(name, options) {
        const [last] = await sound.policies.activations(name);
        if (last === undefined || last.from === null) return sound.policies.rollback(name, options);
        return sound.policies.activate(name, last.from, options);
      },
    }),
  ),
  mutant("normalizes line ends of policies", "policies.save.byte-for-byte", (sound) =>
    override(sound, "policies", {
      save(document, options) {
        const { source } = document;
        const changed = typeof source === "string" ? source.replaceAll("\r\n", "\n") : source;
        return sound.policies.save({ ...document, source: changed }, options);
      },
    }),
  ),
  mutant("counts samples at the end of a range", "metrics.range.edges", (sound) =>
    override(sound, "metrics", {
      query: (query) => sound.metrics.query({ ...query, to: new Date(query.to.getTime() + 1) }),
    }),
  ),
  mutant("stops at the first bad sample", "metrics.record.bad-samples-do-not-take-good-ones", (sound) =>
    override(sound, "metrics", {
      async record(samples) {
        for (const [index, sample] of samples.entries()) {
          const { rejected } = await sound.metrics.record([sample]);
          if (rejected.length > 0) return { recorded: index, rejected: rejected.map((one) => ({ ...one, index })) };
        }
        return { recorded: samples.length, rejected: [] };
      },
    }),
  ),
];
