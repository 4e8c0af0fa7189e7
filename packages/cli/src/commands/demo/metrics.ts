import type { MetricSample, StorageBackend } from "@agent-assembly/storage-core";
import { SAMPLE_AGENTS } from "./agents.js";
import { createRandom } from "./random.js";
import { SAMPLE_SPAN_MS, type SampleEvent } from "./sample.js";

const SEED = 20_240_502;
/** Tells the sample's values from those of real agents. */
const LABELS = { source: "aasm demo" };
const COST_PER_TOKEN_USD = 0.000_005;

/**
 * Tokens and cost of the sample's tool calls, where metrics outlive the process; a second time it records nothing.
 * @param anchor the moment the sample counts back from, milliseconds since the epoch
 * @returns how many samples were recorded
 */
export async function recordSampleMetrics(
  storage: StorageBackend,
  sample: readonly SampleEvent[],
  anchor: number,
): Promise<number> {
  if (storage.capabilities.metrics_persistence.status === "unsupported") return 0;
  const earlier = await storage.metrics.query({
    metric: "tokens",
    aggregate: "count",
    labels: LABELS,
    from: new Date(anchor - SAMPLE_SPAN_MS),
    to: new Date(anchor + 1),
  });
  if (earlier.length > 0) return 0;
  return (await storage.metrics.record(samplesOf(sample, anchor))).recorded;
}

function samplesOf(sample: readonly SampleEvent[], anchor: number): MetricSample[] {
  const random = createRandom(SEED);
  const models = new Map(SAMPLE_AGENTS.map(({ agentId, metadata }) => [agentId, String(metadata?.model ?? "unknown")]));
  return sample
    .filter(({ action }) => action === "tool_call")
    .flatMap(({ agentId, teamId, beforeAnchorMs }) => {
      const tokens = 200 + Math.floor(random() ** 2 * 3000);
      const labels = { ...LABELS, model: models.get(agentId) ?? "unknown" };
      const common = { ts: new Date(anchor - beforeAnchorMs), agentId, teamId, labels };
      return [
        { ...common, metric: "tokens", value: tokens },
        { ...common, metric: "cost_usd", value: tokens * COST_PER_TOKEN_USD },
      ];
    });
}
