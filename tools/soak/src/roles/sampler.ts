import { METRIC } from "../settings.js";
import type { Role } from "./role.js";

/** Records samples of a metric that counts them. */
export const sampler: Role = {
  pauseMs: 100,
  async step({ storage, journal, random, name }) {
    const samples = random.pick([1, 10, 100]);
    const ts = new Date();
    journal.write({ kind: "sampling", samples });
    await storage.metrics.record(
      Array.from({ length: samples }, () => ({ ts, metric: METRIC, value: 1, agentId: name })),
    );
    journal.write({ kind: "sampled", samples });
  },
};
